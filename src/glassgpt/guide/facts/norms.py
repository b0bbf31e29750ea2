"""What a page may say of rmsnorm, by the lesson's own code."""

import functools
import gc
import math
import random
import sys
from dataclasses import replace
from typing import Any

from glassgpt.data.order import shuffled
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, corpus, id_of, tokenizer, vocab
from glassgpt.guide.facts.positions import LESSON, STEP, rows
from glassgpt.lessons import lesson

_TWICE, _ONCE = "x_norm = rmsnorm(x)", "x_norm = x"


@functools.cache
def _opened(state: str, norms: int = 2) -> dict[str, Any]:
    """Step 3's own program in a state; with one norm it has none before attention."""
    program = lesson(STEP)
    assert program.source.count(_TWICE) == 1
    if norms == 1:
        program = replace(program, source=program.source.replace(_TWICE, _ONCE))
    rng = random.Random(SEED)
    shuffled(corpus().documents, rng)
    given = {"math": math, "random": rng, "sys": sys, "gc": gc, "vocab_size": vocab()}
    sections = ("autograd", "parameters", "model", "loss of a document")
    space = program.load(sections, given)
    if state != states.UNTRAINED:
        for value, weight in zip(
            space["params"], states.read(STEP, state), strict=True
        ):
            value.data = weight
    return space


def rmsnorm(x: list[float]) -> list[float]:
    """Step 3's own rmsnorm."""
    return [float(y) for y in _opened(states.UNTRAINED)["rmsnorm"](x)]


@call
def rms(numbers: list[float]) -> float:
    """The root of the mean of the squares."""
    return math.hypot(*numbers) / math.sqrt(len(numbers))


@call
def length(numbers: list[float]) -> float:
    """How long a vector is."""
    return math.hypot(*numbers)


@call
def normed(numbers: list[float]) -> list[float]:
    """What Step 3's own rmsnorm makes of numbers."""
    return rmsnorm(numbers)


@call
def first_x(character: str, place: int, state: str = LESSON) -> list[float]:
    """The sum of a character's row and a place's: what the first norm gets."""
    weights = states.engine(STEP, state, "kernel").weights()
    token, at = rows(weights["wte"])[id_of(character)], rows(weights["wpe"])[place]
    return [a + b for a, b in zip(token, at, strict=True)]


@call
def second_norm(character: str, place: int, state: str = LESSON) -> float:
    """By how much the second norm in a row changes a number, at most."""
    once = rmsnorm(first_x(character, place, state))
    return max(abs(a - b) for a, b in zip(once, rmsnorm(once), strict=True))


@call
@kept_fact
def second_norm_gradient(text: str, state: str = LESSON) -> float:
    """How far a word's gradient moves when that norm is left out, as a share of it."""
    both, single = (_gradient(_opened(state, norms), text) for norms in (2, 1))
    return math.dist(both, single) / math.hypot(*both)


def _gradient(space: dict[str, Any], text: str) -> list[float]:
    tokens = tokenizer().encode(text)
    space["forward"](tokens, len(tokens) - 1).backward()
    found = [float(value.grad) for value in space["params"]]
    for value in space["params"]:
        value.grad = 0.0
    return found
