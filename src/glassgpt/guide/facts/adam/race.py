"""What a page may say of SGD and Adam, each at several rates and from several seeds.

Trainings of 1,000 steps are made here. Those of more are in `race.json`, which
`benchmarks/race.py` writes: over so many steps the last digits of a machine's rounding
grow to thousandths of the loss, and pages are to say the same on every machine.
"""

import functools
import json
import math
from pathlib import Path
from typing import Any

import glassgpt
from glassgpt.bench.ablations import SEEDS, WHOLE, Band, trained_without
from glassgpt.config import preset
from glassgpt.errors import DivergedError
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus

FILE = Path(__file__).with_name("race.json")
RATES = {4: (0.05, 0.1, 0.2, 0.3, 0.5, 1.0), 5: (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)}
SHORT, LONG = 1000, (5000, 20000)
# the losses of a step by rate, one a seed; None where the training broke
Losses = dict[str, list[float | None]]


def losses_by_rate(step: int, num_steps: int) -> Losses:
    """The held-out losses of Step 4 or 5 after so many steps, trained here and now."""
    found: Losses = {str(rate): [] for rate in RATES[step]}
    for rate in RATES[step]:
        for seed in SEEDS:
            found[str(rate)].append(_heldout(step, num_steps, rate, seed))
    return found


def _heldout(step: int, num_steps: int, rate: float, seed: int) -> float | None:
    how: dict[str, Any] = {"num_steps": num_steps, "learning_rate": rate}
    try:
        return glassgpt.train("names", step=step, seed=seed, **how).heldout_loss
    except DivergedError:
        return None


@functools.cache
def stored() -> dict[str, dict[str, Losses]]:
    """The losses after more steps, of each step by its number."""
    found: dict[str, dict[str, Losses]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@kept_fact
def _short(step: int) -> Losses:
    return losses_by_rate(step, SHORT)


def _losses(step: int, num_steps: int) -> Losses:
    if num_steps == SHORT:
        return _short(step)
    return stored()[str(num_steps)][str(step)]


def _at(step: int, rate: float, num_steps: int) -> list[float]:
    losses = _losses(step, num_steps)[str(rate)]
    return [math.inf if loss is None else loss for loss in losses]


@call
def long_race() -> list[dict[str, Any]]:
    """The trainings of more steps, for a figure."""
    return [
        {"steps": int(steps), "step": int(step), "rate": float(rate), "losses": losses}
        for steps, entries in stored().items()
        for step, rates in entries.items()
        for rate, losses in rates.items()
    ]


@call
def race_seeds() -> int:
    """From how many seeds each rate is trained."""
    return len(SEEDS)


@call
def at_its_rate(step: int, rate: float, num_steps: int = SHORT) -> float:
    """The held-out loss of Step 4 or 5 at a rate, in the mean over the seeds."""
    losses = _at(step, rate, num_steps)
    return math.fsum(losses) / len(losses)


@call
def best_rate(step: int, num_steps: int = SHORT) -> float:
    """The rate at which that is lowest."""
    return min(RATES[step], key=lambda rate: at_its_rate(step, rate, num_steps))


@call
def at_best_rate(step: int, num_steps: int = SHORT) -> float:
    """The held-out loss at that rate."""
    return at_its_rate(step, best_rate(step, num_steps), num_steps)


@call
def rate_share() -> float:
    """How much of what Step 5 gains on Step 4 is gone when SGD takes its best rate."""
    sgd, adam = (at_its_rate(n, preset(f"step{n}").train.learning_rate) for n in (4, 5))
    return (sgd - at_best_rate(4)) / (sgd - adam)


@call
def adam_lead(
    which: str = "mean", num_steps: int = SHORT, sgd: float = 0, adam: float = 0
) -> float:
    """By how much Adam ends lower than SGD from the same seed: the `mean`, the `least`
    or the `most`. Each is at its best rate, unless rates are given."""
    pairs = zip(
        _at(4, sgd or best_rate(4, num_steps), num_steps),
        _at(5, adam or best_rate(5, num_steps), num_steps),
        strict=True,
    )
    return float(getattr(Band(tuple(a - b for a, b in pairs)), which))


@kept_fact
def _attention(step: int, num_steps: int, rate: float) -> list[float]:
    """The held-out loss without attention less that with it, seed by seed."""
    found = []
    for seed in SEEDS:
        how = {"seed": seed, "num_steps": num_steps, "learning_rate": rate}
        record = preset(f"step{step}").with_settings(**how)
        whole, lacking = trained_without(record, corpus(), [WHOLE, ("attention",)])
        found.append(lacking.loss - whole.loss)
    return found


@call
def attention_gain(
    step: int, num_steps: int, which: str = "mean", rate: float = 0
) -> float:
    """What attention is worth to Step 4 or 5 after so many steps: `mean` over six
    seeds, `least` or `most`. The rate is the lesson's, unless one is given."""
    rate = rate or preset(f"step{step}").train.learning_rate
    return float(getattr(Band(tuple(_attention(step, num_steps, rate))), which))
