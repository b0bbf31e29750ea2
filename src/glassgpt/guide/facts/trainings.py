"""What a page may say of the built-in trainings, one a step."""

import functools
import math
from typing import Any

import glassgpt
from glassgpt.config import Record, preset
from glassgpt.engines.shapes import num_params, shapes
from glassgpt.errors import invalid, unknown
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.code import listings, step_diff
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus, vocab
from glassgpt.lessons import lesson
from glassgpt.runs.run import Run
from glassgpt.training.session import Session


@functools.cache
def training(step: int) -> Run:
    """The built-in training of a step: seed 42, the built-in names."""
    return glassgpt.train("names", step=step)


@call
@functools.cache
def heldout_names() -> list[str]:
    """The names that every step of the built-in trainings is measured on."""
    return list(Session(preset("step1"), corpus()).loader.heldout())


@kept_fact
def _outcome(step: int) -> dict[str, Any]:
    """What came of a step's training."""
    run = training(step)
    result = run.result
    if result is None or result.evaluation is None:
        raise invalid("training of step", step, "it was not evaluated")
    return {
        "losses": run.losses,
        "heldout": run.heldout_loss,
        "baselines": dict(result.evaluation.baselines),
        "samples": run.samples,
        "known": sum(bool(one.known) for one in result.samples),
    }


@functools.cache
def _record(step: int) -> Record:
    return preset(f"step{step}").with_vocabulary(vocab())


@call
def params(step: int) -> int:
    """The number of parameters of a step."""
    return num_params(_record(step).model)


@call
def size(step: int, matrix: str) -> int:
    """The number of weights in one matrix of a step."""
    return math.prod(shapes(_record(step).model)[matrix])


@call
def lines(step: int) -> int:
    """The number of lines of a step's program."""
    return len(lesson(step).source.splitlines())


@call
def part_lines(step: int, part: str) -> int:
    """The number of lines, blank ones aside, of a named part of a step's program."""
    program = lesson(step)
    source, found = program.source.splitlines(), listings.parts(program)
    if part not in found:
        raise unknown(f"part of step {step}", part, found)
    return sum(bool(source[number - 1].strip()) for number in found[part])


@call
def heldout(step: int) -> float:
    """The held-out loss after a step's training."""
    return float(_outcome(step)["heldout"])


@call
def baseline(name: str) -> float:
    """The held-out loss of `uniform`, `letter`, `bigram`, `trigram` or `place`."""
    return float(_outcome(0)["baselines"][name])


@call
def levels() -> list[float]:
    """What guessing costs on held-out names, by each baseline in their order."""
    return list(_outcome(0)["baselines"].values())


@call
def first_loss(step: int) -> float:
    """The loss of the first training step."""
    return float(_outcome(step)["losses"][0])


@call
def last_loss(step: int) -> float:
    """The loss of the last training step, which is one name's."""
    return float(_outcome(step)["losses"][-1])


@call
def span(step: int) -> list[float]:
    """The smallest and the largest loss of a training."""
    losses = _outcome(step)["losses"]
    return [round(min(losses), 3), round(max(losses), 3)]


@call
def num_steps(step: int = 5) -> int:
    """How many training steps a step makes."""
    return _record(step).train.num_steps


@call
def known(step: int) -> int:
    """How many of the names a training ends with are in the data."""
    return int(_outcome(step)["known"])


@call
def samples(step: int) -> list[str]:
    """The names that a training ends with."""
    return list(_outcome(step)["samples"])


@call
@kept_fact
def untrained(step: int) -> list[tuple[str, bool]]:
    """The names that a step writes before its training, and which are in the data."""
    session = Session(preset(f"step{step}"), corpus())
    return [(one.text, bool(one.known)) for one in session.samples()]


@call
def cut_names(step: int) -> int:
    """How many of those names the program stopped at the most it writes."""
    most = int(_record(step).model.block_size)
    return sum(len(text) == most for text in samples(step))


@call
def setting(step: int, name: str) -> Any:
    """A field of a step's record, such as learning_rate."""
    record = _record(step)
    part = record.model if hasattr(record.model, name) else record.train
    return getattr(part, name)


@call
def parts(step: int, kind: str) -> int:
    """How many named parts a step `adds`, `changes` or `drops`, or keeps: `same`."""
    return step_diff.count_parts(step, kind)
