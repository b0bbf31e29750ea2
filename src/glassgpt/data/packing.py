"""Documents as the sequences that a model reads: cut, in chunks, or packed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

from glassgpt.data.order import DocumentOrder

Tokens = Any  # a list of token ids, or an array of them; a slice is of the same kind


def sequences(tokens: Tokens, block_size: int, doc_mode: str) -> list[Tokens]:
    """A document's token ids as the sequences that the model reads.

    "truncate" keeps the first block_size predictions. "chunk" keeps all: each piece
    starts with the last token of the one before, and remembers nothing else of it.
    "pack" takes what is given, block_size + 1 ids of the joined documents, as it is.
    """
    if doc_mode in ("truncate", "pack"):
        return [tokens[: block_size + 1]]
    cuts = [*range(0, len(tokens) - 1, block_size), len(tokens) - 1]
    return [tokens[start : end + 1] for start, end in pairwise(cuts)]


def sequence_weights(
    batch: Sequence[Sequence[Sequence[int]]], loss_norm: str
) -> list[float]:
    """How much the mean loss of each sequence counts in the loss of the step.

    `batch` holds the sequences of each document. With "document" every document counts
    the same, with "token" every predicted token.
    """
    counts = [[len(sequence) - 1 for sequence in document] for document in batch]
    if loss_norm == "token":
        total = sum(n for document in counts for n in document)
        return [n / total for document in counts for n in document]
    return [n / (sum(document) * len(batch)) for document in counts for n in document]


class Ring:
    """Documents joined for doc_mode=pack, BOS before each, the last before the first.

    `lengths` counts the ids of each document and its one BOS. Sequence j has the
    block_size + 1 ids from place j * block_size on; the order says which is drawn when.
    """

    def __init__(
        self, lengths: Sequence[int], block_size: int, order: str, seed: int
    ) -> None:
        self.block_size = block_size
        self._starts = [0, *accumulate(lengths)]  # the last is the end of all
        self.sequences = -(-self._starts[-1] // block_size)
        self._order = DocumentOrder(range(self.sequences), order, seed)

    def draw(self, k: int) -> tuple[int, list[int]]:
        """The documents that the k-th sequence needs, and where in them it begins."""
        place = self._order[k] * self.block_size
        first = bisect_right(self._starts, place) - 1
        start = place - self._starts[first]
        return start, list(self._read(place, self.block_size + 1))

    def reached(self, draws: int) -> list[int]:
        """The documents of which the first `draws` sequences read a token."""
        seen: dict[int, None] = {}
        for k in range(min(draws, self.sequences)):
            place = self._order[k] * self.block_size
            for number in self._read(place, self.block_size):
                seen[number] = None
        return list(seen)

    def _read(self, place: int, count: int) -> Iterator[int]:
        """The documents that `count` ids from a place on belong to, in their order."""
        documents = len(self._starts) - 1
        number = bisect_right(self._starts, place) - 1
        left = count + place - self._starts[number]
        while left > 0:
            yield number
            left -= self._starts[number + 1] - self._starts[number]
            number = (number + 1) % documents
