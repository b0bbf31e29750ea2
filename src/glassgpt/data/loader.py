"""Which documents a run is trained on, in which order, and which it never sees."""

import random
from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from glassgpt.config import Record, TrainConfig
from glassgpt.data.documents import Corpus, require_characters
from glassgpt.data.heldout import heldout_documents, split
from glassgpt.data.order import DocumentOrder, shuffled
from glassgpt.data.packing import Ring
from glassgpt.errors import DataError, command, invalid
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer, Tokenizer

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData


class DataLoader(Protocol):
    """What a run learns from: draws without end, and what it is measured on."""

    def tokens(self, k: int) -> list[int]:
        """The token ids of the k-th draw, k = 0, 1, 2 and on: a document, BOS around.

        With doc_mode=pack it is a sequence of block_size + 1 ids. A document may end
        where the model stops reading it.
        """

    def sequences(self, first: int, count: int) -> list[list[int]]:
        """The token ids of `count` draws, from the one at `first` on: see `tokens`."""

    def trained(self) -> Iterable[str]:
        """The distinct documents that all steps together see, as far as they count."""

    def heldout(self, limit: int | None = None) -> Sequence[str]:
        """Distinct documents that are not trained on, chosen by their hash."""

    def reached_among(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts that are trained on."""


class CorpusLoader:
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
        """The token ids of the k-th draw. See `DataLoader`."""
        return self.sequences(k, 1)[0]

    def sequences(self, first: int, count: int) -> list[list[int]]:
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

    def _packed(self, ring: Ring, k: int) -> list[int]:
        start, numbers = ring.draw(k)
        joined: list[int] = []
        for number in numbers:
            joined.extend(self._tokenizer.encode(self._documents[number])[:-1])
        return joined[start : start + ring.block_size + 1]


def tokenizer_of(corpus: "Corpus | PreparedData", train: TrainConfig) -> Tokenizer:
    """The tokenizer that a record asks for. Raises DataError where there is none."""
    if not isinstance(corpus, Corpus):
        if corpus.kind != train.tokenizer:
            why = f"the data was prepared with {corpus.kind}"
            remedy = "Leave tokenizer out, or prepare the data with the other one."
            raise invalid("tokenizer", train.tokenizer, why, remedy, DataError)
        return corpus.tokenizer
    if train.tokenizer == "bpe":
        why = "a text file has no trained one"
        words = ("data", "prepare", corpus.name, "--tokenizer", "bpe", "--out", "DIR")
        remedy = f"{command(*words)} makes one."
        raise invalid("tokenizer", "bpe", why, remedy, DataError)
    if train.tokenizer == "bytes":
        return ByteTokenizer()
    require_characters(corpus)
    return CharTokenizer.from_documents(corpus.documents)


def loader_of(
    corpus: "Corpus | PreparedData",
    record: Record,
    tokenizer: Tokenizer,
    rng: random.Random,
) -> DataLoader:
    """What a run of this record is trained on."""
    if isinstance(corpus, Corpus):
        size = record.model.block_size
        return CorpusLoader(corpus, record.train, rng, tokenizer, size)
    from glassgpt.data.prepared.loader import PreparedLoader

    return PreparedLoader(corpus, record, rng)


def suited(
    record: Record, corpus: "Corpus | PreparedData", given: Container[str]
) -> Record:
    """A record's settings that follow from prepared data, where none was given.

    The tokenizer is that of the data, the order a permutation, which needs no memory.
    """
    if isinstance(corpus, Corpus):
        return record
    wanted: dict[str, Any] = {"tokenizer": corpus.kind, "order": "permute"}
    settings = {name: value for name, value in wanted.items() if name not in given}
    return record.with_settings(**settings)


def unseen(
    given: "Corpus | PreparedData",
    reached_among: Callable[[Iterable[str]], set[str]],
    seed: int,
    limit: int,
) -> Sequence[str]:
    """Distinct documents of `given` that are not trained on, by their hash.

    At most `limit`, those of smallest hash; 0 is all of them.
    """
    if isinstance(given, Corpus):
        trained = reached_among(given.documents)
        return heldout_documents(given.documents, trained, seed, limit)
    from glassgpt.data.prepared.heldout import unreached

    return unreached(given, seed, limit, reached_among)
