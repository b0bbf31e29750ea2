"""Trainings in pairs from the same seeds, and what is sure about their difference."""

import math
from collections.abc import Collection, Sequence

from glassgpt.config import Record
from glassgpt.engines.kernel import KernelEngine
from glassgpt.guide import states
from glassgpt.guide.facts.names import corpus, tokenizer
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


def trained(step: int, state: str, seed: int, without: Collection[str] = ()) -> Session:
    """A step's model trained to a state from another seed, with parts left out."""
    return train(states.record_of(step, state).with_settings(seed=seed), without)


def train(record: Record, without: Collection[str] = ()) -> Session:
    """A model trained with parts left out from its first step on."""
    session = Session(record, corpus(), "kernel")
    own_kernel(session).kernel.leave_out(without)
    for done in range(record.train.num_steps):
        session.engine.train_step(done, session.batch(done))
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
