"""Trainings in pairs from the same seeds, and what is sure about their difference."""

import math
from collections.abc import Collection, Sequence

from glassgpt.config import Record
from glassgpt.engines.kernel import KernelEngine
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts.names import SEED, corpus, tokenizer
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.training.session import Session

SEEDS = 20
# of Student's t for twenty pairs: what 95 of a hundred lie within
_T_TWENTY = 2.093


def interval(differences: Sequence[float]) -> dict[str, float]:
    """Of twenty differences the mean, the ends of its 95 % interval, and how many are
    above zero."""
    assert len(differences) == SEEDS
    mean = math.fsum(differences) / SEEDS
    squares = math.fsum((each - mean) ** 2 for each in differences)
    room = _T_TWENTY * math.sqrt(squares / (SEEDS - 1) / SEEDS)
    higher = sum(each > 0 for each in differences)
    return {"mean": mean, "low": mean - room, "high": mean + room, "higher": higher}


def differences(more: Sequence[float], fewer: Sequence[float]) -> dict[str, float]:
    """The interval of what the losses of the one are above those of the other."""
    return interval([a - b for a, b in zip(more, fewer, strict=True)])


@kept_fact
def losses(step: int, state: str, *without: str) -> list[float]:
    """The held-out losses of a step's model trained to a state with parts left out, a
    seed after another."""
    record = states.record_of(step, state)
    records = (record.with_settings(seed=SEED + more) for more in range(SEEDS))
    return [heldout_of(train(each, without)) for each in records]


def train(
    record: Record,
    without: Collection[str] = (),
    corrected: bool = True,
    mistakes: Collection[str] = (),
) -> Session:
    """A model trained with parts left out, or with mistakes, from its first step on."""
    session = Session(record, corpus(), "kernel")
    kernel, count = own_kernel(session).kernel, record.train.num_steps
    kernel.leave_out(without)
    read = Documents(session.loader.sequences(0, count), kernel.model.vocab_size)
    trainer = Trainer(kernel, read, record.train, corrected, tuple(mistakes))
    trainer.steps(0, range(count))
    return session


def own_kernel(session: Session) -> KernelEngine:
    """The engine of a session that the kernel computes."""
    assert isinstance(session.engine, KernelEngine)
    return session.engine


def heldout_of(session: Session) -> float:
    """The loss on names that this training has not read."""
    documents = [tokenizer().encode(text) for text in session.loader.heldout()]
    total, count = session.engine.sum_of_losses(documents)
    return total / count
