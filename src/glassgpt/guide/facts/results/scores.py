"""What a page may say of attention's scores and weights, measured on held-out names.

All is of the model of Step 3, whose one head has all its numbers, unless a step is
given; its states are those of `glassgpt.guide.states`.
"""

import math
from collections.abc import Collection, Iterator
from statistics import pstdev

from glassgpt.config import Record
from glassgpt.engines.kernel import KernelEngine
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, corpus, id_of, tokenizer
from glassgpt.guide.facts.trainings import heldout_names
from glassgpt.training.session import Session

STEP = 3
LESSON = "sgd-1000"
SEEDS = 20
# of Student's t for twenty pairs: what 95 of a hundred lie within
_T_TWENTY = 2.093
# the largest number whose exponential 64 bits can hold
_EXP_LIMIT = 709


def _kernel(step: int, state: str) -> KernelEngine:
    engine = states.engine(step, state, "kernel")
    assert isinstance(engine, KernelEngine)
    return engine


def _rows(engine: KernelEngine, name: str) -> Iterator[list[float]]:
    """Each row of each head's square, on held-out names, as long as its past."""
    for text in heldout_names():
        tokens = tokenizer().encode(text)
        n = min(len(tokens) - 1, engine.record.model.block_size)
        engine.loss(tokens)
        for square in engine.kernel.activations[name][0].tolist():
            for place, row in enumerate(square[:n]):
                yield row[: place + 1]


def _evenness(engine: KernelEngine) -> float:
    entropy = most = 0.0
    for row in _rows(engine, "weights"):
        entropy -= math.fsum(p * math.log(p) for p in row if p > 0)
        most += math.log(len(row))
    return entropy / most


@call
@kept_fact
def evenness_in(state: str, step: int = STEP) -> float:
    """The entropy of attention's weights as a share of what even weights have."""
    return _evenness(_kernel(step, state))


@call
@kept_fact
def score_spread(state: str, step: int = STEP) -> float:
    """The standard deviation of all scores, which are divided by sqrt(d) already."""
    rows = _rows(_kernel(step, state), "scores")
    return pstdev([score for row in rows for score in row])


@call
def score_spreads() -> list[float]:
    """The same of each state, untrained first."""
    return [score_spread(state) for state in states.STATES]


@call
@kept_fact
def largest_raw(state: str) -> float:
    """The largest score of either sign before the division."""
    rows = _rows(_kernel(STEP, state), "scores")
    return max(abs(score) for row in rows for score in row) * _root()


@call
def state_rate(state: str) -> float:
    """The learning rate that a state was trained with."""
    return float(states.settings(STEP, state)["learning_rate"])


@call
def exp_limit() -> int:
    """The largest whole number whose exponential 64 bits can hold."""
    return _EXP_LIMIT


@call
def score_with_bos(character: str, state: str = LESSON) -> float:
    """The score of a name's first letter, at its place, with BOS before it."""
    engine = _kernel(STEP, state)
    engine.loss([id_of("BOS"), id_of(character), id_of("BOS")])
    return float(engine.kernel.activations["scores"][0, 0, 1, 0])


@call
@kept_fact
def scale_out(state: str, step: int = STEP) -> dict[str, float]:
    """What training without the scale adds to the held-out loss, over twenty seeds.

    The mean of the differences, the ends of its 95 % interval, and how often the loss
    was higher.
    """
    found = []
    for seed in range(SEED, SEED + SEEDS):
        whole, without = (
            _heldout(_trained(step, state, seed, parts)) for parts in ((), ("scale",))
        )
        found.append(without - whole)
    mean = math.fsum(found) / SEEDS
    squares = math.fsum((each - mean) ** 2 for each in found)
    room = _T_TWENTY * math.sqrt(squares / (SEEDS - 1) / SEEDS)
    higher = sum(each > 0 for each in found)
    return {"mean": mean, "low": mean - room, "high": mean + room, "higher": higher}


@call
@kept_fact
def mask_out(state: str) -> dict[str, float]:
    """Held-out losses of a model trained without the mask: without it, and with it."""
    session = _trained(STEP, state, SEED, ("mask",))
    cheating = _heldout(session)
    _own_kernel(session).kernel.leave_out(())
    return {"cheating": cheating, "honest": _heldout(session)}


@call
@kept_fact
def stuck_heads(seeds: int) -> int:
    """On how many seeds 20,000 steps of Adam at lesson 5's rate end one-hot.

    Then the entropy of the weights is below a hundredth of what even weights have.
    """
    how = states.settings(4, "adam-20000")
    found = 0
    for seed in range(SEED, SEED + seeds):
        record = states.record_of(STEP, "adam-20000").with_settings(**how, seed=seed)
        found += _evenness(_own_kernel(_train(record, ()))) < 1 / 100
    return found


def _root() -> float:
    return math.sqrt(states.record_of(STEP, LESSON).model.n_embd)


def _own_kernel(session: Session) -> KernelEngine:
    assert isinstance(session.engine, KernelEngine)
    return session.engine


def _trained(step: int, state: str, seed: int, without: Collection[str]) -> Session:
    record = states.record_of(step, state).with_settings(seed=seed)
    return _train(record, without)


def _train(record: Record, without: Collection[str]) -> Session:
    """A model trained with parts left out from its first step on."""
    session = Session(record, corpus(), "kernel")
    _own_kernel(session).kernel.leave_out(without)
    for done in range(record.train.num_steps):
        session.engine.train_step(done, session.batch(done))
    return session


def _heldout(session: Session) -> float:
    """On names that this training has not read."""
    documents = [tokenizer().encode(text) for text in session.loader.heldout()]
    total, count = session.engine.sum_of_losses(documents)
    return total / count
