"""What a page may say of the table of place and letter, and of how it leans."""

import math
from collections import Counter
from collections.abc import Iterator

import glassgpt
from glassgpt.bench.ablations import SEEDS, Band
from glassgpt.config import preset
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus, vocab
from glassgpt.guide.facts.trainings import heldout_names
from glassgpt.kernel.bindings.library import constants
from glassgpt.training.session import Session

WEIGHTS = (1, 2, 5, 10, 15, 20, 25, 30, 40)
BOS = ""


class _Table:
    """Letters counted at their places, and in pairs."""

    def __init__(self) -> None:
        self.placed: Counter[tuple[int, str, str]] = Counter()
        self.stands: Counter[tuple[int, str]] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.rows: Counter[str] = Counter()

    def count(self, name: str, times: int) -> None:
        """Count a name, or with -1 take it out again."""
        for place, letter, after in _steps(name):
            self.placed[place, letter, after] += times
            self.stands[place, letter] += times
            self.pairs[letter, after] += times
            self.rows[letter] += times

    def losses(self, name: str, weight: int) -> Iterator[float]:
        """-ln p of each letter and of the end, leaning on the pair so much."""
        for place, letter, after in _steps(name):
            pair = (self.pairs[letter, after] + 1) / (self.rows[letter] + vocab())
            seen = self.placed[place, letter, after] + weight * pair
            yield -math.log(seen / (self.stands[place, letter] + weight))


def _steps(name: str) -> Iterator[tuple[int, str, str]]:
    letters = [BOS, *name, BOS]
    for place, letter in enumerate(letters[:-1]):
        yield place, letter, letters[place + 1]


def _read() -> list[str]:
    return list(Session(preset("step3"), corpus()).loader.trained())


@call
def ending_share(length: int) -> float:
    """Of a hundred names read with so many letters or more, how many end there."""
    lengths = [len(name) for name in _read()]
    reach = sum(one >= length for one in lengths)
    return 100 * lengths.count(length) / reach if reach else 100.0


@call
@kept_fact
def counted_from(name: str, num_steps: int) -> float:
    """A baseline's held-out loss where it counts so many names."""
    result = glassgpt.train("names", step=0, num_steps=num_steps).result
    assert result is not None and result.evaluation is not None
    return result.evaluation.baselines[name]


@kept_fact
def _leads() -> list[float]:
    """Step 3's held-out loss less the table's, seed by seed."""
    found = []
    for seed in SEEDS:
        result = glassgpt.train("names", step=3, seed=seed).result
        assert result is not None and result.evaluation is not None
        measured = result.evaluation
        found.append(measured.loss - measured.baselines["place"])
    return found


@call
def place_lead(which: str = "mean") -> float:
    """By how much the table is better than Step 3: the `mean`, `least` or `most`."""
    return float(getattr(Band(tuple(_leads())), which))


@kept_fact
def _by_weight() -> dict[str, list[float]]:
    """With each weight: the loss of each name read that is left out, and held-out."""
    table, read = _Table(), _read()
    for name in read:
        table.count(name, 1)
    unseen = [
        [loss for name in heldout_names() for loss in table.losses(name, weight)]
        for weight in WEIGHTS
    ]
    left_out: list[list[float]] = [[] for _ in WEIGHTS]
    for name in read:
        table.count(name, -1)
        for losses, weight in zip(left_out, WEIGHTS, strict=True):
            losses += table.losses(name, weight)
        table.count(name, 1)
    return {
        "left out": [math.fsum(all_) / len(all_) for all_ in left_out],
        "held-out": [math.fsum(all_) / len(all_) for all_ in unseen],
    }


@call
def pair_trust() -> int:
    """How many observations the pair counts as, in the dashed lines."""
    return constants()["PAIR_TRUST"]


@call
def best_trust() -> int:
    """The weight that is best where each name read is left out of the counts once."""
    losses = _by_weight()["left out"]
    return WEIGHTS[losses.index(min(losses))]


@call
def place_table(weight: int) -> float:
    """What the table of place and letter costs on held-out names with a weight."""
    return float(_by_weight()["held-out"][WEIGHTS.index(weight)])
