"""What a page may say of counting, measured on the names that were kept aside."""

import functools
import math
from collections import Counter
from itertools import pairwise

from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.counting import behind, counted
from glassgpt.guide.facts.names import order, tokenizer, vocab
from glassgpt.guide.facts.trainings import heldout_names, num_steps

Pairs = Counter[tuple[int, ...]]


@functools.cache
def _kept_aside() -> list[list[int]]:
    """The tokens of the names that every step of the guide is measured on."""
    return [tokenizer().encode(text) for text in heldout_names()]


@functools.cache
def _pairs() -> Pairs:
    """How often each pair comes in the names that were kept aside."""
    return Counter(pair for tokens in _kept_aside() for pair in pairwise(tokens))


@functools.cache
def _table(names: int) -> list[list[int]]:
    table: list[list[int]] = counted(names)["counts"]
    return table


def _cost(pair: tuple[int, ...], names: int, smoothing: float) -> float:
    row = _table(names)[pair[0]]
    return -math.log((row[pair[1]] + smoothing) / (sum(row) + smoothing * vocab()))


@call
def kept_aside() -> int:
    """How many names are kept aside to measure on."""
    return len(_kept_aside())


@call
def kept_aside_tokens() -> int:
    """How many predictions the names kept aside ask for, their ends included."""
    return sum(_pairs().values())


@call
def not_read() -> int:
    """How many of the names a training never reads, repeated ones counted again."""
    return len(order()) - num_steps(0)


@call
def read_distinct() -> int:
    """How many of the names that a training reads are different ones."""
    return len(set(order()[: num_steps(0)]))


@call
def aside_loss(names: int = 1000, smoothing: float = 1.0) -> float:
    """The held-out loss of the table after so many names, at any smoothing above 0."""
    whole = (n * _cost(pair, names, smoothing) for pair, n in _pairs().items())
    return math.fsum(whole) / kept_aside_tokens()


@call
@kept_fact
def best_smoothing(names: int = 1000) -> float:
    """The smoothing, in hundredths, that costs least on the names kept aside."""
    tried = [hundredth / 100 for hundredth in range(5, 101)]
    return min(tried, key=lambda one: aside_loss(names, one))


@call
def smoothing_costs(names: int = 1000) -> float:
    """What a smoothing of 1 costs more, in nats a token, than the best one."""
    return aside_loss(names) - aside_loss(names, best_smoothing(names))


@call
def surprised(names: int = 1000) -> int:
    """How many names kept aside hold a pair that the counted names never had."""
    table = _table(names)
    return sum(any(not table[a][b] for a, b in pairwise(t)) for t in _kept_aside())


@call
def gain_on_filled(early: int = 100, late: int = 1000) -> float:
    """The share of what later names gain that is gained on cells already filled."""
    gains = {
        pair: n * (_cost(pair, early, 1) - _cost(pair, late, 1))
        for pair, n in _pairs().items()
    }
    filled = (gain for (a, b), gain in gains.items() if _table(early)[a][b])
    return math.fsum(filled) / math.fsum(gains.values())


@call
def triple_zeros() -> float:
    """The share of empty cells in a table with a row for every two tokens."""
    read = order()[: num_steps(0)]
    filled = {one for text in read for one in behind(text, 2)}
    return 1 - len(filled) / vocab() ** 3
