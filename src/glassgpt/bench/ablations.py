"""What the parts of a model are worth: trained without them, on the same documents.

Models that lack different parts are trained side by side from one seed, in one call of
the kernel, and measured on the same held-out documents; then from the next seed. What
parts cost is the held-out loss without them less that of the whole model, seed by seed.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from glassgpt.config import Record
from glassgpt.data.documents import Corpus
from glassgpt.errors import missing
from glassgpt.evaluation import FEWEST
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.observe import attention_entropies, evaluate
from glassgpt.kernel.bindings.train import Documents, Trainer, train_models
from glassgpt.training.session import Session

# six that agree would do so once in 32 times if chance alone decided
SEEDS = (42, 43, 44, 45, 46, 47)
WHOLE: tuple[str, ...] = ()


@dataclass(frozen=True)
class Band:
    """Paired differences over seeds: from the least to the most, and their mean."""

    differences: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of all seeds."""
        return math.fsum(self.differences) / len(self.differences)

    @property
    def least(self) -> float:
        """The smallest of them."""
        return min(self.differences)

    @property
    def most(self) -> float:
        """The largest of them."""
        return max(self.differences)

    @property
    def agree(self) -> bool:
        """Whether all seeds say that the model is better with, or all without."""
        return self.least > 0 or self.most < 0


@dataclass(frozen=True)
class Trained:
    """A model after its training: the held-out loss, and how even attention is.

    `entropy` is that of the weights over that of an even average, in the mean over all
    positions of the held-out documents that look at two tokens or more; 1 is even. None
    without attention.
    """

    loss: float
    entropy: float | None


def trained_without(
    record: Record, corpus: Corpus, parts: Sequence[Collection[str]]
) -> list[Trained]:
    """A record's model trained without each of these parts, and measured.

    A model that diverges has the loss inf. Raises UsageError for parts that there are
    not, and where fewer than 20 documents are held out.
    """
    session = Session(record, corpus, "kernel")
    heldout = [*map(session.tokenizer.encode, session.loader.heldout())]
    if len(heldout) < FEWEST:
        raise missing("held-out documents", f"{FEWEST} are needed.")
    made: Any = session.engine
    size = record.train.num_steps * record.train.batch_docs
    given = Documents(
        session.loader.sequences(0, size), session.record.model.vocab_size
    )
    trainers = []
    for left_out in parts:
        kernel = Kernel(session.record.model, record.train.dtype, left_out)
        kernel.restore(made.kernel.save())
        trainers.append(Trainer(kernel, given, record.train))
    errors = train_models(trainers, 0, range(size))
    return [
        Trained(math.inf, None) if error else _measured(trainer.kernel, heldout)
        for trainer, error in zip(trainers, errors, strict=True)
    ]


def _measured(kernel: Kernel, heldout: Sequence[list[int]]) -> Trained:
    given = Documents(heldout, kernel.model.vocab_size)
    losses, counts = evaluate(kernel, given, range(len(given)), batched=True)
    loss = math.fsum(losses) / int(counts.sum())
    looks = "attention" not in kernel.without
    return Trained(loss, _evenness(kernel, heldout) if looks else None)


def _evenness(kernel: Kernel, heldout: Sequence[list[int]]) -> float:
    shares = list[float]()
    for tokens in heldout:
        positions = len(kernel.cut(tokens)) - 1
        if positions < 2:
            continue
        kernel.loss(tokens)
        entropies = attention_entropies(kernel, positions)
        for place in range(1, positions):
            even = math.log(place + 1)
            shares += [one / even for one in entropies[:, :, place].ravel().tolist()]
    return math.fsum(shares) / len(shares)
