"""Which document comes when: the lesson's shuffle, or a permutation without memory.

Both are functions of the step alone, so that a resumed run needs no saved position.
"""

import hashlib
import random
from collections.abc import Sequence

from glassgpt.errors import missing, unknown

KINDS = ("shuffle", "permute")
_ROUNDS = 6


def shuffled(documents: Sequence[str], rng: random.Random) -> list[str]:
    """A shuffled copy, made by `rng.shuffle`: the lesson's order for the same seed."""
    copy = list(documents)
    rng.shuffle(copy)
    return copy


class DocumentOrder:
    """`order[k]` is the document drawn k-th, k = 0, 1, 2 and on without end.

    `shuffle` goes round and round through `documents`, which the caller has shuffled:
    `documents[k % len(documents)]`. `permute` goes through them in another order each
    epoch, a function of (seed, epoch) that holds no list of positions. Raises
    UsageError for another kind, and without documents.
    """

    def __init__(
        self, documents: Sequence[str], kind: str = "shuffle", seed: int = 42
    ) -> None:
        if kind not in KINDS:
            raise unknown("order", kind, KINDS)
        if not documents:
            raise missing("documents", "An order needs at least one.")
        self.documents = documents
        self.kind = kind
        self.seed = seed

    def __getitem__(self, k: int) -> str:
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
        return [self.index(k) for k in range(start, start + count)]


def permuted(position: int, size: int, seed: int, epoch: int) -> int:
    """Where `position` of 0 .. size - 1 goes in the permutation of (seed, epoch).

    A Feistel network permutes the numbers of an even count of bits, at least `size` of
    them; whatever lands at `size` or beyond goes through again (cycle walking), which
    takes fewer than four turns on average.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    while True:
        position = _feistel(position, half, f"{seed}\n{epoch}")
        if position < size:
            return position


def _feistel(value: int, half: int, key: str) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_scramble(f"{key}\n{turn}\n{right}") & mask)
    return left << half | right


def _scramble(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
