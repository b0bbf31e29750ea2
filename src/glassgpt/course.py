"""Which documents a run is trained on, in which order, and which it never sees."""

import random
from collections.abc import Sequence

from glassgpt.config import TrainConfig
from glassgpt.data import Corpus
from glassgpt.heldout import heldout_documents, split
from glassgpt.order import DocumentOrder, shuffled


class Course:
    """A corpus under a record. The order `shuffle` uses `rng`, as the lessons do."""

    def __init__(self, corpus: Corpus, train: TrainConfig, rng: random.Random) -> None:
        self._train = train
        documents: Sequence[str] = corpus.documents
        if train.order == "shuffle":
            documents = shuffled(documents, rng)
        self._documents, self._kept_out = split(documents, train.seed, train.holdout)
        self._order = DocumentOrder(self._documents, train.order, train.seed)

    def batch(self, step: int) -> list[str]:
        """The documents of a step, counted from 0."""
        size = self._train.batch_docs
        return [self._order[k] for k in range(step * size, (step + 1) * size)]

    def trained(self) -> list[str]:
        """The distinct documents that all steps together see."""
        draws = self._train.num_steps * self._train.batch_docs
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
