"""What a page may say of places: where names end, and what a model makes of that."""

import functools
import math
from collections import Counter
from typing import Any

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import character_of, id_of, order, tokenizer
from glassgpt.guide.facts.trainings import num_steps

STEP = 3
LESSON = "sgd-1000"  # the state that the lesson's own training comes to
Vector = list[float]


def rows(tensor: Tensor) -> list[Vector]:
    """A matrix row by row."""
    values, width = list(tensor.values), tensor.shape[1]
    return [values[i : i + width] for i in range(0, len(values), width)]


@functools.cache
def _tables(state: str) -> tuple[list[Vector], list[Vector]]:
    """The rows of wte and of wpe in a state."""
    weights = states.engine(STEP, state, "kernel").weights()
    return rows(weights["wte"]), rows(weights["wpe"])


@functools.cache
def _sums(state: str) -> dict[tuple[int, int], Vector]:
    """Of each token at each place the sum of its row and the place's."""
    wte, wpe = _tables(state)
    return {
        (token, place): [a + b for a, b in zip(row, at, strict=True)]
        for token, row in enumerate(wte)
        for place, at in enumerate(wpe)
    }


@functools.cache
def _counted() -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
    """Of each token at each place: how many names have it there, and how many end."""
    stood, ended = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for text in order()[: num_steps(STEP)]:
        tokens = tokenizer().encode(text)[:-1]
        stood.update((token, place) for place, token in enumerate(tokens))
        ended[tokens[-1], len(tokens) - 1] += 1
    return stood, ended


@call
def stands_at(character: str, place: int) -> int:
    """How many of the names that Step 3 reads have a character at a place, from 1."""
    return _counted()[0][id_of(character), place]


@call
def ends_at(character: str, place: int) -> int:
    """How many of those end there."""
    return _counted()[1][id_of(character), place]


@call
def end_share(character: str, place: int) -> float:
    """The share of those that end there."""
    return ends_at(character, place) / stands_at(character, place)


@functools.cache
@kept_fact
def _given(state: str, character: str, place: int) -> float:
    engine, found = states.engine(STEP, state, "kernel"), []
    token, bos = id_of(character), tokenizer().bos
    for text in order()[: num_steps(STEP)]:
        tokens = tokenizer().encode(text)
        if tokens[:-1][place : place + 1] != [token]:
            continue
        logits = engine.logits(tokens)[place]
        top = max(logits)
        exps = [math.exp(logit - top) for logit in logits]
        found.append(exps[bos] / math.fsum(exps))
    return math.fsum(found) / len(found)


@call
def end_given(character: str, place: int, state: str = LESSON) -> float:
    """What a model gives to BOS there, on average over the same names."""
    return _given(state, character, place)


@call
def number_of_sum(character: str, place: int, number: int = 0) -> float:
    """One number of the sum of a character's row and a place's, after the lesson."""
    return _sums(LESSON)[id_of(character), place][number]


@call
def number_of_row(matrix: str, row: str | int, number: int = 0) -> float:
    """One number of a row of wte or wpe, after the lesson's training."""
    wte, wpe = _tables(LESSON)
    return wpe[int(row)][number] if matrix == "wpe" else wte[id_of(str(row))][number]


@call
def sums() -> int:
    """How many sums there are of a token's row and a place's."""
    return len(_sums(LESSON))


@call
@kept_fact
def sums_told(state: str = LESSON) -> int:
    """How many sums, each number rounded to tenths, are nearest to their own."""
    known = _sums(state)
    rounded = {key: [round(x, 1) for x in sum_] for key, sum_ in known.items()}
    return sum(_nearest(given, known) == key for key, given in rounded.items())


@call
@kept_fact
def letters_told(state: str = LESSON) -> int:
    """Of how many sums the nearest row of wte is that of their own token."""
    tokens = dict(enumerate(_tables(state)[0]))
    return sum(_nearest(x, tokens) == token for (token, _), x in _sums(state).items())


@call
def next_nearest(character: str, place: int) -> tuple[str, int, float]:
    """Whose sum is nearest to that of a character at a place, and how far it is."""
    known = dict(_sums(LESSON))
    own = known.pop((id_of(character), place))
    token, at = _nearest(own, known)
    return character_of(token), at, math.dist(own, known[token, at])


def _nearest(x: Vector, among: dict[Any, Vector]) -> Any:
    return min(among, key=lambda key: math.dist(x, among[key]))
