"""What a page may say of the built-in trainings, one a step."""

import functools
import math
from typing import Any

import glassgpt
from glassgpt.engines.shapes import num_params, shapes
from glassgpt.errors import invalid
from glassgpt.guide.code import step_diff
from glassgpt.guide.facts import call
from glassgpt.lessons import lesson
from glassgpt.runs.run import Run

_KEPT = 0.95  # how much of a smoothed loss a step leaves, as in the figures


@functools.cache
def training(step: int) -> Run:
    """The built-in training of a step: seed 42, the built-in names."""
    return glassgpt.train("names", step=step)


@call
def params(step: int) -> int:
    """The number of parameters of a step."""
    return num_params(training(step).config.model)


@call
def size(step: int, matrix: str) -> int:
    """The number of weights in one matrix of a step."""
    return math.prod(shapes(training(step).config.model)[matrix])


@call
def lines(step: int) -> int:
    """The number of lines of a step's program."""
    return len(lesson(step).source.splitlines())


@call
def heldout(step: int) -> float:
    """The held-out loss after a step's training."""
    loss = training(step).heldout_loss
    if loss is None:
        raise invalid("held-out loss of step", step)
    return loss


@call
def baseline(name: str) -> float:
    """The held-out loss of `uniform`, `letter`, `bigram` or `trigram`."""
    result = training(0).result
    if result is None or result.evaluation is None:
        raise invalid("baseline", name)
    return result.evaluation.baselines[name]


@call
def levels() -> list[float]:
    """What guessing costs on held-out names: evenly, by letters, pairs and triples."""
    return [baseline(name) for name in ("uniform", "letter", "bigram", "trigram")]


@call
def first_loss(step: int) -> float:
    """The loss of the first training step."""
    return training(step).losses[0]


@call
def last_loss(step: int) -> float:
    """The loss of the last training step, which is one name's."""
    return training(step).losses[-1]


@call
def smoothed(step: int, points: int = 126) -> list[float]:
    """The smoothed losses of a training, evenly spaced, for a thin line on a chart."""
    losses = training(step).losses
    average, line = 0.0, []
    for i, one in enumerate(losses, start=1):
        average = _KEPT * average + (1 - _KEPT) * one
        line.append(average / (1 - _KEPT**i))
    places = [round(i * (len(line) - 1) / (points - 1)) for i in range(points)]
    return [round(line[place], 3) for place in places]


@call
def span(step: int) -> list[float]:
    """The smallest and the largest loss of a training."""
    losses = training(step).losses
    return [round(min(losses), 3), round(max(losses), 3)]


@call
def num_steps(step: int = 5) -> int:
    """How many training steps a step makes."""
    return training(step).config.train.num_steps


@call
def known(step: int) -> int:
    """How many of the names a training ends with stand in the data."""
    result = training(step).result
    return sum(bool(one.known) for one in result.samples) if result else 0


@call
def samples(step: int) -> list[str]:
    """The names that a training ends with."""
    return training(step).samples


@call
def setting(step: int, name: str) -> Any:
    """A field of a step's record, such as learning_rate."""
    record = training(step).config
    part = record.model if hasattr(record.model, name) else record.train
    return getattr(part, name)


@call
def parts(step: int, kind: str) -> int:
    """How many named parts a step `adds`, `changes` or `drops`, or keeps: `same`."""
    return step_diff.count_parts(step, kind)
