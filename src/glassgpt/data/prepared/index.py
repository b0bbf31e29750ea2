"""The documents of prepared data that are trained on, counted and joined.

A bit a document says which are; sums every 4,096 documents find the k-th of them, and
the place of a token in all of them joined, without a list.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassgpt.data.prepared.dataset import BLOCK, Block, Ids, PreparedData

Bits = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Place:
    """Where a block stands: its shard, and its first document there."""

    shard: int
    start: int


class Selection:
    """Some of the documents, in their order. `kept` has 512 bytes of bits a block.

    Without `kept` they are all.
    """

    def __init__(self, data: PreparedData, kept: list[Bits] | None = None) -> None:
        self.data = data
        self._kept = kept
        self._places = [
            _Place(shard, start)
            for shard, entry in enumerate(data.manifest.shards)
            for start in range(0, entry.documents, BLOCK)
        ]
        self._firsts = _sums([self._size(place) for place in self._places])
        counts = [int(np.unpackbits(bits).sum()) for bits in kept or ()]
        self._counts = _sums(counts) if kept is not None else self._firsts
        self._tokens: Numbers | None = None

    def __len__(self) -> int:
        return int(self._counts[-1])

    def number(self, k: int) -> int:
        """The number, among all documents, of the k-th that is selected."""
        if self._kept is None:
            return k
        at = int(np.searchsorted(self._counts, k, side="right")) - 1
        (chosen,) = np.nonzero(np.unpackbits(self._kept[at]))
        return int(self._firsts[at] + chosen[k - self._counts[at]])

    def index(self, number: int) -> int | None:
        """The k of a document, None where it is not selected."""
        if self._kept is None:
            return number
        at = int(np.searchsorted(self._firsts, number, side="right")) - 1
        inside = number - int(self._firsts[at])
        mask = np.unpackbits(self._kept[at])
        if not mask[inside]:
            return None
        return int(self._counts[at] + mask[:inside].sum())

    @property
    def num_tokens(self) -> int:
        """The length of all documents joined, a BOS before each."""
        return int(self._sums()[-1])

    def span(self, number: int) -> tuple[int, int]:
        """Where a selected document begins and ends in all of them joined."""
        at = int(np.searchsorted(self._firsts, number, side="right")) - 1
        block, inside = self._block(at), number - int(self._firsts[at])
        ends = self._sums()[at] + np.cumsum(self._lengths(at, block))
        start = int(ends[inside - 1]) if inside else int(self._sums()[at])
        return start, int(ends[inside])

    def joined(self, start: int, count: int) -> list[int]:
        """`count` ids from a place in the ring of all documents, BOS before each."""
        sums, found, total = self._sums(), list[int](), self.num_tokens
        while len(found) < count:
            place = (start + len(found)) % total
            at = int(np.searchsorted(sums, place, side="right")) - 1
            ids = self._ids(at, place - int(sums[at]), count - len(found))
            found.extend(ids.tolist())
        return found

    def numbers(self, start: int, count: int) -> list[int]:
        """The documents that the ids from a place in the ring belong to."""
        found: list[int] = []
        while count > 0:
            start %= self.num_tokens
            at = int(np.searchsorted(self._sums(), start, side="right")) - 1
            lengths = self._lengths(at, self._block(at))
            ends = int(self._sums()[at]) + np.cumsum(lengths)
            inside = (ends > start) & (ends - lengths < start + count) & (lengths > 0)
            found.extend((int(self._firsts[at]) + np.nonzero(inside)[0]).tolist())
            count -= int(ends[-1]) - start
            start = int(ends[-1])
        return list(dict.fromkeys(found))

    def _ids(self, at: int, skip: int, most: int) -> Ids:
        """The selected ids of a block, from one on."""
        block = self._block(at)
        if self._kept is None:
            return block.ids[skip : skip + most]
        lengths = self._lengths(at, block)
        ends = np.cumsum(lengths)
        first = int(np.searchsorted(ends, skip, side="right"))
        last = min(int(np.searchsorted(ends, skip + most)) + 1, len(ends))
        begin = int(block.ends[first - 1]) if first else 0
        ids = block.ids[begin : int(block.ends[last - 1])]
        mask = np.repeat(lengths[first:last] > 0, block.lengths[first:last])
        before = int(ends[first - 1]) if first else 0
        return ids[mask][skip - before : skip - before + most]

    def _sums(self) -> Numbers:
        """The selected tokens before each block, computed at first use."""
        if self._tokens is None:
            sizes = [
                int(self._lengths(at, self._block(at)).sum())
                for at in range(len(self._places))
            ]
            self._tokens = _sums(sizes)
        return self._tokens

    def _lengths(self, at: int, block: Block) -> Numbers:
        """The ids of each document of a block, 0 where it is not selected."""
        if self._kept is None:
            return block.lengths
        mask = np.unpackbits(self._kept[at])[: len(block.ends)]
        return block.lengths * mask

    def _block(self, at: int) -> Block:
        return self.data.block(self._places[at].shard, self._places[at].start)

    def _size(self, place: _Place) -> int:
        entry = self.data.manifest.shards[place.shard]
        return min(BLOCK, entry.documents - place.start)


def _sums(sizes: list[int]) -> Numbers:
    """What comes before each, and the total at the end."""
    return np.concatenate([[0], np.cumsum(np.array(sizes, np.int64))]).astype(np.int64)
