"""What a page may say of attention's scores and weights, measured on held-out names.

All is of the model of Step 3, whose one head has all its numbers, unless a step is
given; its states are those of `glassgpt.guide.states`.
"""

import math
from collections.abc import Iterator
from statistics import pstdev

from glassgpt.engines.kernel import KernelEngine
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, id_of, tokenizer
from glassgpt.guide.facts.results.pairs import (
    differences,
    heldout_of,
    losses,
    own_kernel,
    train,
)
from glassgpt.guide.facts.trainings import heldout_names

STEP = 3
LESSON = "sgd-1000"
# the largest number whose exponential 64 bits can hold
_EXP_LIMIT = 709


def kernel_in(step: int, state: str) -> KernelEngine:
    """The kernel with a step's model in a state, to be looked at."""
    engine = states.engine(step, state, "kernel")
    assert isinstance(engine, KernelEngine)
    return engine


def _rows(
    engine: KernelEngine, name: str, heads: slice = slice(None)
) -> Iterator[list[float]]:
    """Each row of these heads' squares, on held-out names, as long as its past."""
    for text in heldout_names():
        tokens = tokenizer().encode(text)
        n = min(len(tokens) - 1, engine.record.model.block_size)
        engine.loss(tokens)
        for square in engine.kernel.activations[name][0][heads].tolist():
            for place, row in enumerate(square[:n]):
                yield row[: place + 1]


def evenness_of(engine: KernelEngine, heads: slice = slice(None)) -> float:
    """The entropy of these heads' weights as a share of what even weights have."""
    entropy = most = 0.0
    for row in _rows(engine, "weights", heads):
        entropy -= math.fsum(p * math.log(p) for p in row if p > 0)
        most += math.log(len(row))
    return entropy / most


@call
@kept_fact
def evenness_in(state: str, step: int = STEP) -> float:
    """The entropy of attention's weights as a share of what even weights have."""
    return evenness_of(kernel_in(step, state))


@call
@kept_fact
def score_spread(state: str, step: int = STEP) -> float:
    """The standard deviation of all scores, which are divided by sqrt(d) already."""
    rows = _rows(kernel_in(step, state), "scores")
    return pstdev([score for row in rows for score in row])


@call
def score_spreads() -> list[float]:
    """The same of each state, untrained first."""
    return [score_spread(state) for state in states.STATES]


@call
@kept_fact
def largest_raw(state: str) -> float:
    """The largest score of either sign before the division."""
    rows = _rows(kernel_in(STEP, state), "scores")
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
    engine = kernel_in(STEP, state)
    engine.loss([id_of("BOS"), id_of(character), id_of("BOS")])
    return float(engine.kernel.activations["scores"][0, 0, 1, 0])


@call
def left_out(part: str, state: str, step: int = STEP) -> dict[str, float]:
    """What training without a part adds to the held-out loss, over twenty seeds."""
    return differences(losses(step, state, part), losses(step, state))


@call
@kept_fact
def mask_out(state: str) -> dict[str, float]:
    """Held-out losses of a model trained without the mask: without it, and with it."""
    session = train(states.record_of(STEP, state), ("mask",))
    cheating = heldout_of(session)
    own_kernel(session).kernel.leave_out(())
    return {"cheating": cheating, "honest": heldout_of(session)}


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
        found += evenness_of(own_kernel(train(record))) < 1 / 100
    return found


def _root() -> float:
    return math.sqrt(states.record_of(STEP, LESSON).model.n_embd)
