"""What a page may say that the program of Step 0 works out."""

import bisect
import functools
import itertools
import math
from collections import Counter
from typing import Any

from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import character_of, id_of, order, tokenizer, vocab
from glassgpt.guide.facts.trainings import heldout_names, num_steps
from glassgpt.lessons import lesson


def _empty() -> dict[str, Any]:
    """Step 0's own namespace, nothing counted."""
    sections = ("parameters", "model", "loss of a document", "update")
    given = {"math": math, "vocab_size": tokenizer().vocab_size}
    return lesson(0).load(sections, given)


@functools.cache
def counted(names: int) -> dict[str, Any]:
    """Step 0's own namespace after counting so many names."""
    space = _empty()
    for text in order()[:names]:
        tokens = tokenizer().encode(text)
        space["update"](tokens, len(tokens) - 1)
    return space


@call
def counts() -> int:
    """The number of cells of the count table."""
    return vocab() ** 2


@call
def count(pair: str, names: int | None = None) -> int:
    """How often a pair such as "an" occurs in the first names; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    table = counted(num_steps(0) if names is None else names)["counts"]
    return int(table[id_of(before)][id_of(after)])


@call
def row_sum(character: str, names: int = 1000) -> int:
    """How many pairs begin with a character."""
    return int(sum(counted(names)["counts"][id_of(character)]))


@call
def followers(character: str, names: int = 1000) -> list[str]:
    """The tokens that most often follow a character: several where they tie."""
    row = counted(names)["counts"][id_of(character)]
    return [character_of(i) for i, seen in enumerate(row) if seen == max(row)]


@call
def most(character: str, names: int = 1000) -> int:
    """How often the token came that most often follows a character."""
    return int(max(counted(names)["counts"][id_of(character)]))


@call
def zeros(names: int = 1000) -> int:
    """How many cells of the count table are still empty."""
    return sum(row.count(0) for row in counted(names)["counts"])


@call
def prob(pair: str, names: int = 1000) -> float:
    """Step 0's probability of a pair; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    return float(counted(names)["bigram"](id_of(before))[id_of(after)])


@call
def loss(text: str, names: int = 1000) -> float:
    """Step 0's loss of a document."""
    tokens = tokenizer().encode(text)
    return float(counted(names)["forward"](tokens, len(tokens) - 1))


@call
def measured_first(names: int) -> float:
    """The mean loss of the first names, each measured before it is counted."""
    return _mean_losses(names)[0]


@call
def counted_first(names: int) -> float:
    """The mean loss of the first names, each measured after it is counted."""
    return _mean_losses(names)[1]


@functools.cache
def _mean_losses(names: int) -> tuple[float, float]:
    """The mean loss of the first names, before each is counted and after."""
    space, losses = _empty(), list[tuple[float, float]]()
    for text in order()[:names]:
        tokens = tokenizer().encode(text)
        n = len(tokens) - 1
        before = space["forward"](tokens, n)
        space["update"](tokens, n)
        losses.append((before, space["forward"](tokens, n)))
    before, after = (math.fsum(column) / names for column in zip(*losses, strict=True))
    return before, after


@call
def pairs(text: str) -> list[str]:
    """The pairs of a document as `prob` takes them."""
    whole = f"^{text}^"
    return [whole[i : i + 2] for i in range(len(whole) - 1)]


@call
def falls(number: float, character: str, names: int = 1000) -> str:
    """The token of Step 0 that a random number falls on, after a character."""
    probs = counted(names)["bigram"](id_of(character))
    sums = list(itertools.accumulate(probs))
    # as random.choices does
    return character_of(bisect.bisect(sums, number * sums[-1], 0, len(sums) - 1))


@call
def rows_used(back: int) -> int:
    """How many rows the counted names use in a table for so many tokens back."""
    return len(_rows(back))


@call
def usual_count(back: int) -> int:
    """How often the middle one of those rows was used, in the order of their counts."""
    return sorted(_rows(back).values())[rows_used(back) // 2]


@call
def meet_empty(back: int) -> int:
    """How many of the held-out names meet a row that no counted name has used."""
    used = _rows(back)
    return sum(
        any(row[:-1] not in used for row in behind(text, back))
        for text in heldout_names()
    )


@call
@functools.cache
def plain_triples() -> float:
    """The held-out loss of counting triples with one added, leaning on nothing."""
    names = order()[: num_steps(0)]
    triples = Counter(one for text in names for one in behind(text, 2))
    losses = [
        -math.log((triples[one] + 1) / (_rows(2)[one[:-1]] + vocab()))
        for text in heldout_names()
        for one in behind(text, 2)
    ]
    return math.fsum(losses) / len(losses)


@functools.cache
def _rows(back: int) -> Counter[tuple[int, ...]]:
    """How often each row is used in a table for so many tokens back."""
    names = order()[: num_steps(0)]
    return Counter(one[:-1] for text in names for one in behind(text, back))


def behind(text: str, back: int) -> list[tuple[int, ...]]:
    """Each token behind those before it; BOS stands for what was before the start."""
    tokens = tokenizer().encode(text)
    whole = [tokens[0]] * (back - 1) + tokens
    return [tuple(whole[i : i + back + 1]) for i in range(len(tokens) - 1)]
