"""What a page may say that the programs of Steps 0 and 1 work out."""

import bisect
import functools
import itertools
import math
import random
from typing import Any

from glassgpt.data.order import shuffled
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts.names import (
    SEED,
    corpus,
    num_steps,
    order,
    tokenizer,
    training,
)
from glassgpt.lessons import lesson


@functools.cache
def _counted(names: int) -> dict[str, Any]:
    """Step 0's own namespace after counting so many names."""
    sections = ("parameters", "model", "loss of a document", "update")
    given = {"math": math, "vocab_size": tokenizer().vocab_size}
    space = lesson(0).load(sections, given)
    for text in order()[:names]:
        tokens = tokenizer().encode(text)
        space["update"](tokens, len(tokens) - 1)
    return space


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


def _id(character: str) -> int:
    return tokenizer().bos if character == "BOS" else tokenizer().encode(character)[1]


def _character(token_id: int) -> str:
    return "BOS" if token_id == tokenizer().bos else tokenizer().decode([token_id])


def count(pair: str, names: int | None = None) -> int:
    """How often a pair such as "an" stands in the first names; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    table = _counted(num_steps(0) if names is None else names)["counts"]
    return int(table[_id(before)][_id(after)])


def row_sum(character: str, names: int = 1000) -> int:
    """How many pairs begin with a character."""
    return int(sum(_counted(names)["counts"][_id(character)]))


def follower(character: str, names: int = 1000) -> str:
    """The token that most often follows a character."""
    row = _counted(names)["counts"][_id(character)]
    return _character(row.index(max(row)))


def most(character: str, names: int = 1000) -> int:
    """How often the token came that most often follows a character."""
    return int(max(_counted(names)["counts"][_id(character)]))


def zeros(names: int = 1000) -> int:
    """How many cells of the count table are still empty."""
    return sum(row.count(0) for row in _counted(names)["counts"])


def prob(pair: str, names: int = 1000) -> float:
    """Step 0's probability of a pair; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    return float(_counted(names)["bigram"](_id(before))[_id(after)])


def loss(text: str, names: int = 1000) -> float:
    """Step 0's loss of a document."""
    tokens = tokenizer().encode(text)
    return float(_counted(names)["forward"](tokens, len(tokens) - 1))


def pairs(text: str) -> list[str]:
    """The pairs of a document as `prob` takes them."""
    whole = f"^{text}^"
    return [whole[i : i + 2] for i in range(len(whole) - 1)]


def falls(number: float, character: str, names: int = 1000) -> str:
    """The token of Step 0 that a random number falls on, after a character."""
    probs = _counted(names)["bigram"](_id(character))
    sums = list(itertools.accumulate(probs))
    # as random.choices does
    return _character(bisect.bisect(sums, number * sums[-1], 0, len(sums) - 1))


def softmax(logits: list[float]) -> list[float]:
    """Step 1's own softmax."""
    values = _network()["softmax"](logits)
    return [float(value) for value in values]


def linear(x: list[float], w: list[list[float]]) -> list[float]:
    """Step 1's own linear."""
    return [float(value) for value in _network()["linear"](x, w)]


def likely(step: int, character: str, temperature: float = 1.0) -> tuple[str, float]:
    """The token a trained Step 0 or 1 finds likeliest after a character, and its p."""
    (logits,) = training(step).engine.logits([_id(character), 0])
    probs = softmax([logit / temperature for logit in logits])
    best = max(range(len(probs)), key=probs.__getitem__)
    return _character(best), float(probs[best])


@kept_fact
def checked() -> float:
    """The largest difference that Step 1's own gradient check prints."""
    tokens = tokenizer().encode(order()[0])
    return gradient_difference(tokens)


def weight_share(limit: float) -> float:
    """The share of Step 1's first weights that lie within a limit around 0."""
    values: list[float] = [row[j] for row, j in _step1()["params"]]
    return sum(abs(value) <= limit for value in values) / len(values)


def gradient_difference(tokens: list[int]) -> float:
    """The largest difference between both gradients of Step 1, at its first weights."""
    space, n = _step1(), len(tokens) - 1
    _, nudged = space["numerical_gradient"](tokens, n)
    _, exact = space["analytic_gradient"](tokens, n)
    return float(max(abs(a - b) for a, b in zip(nudged, exact, strict=True)))


def gradient_at_first(matrix: int = 0) -> float:
    """The first analytic gradient that is not zero, of the first document."""
    tokens = tokenizer().encode(order()[0])
    _, exact = _step1()["analytic_gradient"](tokens, len(tokens) - 1)
    return float(next(g for g in exact if g))
