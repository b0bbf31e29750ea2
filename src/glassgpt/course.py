"""Which documents a run is trained on, in which order, and which it never sees."""

import random
from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import accumulate
from typing import Any, Protocol

from glassgpt.config import Record, TrainConfig
from glassgpt.data import Corpus
from glassgpt.errors import DataError, invalid
from glassgpt.heldout import heldout_documents, split
from glassgpt.order import DocumentOrder, shuffled
from glassgpt.tokenizer import ByteTokenizer, CharTokenizer, Tokenizer


class AnyCourse(Protocol):
    """What a run learns from: draws without end, and what it is measured on."""

    def tokens(self, k: int) -> list[int]:
        """The token ids of the k-th draw, k = 0, 1, 2 and on: a document, BOS around.

        With doc_mode=pack it is a sequence of block_size + 1 ids. A document may end
        where the model stops reading it.
        """

    def draws(self, first: int, count: int) -> list[list[int]]:
        """The token ids of `count` draws, from the one at `first` on: see `tokens`."""

    def trained(self) -> Iterable[str]:
        """The distinct documents that all steps together see, as far as they count."""

    def heldout(self, limit: int | None = None) -> Sequence[str]:
        """Distinct documents that are not trained on, chosen by their hash."""

    def reached_among(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts that are trained on."""


class Prepared(Container[str], Protocol):
    """Documents that are token ids already: `glassgpt.prepared.shards.PreparedData`."""

    name: str
    sha256: str
    tokenizer: Tokenizer

    @property
    def kind(self) -> str:
        """The tokenizer as a record names it: char, bytes or bpe."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> list[int]:
        """The token ids of a document, BOS around them."""

    def unreached(
        self, seed: int, limit: int, reached: Callable[[Iterable[str]], set[str]]
    ) -> Sequence[str]:
        """Distinct documents of smallest hash that are not among those reached."""

    def course(self, record: Record, rng: random.Random) -> AnyCourse:
        """What a run of this record is trained on."""


class Course:
    """A corpus under a record. The order `shuffle` uses `rng`, as the lessons do.

    `tokenizer` and `block_size` are for `tokens` alone.
    """

    def __init__(
        self,
        corpus: Corpus,
        train: TrainConfig,
        rng: random.Random,
        tokenizer: Tokenizer | None = None,
        block_size: int = 1,
    ) -> None:
        self._train = train
        documents: Sequence[str] = corpus.documents
        if train.order == "shuffle":
            documents = shuffled(documents, rng)
        self._documents, self._kept_out = split(documents, train.seed, train.holdout)
        self._tokenizer = tokenizer or CharTokenizer(corpus.characters)
        self._ring: Ring | None = None
        self._order = DocumentOrder(self._documents, train.order, train.seed)
        if train.doc_mode == "pack":
            encoded = map(self._tokenizer.encode, self._documents)
            lengths = [len(tokens) - 1 for tokens in encoded]
            self._ring = Ring(lengths, block_size, train.order, train.seed)

    def batch(self, step: int) -> list[str]:
        """The documents of a step, counted from 0; with doc_mode=pack see `tokens`."""
        size = self._train.batch_docs
        return [self._order[k] for k in range(step * size, (step + 1) * size)]

    def tokens(self, k: int) -> list[int]:
        """The token ids of the k-th draw. See `AnyCourse`."""
        return self.draws(k, 1)[0]

    def draws(self, first: int, count: int) -> list[list[int]]:
        """The token ids of `count` draws, from the one at `first` on."""
        if self._ring is not None:
            return [self._packed(self._ring, k) for k in range(first, first + count)]
        indices = self._order.indices(first, count)
        return [self._tokenizer.encode(self._documents[i]) for i in indices]

    def trained(self) -> list[str]:
        """The distinct documents that all steps together see."""
        draws = self._train.num_steps * self._train.batch_docs
        if self._ring is not None:
            numbers = self._ring.reached(draws)
            return list(dict.fromkeys(self._documents[number] for number in numbers))
        seen = (self._order[k] for k in range(min(draws, len(self._documents))))
        return list(dict.fromkeys(seen))

    def heldout(self, limit: int | None = None) -> list[str]:
        """Distinct documents that are not trained on, chosen by their hash.

        At most `limit`, by default the record's eval_docs; 0 is all of them.
        """
        limit = self._train.eval_docs if limit is None else limit
        if self._train.holdout:
            return self._kept_out[:limit] if limit else self._kept_out
        trained = set(self.trained())
        return heldout_documents(self._documents, trained, self._train.seed, limit)

    def reached_among(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts that are trained on."""
        return set(texts).intersection(self.trained())

    def _packed(self, ring: "Ring", k: int) -> list[int]:
        start, numbers = ring.draw(k)
        joined: list[int] = []
        for number in numbers:
            joined.extend(self._tokenizer.encode(self._documents[number])[:-1])
        return joined[start : start + ring.block_size + 1]


class Ring:
    """Documents joined for doc_mode=pack, BOS before each, the last before the first.

    `lengths` counts the ids of each document and its one BOS. Sequence j has the
    block_size + 1 ids from place j * block_size on; the order says which is drawn when.
    """

    def __init__(
        self, lengths: Sequence[int], block_size: int, order: str, seed: int
    ) -> None:
        self.block_size = block_size
        self._starts = [0, *accumulate(lengths)]
        self._total = self._starts.pop()
        self.sequences = -(-self._total // block_size)
        self._order = DocumentOrder(range(self.sequences), order, seed)

    def draw(self, k: int) -> tuple[int, list[int]]:
        """The documents that the k-th sequence needs, and where in them it begins."""
        place = self._order[k] * self.block_size
        number = bisect_right(self._starts, place) - 1
        start, numbers, missing = place - self._starts[number], list[int](), 0
        missing = start + self.block_size + 1
        while missing > 0:
            numbers.append(number % len(self._starts))
            missing -= self._length(numbers[-1])
            number += 1
        return start, numbers

    def reached(self, draws: int) -> list[int]:
        """The documents of which the first `draws` sequences read a token."""
        seen: dict[int, None] = {}
        for k in range(min(draws, self.sequences)):
            place = self._order[k] * self.block_size
            number = bisect_right(self._starts, place) - 1
            left = place - self._starts[number] + self.block_size
            while left > 0 and len(seen) < len(self._starts):
                seen[number % len(self._starts)] = None
                left -= self._length(number % len(self._starts))
                number += 1
        return list(seen)

    def _length(self, number: int) -> int:
        after = [*self._starts[number + 1 : number + 2], self._total][0]
        return after - self._starts[number]


def tokenizer_of(corpus: Corpus | Prepared, train: TrainConfig) -> Tokenizer:
    """The tokenizer that a record asks for. Raises DataError where there is none."""
    if not isinstance(corpus, Corpus):
        if corpus.kind != train.tokenizer:
            why = f"the data was prepared with {corpus.kind}"
            remedy = "Leave tokenizer out, or prepare the data with the other one."
            raise invalid("tokenizer", train.tokenizer, why, remedy, DataError)
        return corpus.tokenizer
    if train.tokenizer == "bpe":
        why = "a text file has no trained one"
        remedy = (
            f"glassgpt data prepare {corpus.name} --tokenizer bpe --out DIR makes one."
        )
        raise invalid("tokenizer", "bpe", why, remedy, DataError)
    if train.tokenizer == "bytes":
        return ByteTokenizer()
    return CharTokenizer.from_documents(corpus.documents)


def course_of(
    corpus: Corpus | Prepared, record: Record, tokenizer: Tokenizer, rng: random.Random
) -> AnyCourse:
    """What a run of this record is trained on."""
    if isinstance(corpus, Corpus):
        size = record.model.block_size
        return Course(corpus, record.train, rng, tokenizer, size)
    return corpus.course(record, rng)


def suited(record: Record, corpus: Corpus | Prepared, given: Container[str]) -> Record:
    """A record's settings that follow from prepared data, where none was given.

    The tokenizer is that of the data, the order a permutation, which needs no memory.
    """
    if isinstance(corpus, Corpus):
        return record
    wanted: dict[str, Any] = {"tokenizer": corpus.kind, "order": "permute"}
    settings = {name: value for name, value in wanted.items() if name not in given}
    return record.with_settings(**settings)
