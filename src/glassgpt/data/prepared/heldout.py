"""Held out or not, by the hash of the text, in one pass over documents of any number.

The rule is that of `heldout`: sha256(seed, LF, text). A prepared document's text is
what its tokens spell, so that a text file and its prepared folder keep out the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from glassgpt.data.prepared.dataset import Block, PreparedData
from glassgpt.kernel.bindings.corpus import hash_texts

Hashes = NDArray[np.uint64]
# so many documents more than are wanted are looked at first
MARGIN = 1000
# texts and the numbers of the documents that have them -> the texts to leave out
Reached = Callable[[dict[str, list[int]]], set[str]]


class Texts(Sequence[str]):
    """The texts of some documents, read when they are asked for."""

    def __init__(self, data: PreparedData, numbers: Sequence[int]) -> None:
        self._data = data
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> "Texts": ...
    def __getitem__(self, i: int | slice) -> "str | Texts":
        if isinstance(i, slice):
            return Texts(self._data, self._numbers[i])
        return self._data.text(int(self._numbers[i]))


def hashed(data: PreparedData, seed: int) -> Iterator[tuple[Block, Hashes]]:
    """Each block with the hash of each of its texts: (documents,)."""
    for block in data.blocks():
        yield block, np.frombuffer(hash_texts(data.texts(block), seed), np.uint64)


class Smallest:
    """Keeps the documents of smallest hash, one for each text; 0 keeps all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._hashes: list[Hashes] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._held = 0

    def add(self, hashes: Hashes, numbers: NDArray[np.int64]) -> None:
        """Some more documents."""
        self._hashes.append(hashes)
        self._numbers.append(numbers)
        self._held += len(hashes)
        if self._limit and self._held > 4 * self._limit + 65_536:
            self._cut()

    def numbers(self) -> list[int]:
        """The documents, in the order of their hash."""
        if not self._hashes:
            return []
        self._cut()
        found: list[int] = self._numbers[0].tolist()
        return found

    def _cut(self) -> None:
        hashes, first = np.unique(np.concatenate(self._hashes), return_index=True)
        numbers = np.concatenate(self._numbers)[first]
        most = self._limit or len(hashes)
        self._hashes, self._numbers = [hashes[:most]], [numbers[:most]]
        self._held = len(self._hashes[0])


def unreached(data: PreparedData, seed: int, limit: int, reached: Reached) -> Texts:
    """The distinct documents that training does not reach, of smallest hash.

    At most `limit`, 0 for all. Only documents below a hash are looked at, and below a
    larger one where too few are left, so that memory does not grow with the data.
    """
    fraction = min(1.0, (8 * limit + MARGIN) / len(data)) if limit else 1.0
    while True:
        places = _below(data, seed, fraction)
        drop = reached(places)
        left = [numbers[0] for text, numbers in places.items() if text not in drop]
        if fraction == 1.0 or len(left) >= limit:
            return Texts(data, left[: limit or None])
        fraction = min(1.0, fraction * 8)


def _below(data: PreparedData, seed: int, fraction: float) -> dict[str, list[int]]:
    """Texts whose hash is below a fraction, smallest first, and where they are."""
    found: list[tuple[int, str, int]] = []
    for block, hashes in hashed(data, seed):
        below = as_fraction(hashes) < fraction if fraction < 1 else hashes >= 0
        (chosen,) = np.nonzero(below)
        if len(chosen):
            texts = data.texts(block)
            for place in chosen.tolist():
                found.append((int(hashes[place]), texts[place], block.first + place))
    places: dict[str, list[int]] = {}
    for _, text, number in sorted(found):
        places.setdefault(text, []).append(number)
    return places


def as_fraction(hashes: Hashes) -> NDArray[np.float64]:
    """Hashes as fractions of 2**64, rounded as Python's division does."""
    fractions: NDArray[Any] = hashes.astype(np.float64) / 2.0**64
    return fractions


def numbers_of(data: PreparedData, seed: int, texts: set[str]) -> dict[str, list[int]]:
    """Where each of some texts is in the data, in one pass."""
    named = list(texts)
    by_hash = dict(zip(hash_texts(named, seed), named, strict=True))
    wanted = np.sort(np.array(list(by_hash), np.uint64))
    found: dict[str, list[int]] = {}
    for block, hashes in hashed(data, seed):
        for place in np.nonzero(np.isin(hashes, wanted))[0].tolist():
            text = by_hash[int(hashes[place])]
            found.setdefault(text, []).append(block.first + place)
    return found
