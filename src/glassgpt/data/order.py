"""Which document comes when: the lesson's shuffle, or a permutation without memory.

Both are functions of the step alone, so that a resumed run needs no saved position.
"""

import hashlib
import random
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from glassgpt.errors import missing, unknown

KINDS = ("shuffle", "permute")
_ROUNDS = 6
# halves of more bits than this are not remembered: a table would take megabytes
_REMEMBERED = 16

T = TypeVar("T")


def shuffled(documents: Sequence[T], rng: random.Random) -> list[T]:
    """A shuffled copy, made by `rng.shuffle`: the lesson's order for the same seed."""
    copy = list(documents)
    rng.shuffle(copy)
    return copy


class DocumentOrder(Generic[T]):
    """`order[k]` is the document drawn k-th, k = 0, 1, 2 and on without end.

    `shuffle` goes round and round through `documents`, which the caller has shuffled:
    `documents[k % len(documents)]`. `permute` goes through them in another order each
    epoch, a function of (seed, epoch) that holds no list of positions. Raises
    UsageError for another kind, and without documents.
    """

    def __init__(
        self, documents: Sequence[T], kind: str = "shuffle", seed: int = 42
    ) -> None:
        if kind not in KINDS:
            raise unknown("order", kind, KINDS)
        if not documents:
            raise missing("documents", "An order needs at least one.")
        self.documents = documents
        self.kind = kind
        self.seed = seed

    def __getitem__(self, k: int) -> T:
        return self.documents[self.index(k)]

    def index(self, k: int) -> int:
        """The position in `documents` of the document drawn k-th."""
        if k < 0:
            raise IndexError(f"an order starts at 0, not {k}")
        epoch, position = divmod(k, len(self.documents))
        if self.kind == "shuffle":
            return position
        return permuted(position, len(self.documents), self.seed, epoch)

    def indices(self, start: int, count: int) -> list[int]:
        """The positions of `count` documents, from the one drawn at `start`."""
        size, end = len(self.documents), start + count
        if self.kind == "shuffle" and start >= 0:  # a thousand at once: no calls
            return [k % size for k in range(start, end)]
        return [self.index(k) for k in range(start, end)]

    def is_drawn(self, index: int, draws: int) -> bool:
        """Whether the document at a position is among the first `draws` drawn."""
        if draws >= len(self.documents):
            return True
        if self.kind == "shuffle":
            return index < draws
        return permutation(len(self.documents), self.seed, 0).back(index) < draws


def permuted(position: int, size: int, seed: int, epoch: int) -> int:
    """Where `position` of 0 .. size - 1 goes in the permutation of (seed, epoch)."""
    return permutation(size, seed, epoch)(position)


class Permutation:
    """The permutation of 0 .. size - 1 that belongs to (seed, epoch), both ways.

    A Feistel network permutes the numbers of an even count of bits, at least `size` of
    them; whatever lands at `size` or beyond goes through again (cycle walking), which
    takes fewer than four turns on average.
    """

    def __init__(self, size: int, seed: int, epoch: int) -> None:
        self._size = size
        self._half = max(1, ((size - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        self._key = f"{seed}\n{epoch}"
        entries = 1 << self._half if self._half <= _REMEMBERED else 0
        self._known = [array("l", [-1]) * entries for _ in range(_ROUNDS)]

    def __call__(self, position: int) -> int:
        """Where a position goes."""
        while True:
            left, right = position >> self._half, position & self._mask
            for turn in range(_ROUNDS):
                left, right = right, left ^ self._scrambled(turn, right)
            position = left << self._half | right
            if position < self._size:
                return position

    def back(self, place: int) -> int:
        """The position that goes to a place."""
        while True:
            left, right = place >> self._half, place & self._mask
            for turn in reversed(range(_ROUNDS)):
                left, right = right ^ self._scrambled(turn, left), left
            place = left << self._half | right
            if place < self._size:
                return place

    def _scrambled(self, turn: int, right: int) -> int:
        """A hash of a half, as many bits; remembered, for there are few of them."""
        known = self._known[turn]
        if known and known[right] >= 0:
            return known[right]
        digest = hashlib.sha256(f"{self._key}\n{turn}\n{right}".encode()).digest()
        found = int.from_bytes(digest[:8], "big") & self._mask
        if known:
            known[right] = found
        return found


@lru_cache(maxsize=4)
def permutation(size: int, seed: int, epoch: int) -> Permutation:
    """The permutation of (seed, epoch), with what it remembers."""
    return Permutation(size, seed, epoch)
