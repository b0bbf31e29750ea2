"""What a page may say that the program of Step 1 works out, and of first gradients."""

import functools
import math
import random
import statistics
from typing import Any

from glassgpt.config import preset
from glassgpt.data.order import shuffled
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import (
    SEED,
    character_of,
    corpus,
    id_of,
    order,
    tokenizer,
)
from glassgpt.guide.facts.trainings import training
from glassgpt.lessons import lesson
from glassgpt.training.session import Session


@functools.cache
def _network() -> dict[str, Any]:
    """Step 1's functions `linear` and `softmax`, on numbers that are given."""
    names = {"linear", "softmax"}
    space = lesson(1).load(["model"], {"math": math, "state_dict": {}})
    return {name: space[name] for name in names}


@functools.cache
def _step1() -> dict[str, Any]:
    rng = random.Random(SEED)
    shuffled(corpus().documents, rng)
    sections = ("parameters", "model", "loss of a document", "gradient")
    given = {"math": math, "random": rng, "vocab_size": tokenizer().vocab_size}
    return lesson(1).load(sections, given)


@call
def softmax(logits: list[float]) -> list[float]:
    """Step 1's own softmax."""
    values = _network()["softmax"](logits)
    return [float(value) for value in values]


@call
def linear(x: list[float], w: list[list[float]]) -> list[float]:
    """Step 1's own linear."""
    return [float(value) for value in _network()["linear"](x, w)]


@call
@kept_fact
def likely(step: int, character: str, temperature: float = 1.0) -> tuple[str, float]:
    """The token a trained Step 0 or 1 finds likeliest after a character, and its p."""
    (logits,) = training(step).engine.logits([id_of(character), 0])
    probs = softmax([logit / temperature for logit in logits])
    best = max(range(len(probs)), key=probs.__getitem__)
    return character_of(best), float(probs[best])


@call
@kept_fact
def checked() -> float:
    """The largest difference that Step 1's own gradient check prints."""
    tokens = tokenizer().encode(order()[0])
    return gradient_difference(tokens)


@call
def weight_share(limit: float) -> float:
    """The share of Step 1's first weights that lie within a limit around 0."""
    values: list[float] = [row[j] for row, j in _step1()["params"]]
    return sum(abs(value) <= limit for value in values) / len(values)


@call
def gradient_difference(tokens: list[int]) -> float:
    """The largest difference between both gradients of Step 1, at its first weights."""
    space, n = _step1(), len(tokens) - 1
    _, nudged = space["numerical_gradient"](tokens, n)
    _, exact = space["analytic_gradient"](tokens, n)
    return float(max(abs(a - b) for a, b in zip(nudged, exact, strict=True)))


@call
@kept_fact
def gradient_norm(step: int, text: str, *matrices: str) -> float:
    """The length of a step's gradient on a word, at its first weights; or of a part."""
    engine = Session(preset(f"step{step}"), corpus()).engine
    _, found = engine.gradients(tokenizer().encode(text))
    parts = [found[name] for name in matrices or found]
    return math.hypot(*(slope for each in parts for slope in each.values))


@call
@kept_fact
def logit_spread(step: int, text: str) -> float:
    """The standard deviation of a step's logits on a word, at its first weights."""
    engine = Session(preset(f"step{step}"), corpus()).engine
    rows = engine.logits(tokenizer().encode(text))
    return statistics.pstdev(logit for row in rows for logit in row)
