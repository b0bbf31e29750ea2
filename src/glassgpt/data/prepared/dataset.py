"""Prepared data mapped into memory: token ids and texts by the number of a document.

The resident size does not grow with what is read: pages that were touched are let go
again every few megabytes; the system keeps them as long as it has room.
"""

import mmap
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassgpt.data.prepared import manifest as manifests
from glassgpt.data.prepared.manifest import Manifest, ends_name, ids_name
from glassgpt.errors import GlassGPTError
from glassgpt.tokenizers import CharTokenizer, Tokenizer

Ids = NDArray[Any]
# documents that are looked at together
BLOCK = 4096
# what may be touched before it is let go, and what one touch may bring in: the system
# maps what it has cached around it, up to 2 MB
_TOUCHED = 32 << 20
_A_TOUCH = 2 << 20
_OPEN = 32


@dataclass(frozen=True)
class Block:
    """Up to 4,096 documents in a row: where they are, their ids, where each ends.

    `ids` holds BOS and the ids of each document; `ends` are places in it, `first` is
    the number of the first document.
    """

    first: int
    ids: Ids
    ends: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The ids of each document, its one BOS included: (documents,)."""
        return np.diff(self.ends, prepend=0)


class _Mapped:
    """A file in memory, as an array."""

    def __init__(self, path: Path, dtype: str) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.array: Ids = np.frombuffer(self._map, dtype)

    def let_go(self) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


class PreparedData:
    """A prepared folder: `len()` documents, `[i]` the token ids of one, BOS around it.

    Raises DataError where the folder is not as its manifest says.
    """

    def __init__(self, folder: Path, name: str, whole: bool = False) -> None:
        self.folder = folder
        self.name = name
        self.manifest: Manifest = manifests.read_manifest(folder)
        manifests.verify(folder, self.manifest, whole)
        self.sha256 = self.manifest.sha256
        self.tokenizer: Tokenizer = manifests.read_tokenizer(folder, self.manifest)
        shards = self.manifest.shards
        self._firsts = [0, *accumulate(shard.documents for shard in shards)]
        self._open: OrderedDict[int, tuple[_Mapped, _Mapped]] = OrderedDict()
        self._touched = 0

    @property
    def kind(self) -> str:
        """The tokenizer as a record names it: char, bytes or bpe."""
        return self.manifest.kind

    def __len__(self) -> int:
        return self.manifest.documents

    def __getitem__(self, i: int) -> list[int]:
        return self.tokens(i)

    def tokens(self, i: int, most: int | None = None) -> list[int]:
        """BOS, the ids of document `i`, BOS; at most the first `most` of them."""
        if not 0 <= i < len(self):
            raise IndexError(f"there are {len(self)} documents, and no number {i}")
        shard = bisect_right(self._firsts, i) - 1
        ids, ends = self._arrays(shard)
        place = i - self._firsts[shard]
        start = int(ends[place - 1]) if place else 0
        end = int(ends[place])
        last = end if most is None else min(end, start + most)
        self._touch((last - start) * self.manifest.width)
        found: list[int] = ids[start:last].tolist()
        if most is None or len(found) < most:
            found.append(self.tokenizer.bos)
        return found

    def text(self, i: int) -> str:
        """The text of document `i`."""
        return self.tokenizer.decode(self.tokens(i))

    def blocks(self) -> Iterator[Block]:
        """All documents in their order, up to 4,096 of a shard at a time."""
        for shard, entry in enumerate(self.manifest.shards):
            for start in range(0, entry.documents, BLOCK):
                yield self.block(shard, start)

    def block(self, shard: int, start: int) -> Block:
        """The documents of a shard from its `start`-th, up to 4,096."""
        ids, ends = self._arrays(shard)
        begin = int(ends[start - 1]) if start else 0
        inside = ends[start : start + BLOCK].astype(np.int64) - begin
        self._touch(int(inside[-1]) * self.manifest.width)
        found = ids[begin : begin + int(inside[-1])]
        return Block(self._firsts[shard] + start, found, inside)

    def texts(self, block: Block) -> list[str]:
        """The texts of a block's documents."""
        if not isinstance(self.tokenizer, CharTokenizer):
            spell = self._spellings.__getitem__
            pieces = np.split(block.ids, block.ends[:-1])
            spelled = (b"".join(map(spell, piece.tolist())) for piece in pieces)
            return [one.decode("utf-8", errors="replace") for one in spelled]
        points = np.array([*map(ord, self.tokenizer.characters), 0], "<u4")
        text = points[block.ids].tobytes().decode("utf-32-le")
        ends = block.ends.tolist()
        return [
            text[start + 1 : end] for start, end in zip([0, *ends], ends, strict=False)
        ]

    def __contains__(self, text: object) -> bool:
        """Whether a document has this text. It looks through all of them."""
        if not isinstance(text, str):
            return False
        try:
            wanted = np.array(self.tokenizer.encode(text)[:-1])
        except GlassGPTError:  # a character that stands nowhere in the data
            return False
        return any(self._is_in(wanted, block) for block in self.blocks())

    @cached_property
    def _spellings(self) -> list[bytes]:
        """The bytes of each token, none for BOS."""
        return [*map(self.tokenizer.spelling, range(self.tokenizer.bos)), b""]

    def _is_in(self, wanted: Ids, block: Block) -> bool:
        lengths = block.lengths
        starts = (block.ends - lengths)[lengths == len(wanted)]
        for place, token in enumerate(wanted):
            if not len(starts):
                return False
            starts = starts[block.ids[starts + place] == token]
        return len(starts) > 0

    def _arrays(self, shard: int) -> tuple[Ids, Ids]:
        if shard not in self._open:
            try:
                kind = f"<u{self.manifest.width}"
                ids = _Mapped(self.folder / ids_name(shard), kind)
                ends = _Mapped(self.folder / ends_name(shard), "<u4")
            except (OSError, ValueError) as error:
                why = f"{ids_name(shard)} cannot be mapped, {error}"
                raise manifests.bad(self.folder, why) from error
            self._open[shard] = ids, ends
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(shard)
        ids, ends = self._open[shard]
        return ids.array, ends.array

    def _touch(self, size: int) -> None:
        """Count what is brought into memory, and let go of it from time to time."""
        self._touched += size + _A_TOUCH
        if self._touched > _TOUCHED:
            self._touched = 0
            for mapped in self._open.values():
                for one in mapped:
                    one.let_go()
