"""What a run is in memory: a record, documents, and the engine that computes them."""

import random
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassgpt import engines
from glassgpt.config import Record, SamplingConfig
from glassgpt.data import catalog
from glassgpt.data.documents import Corpus
from glassgpt.data.loader import loader_of, tokenizer_of
from glassgpt.evaluation import Evaluation, can_measure, evaluate
from glassgpt.sampling import Sample, sample
from glassgpt.training.advice import cut_documents, few_held_out

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData

NUM_SAMPLES = 20
# each sample is looked for among all prepared documents
_MOST_KNOWN = 1_000_000


class Session:
    """A record, the documents it is trained on, and the engine that computes it.

    One generator, seeded once, shuffles the documents, draws the weights and then the
    samples, as in the lessons. `losses` has one for each step that is done; `note` is
    what to say of the engine before it trains, if anything.
    """

    def __init__(
        self,
        record: Record,
        corpus: "Corpus | PreparedData",
        engine_name: str = "auto",
    ) -> None:
        self.corpus = corpus
        self.engine_name = engine_name
        self.tokenizer = tokenizer_of(corpus, record.train)
        self.record = record.with_vocabulary(self.tokenizer.vocab_size)
        self.rng = random.Random(record.train.seed)
        self.loader = loader_of(corpus, self.record, self.tokenizer, self.rng)
        kind, self.note = engines.choose(engine_name, self.record)
        self.engine = kind(self.record, self.rng)
        self.losses: list[float] = []

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return len(self.losses) == self.record.train.num_steps

    def facts(self) -> dict[str, Any]:
        """What run.json holds: the record, the vocabulary, and where documents are.

        And the engine that was asked for, and the one that computes.
        """
        name = self.corpus.name
        is_path = name not in catalog.NAMES and Path(name).exists()
        return {
            **self.record.to_json(),
            "tokenizer": self.tokenizer.to_json(),
            "data_sha256": self.corpus.sha256,
            "data": str(Path(name).resolve()) if is_path else name,
            "engine": self.engine_name,
            "engine_used": self.engine.name,
        }

    def batch(self, step: int) -> list[list[int]]:
        """The token ids of a step's documents; steps count from 0."""
        return self.batches(step, 1)[0]

    def batches(self, first_step: int, count: int) -> list[list[list[int]]]:
        """The same of several steps in a row."""
        size = self.record.train.batch_docs
        drawn = self.loader.sequences(first_step * size, count * size)
        return [drawn[i : i + size] for i in range(0, len(drawn), size)]

    def next_batches(self) -> list[list[list[int]]]:
        """Those of as many steps as the engine takes at once, up to the next stop.

        A stop is where the loop has something else to do: an evaluation, a checkpoint.
        """
        train, done = self.record.train, len(self.losses)
        stops = (train.num_steps, train.eval_every, train.checkpoint_every)
        left = [every - done % every for every in stops if every]
        return self.batches(done, min(self.engine.steps_at_once, *left))

    def notes(self) -> list[str]:
        """What a person should know of the documents before they are trained on."""
        found = [
            cut_documents(self.corpus, self.record, self.tokenizer),
            few_held_out(self.corpus, self.record, self.loader),
        ]
        return [line for line in found if line]

    def distinct_trained(self) -> int:
        """How many different documents all steps together see."""
        return len(set(self.loader.trained()))

    def distinct_documents(self) -> int:
        """How many different documents there are; all, where they were prepared."""
        corpus = self.corpus
        return corpus.distinct if isinstance(corpus, Corpus) else len(corpus)

    def seconds_a_step(self) -> float:
        """What a step may take, found without changing anything."""
        return self.engine.seconds_a_step(self.batch(0))

    def evaluate(self) -> Evaluation | None:
        """The held-out loss; None for fewer than 20 documents, or without a kernel."""
        if not can_measure():
            return None
        return evaluate(self.engine, self.tokenizer, self.loader)

    def samples(self) -> list[Sample]:
        """The samples of the lesson: the generator goes on from the weights."""
        config = SamplingConfig(self.record.model.temperature)
        given = self.engine, self.tokenizer, self.rng, NUM_SAMPLES, config
        return [*sample(*given, known=known_in(self.corpus))]


def known_in(
    corpus: "Corpus | PreparedData", every: bool = False
) -> Container[str] | None:
    """The texts of the data, to tell samples from.

    None where looking through them takes too long, if not `every` is asked for.
    """
    if isinstance(corpus, Corpus):
        return set(corpus.documents)
    return corpus if every or len(corpus) <= _MOST_KNOWN else None
