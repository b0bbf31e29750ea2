"""Blocks that set steps side by side: what each is and does, and what it writes."""

import math
import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from glassgpt.errors import invalid
from glassgpt.formatting import format_number
from glassgpt.guide.blocks.registry import block
from glassgpt.guide.code import steps
from glassgpt.guide.content.expressions import CALL, written
from glassgpt.guide.content.pages import read_toml
from glassgpt.guide.content.writing import Writing
from glassgpt.guide.facts import names, trainings
from glassgpt.guide.facts import writing as written_names
from glassgpt.guide.facts.results import programs
from glassgpt.lessons import FILES

_ATTENDS = 3  # the first step with heads and layers of blocks
_TEMPERATURE = 1.0
_WRITTEN = {"count": 20, "temperature": _TEMPERATURE}


@block("comparison")
def comparison(writing: Writing, rest: str, text: str) -> Markup:
    """The steps up to one, a column each: what they are made of, and how they do.

    Each line of the block is one more row: ` => ` between its name and a call, in which
    `step` is the column's.
    """
    columns = range(_steps(rest, 1)[0] + 1)
    words = writing.context.words
    own = [
        (words[f"compare_{name}"], name in _CODE, [tell(words, n) for n in columns])
        for name, tell in _ROWS.items()
    ]
    more = [_more(writing, line, columns) for line in text.strip().splitlines()]
    note = (
        words["compare_note"]
        .replace("{temperature}", format_number(_TEMPERATURE, 0))
        .replace("{machine}", programs.measured_on())
    )
    return writing.html(
        "steps/comparison.html",
        names=[writing.context.say(steps.name(n).capitalize()) for n in columns],
        rows=own + more,
        note=note,
    )


@block("names-beside")
def names_beside(writing: Writing, rest: str, text: str) -> Markup:
    """The first names that steps write, a column each; known ones are marked.

    The block's lines may give `count` and `temperature`.
    """
    columns, given = _steps(rest, 2), read_toml(text)
    if wrong := sorted(given.keys() - _WRITTEN.keys()):
        raise invalid("names-beside", wrong[0], f"write {' or '.join(_WRITTEN)}")
    asked = _WRITTEN | given
    known = set(names.corpus().documents)
    rows = written_names.names_beside(columns, asked["count"], asked["temperature"])
    return writing.html(
        "steps/names_beside.html",
        columns=columns,
        names=[writing.context.say(steps.name(n).capitalize()) for n in columns],
        rows=[[(name, name in known) for name in row] for row in rows],
    )


def _steps(rest: str, fewest: int) -> list[int]:
    """The steps that stand after a block's name."""
    found = rest.split()
    digits = f"[0-{len(FILES) - 1}]"
    if len(found) < fewest or not all(re.fullmatch(digits, one) for one in found):
        raise invalid("steps of a block", rest)
    return [int(one) for one in found]


def _more(
    writing: Writing, line: str, columns: range
) -> tuple[Markup, bool, list[str]]:
    """A row of the page's own."""
    name, arrow, formula = line.partition(" => ")
    call = CALL.fullmatch(formula.strip())
    if not arrow or not call:
        raise invalid("row of a comparison", line, "write: name => {= call of step }")
    told = [written(call["call"], {"step": step}) for step in columns]
    return writing.inline(name.strip()), False, [*map(writing.context.say, told)]


def _count_of(field: str) -> Callable[[dict[str, str], int], str]:
    """A number of the record, where the step's program has such parts at all."""

    def told(words: dict[str, str], step: int) -> str:
        if step < _ATTENDS:
            return words["compare_none"]
        return format_number(trainings.setting(step, field), 0)

    return told


def _optimizer(words: dict[str, str], step: int) -> str:
    # what counts has no weights that anything could move
    name = trainings.setting(step, "optimizer") if trainings.params(step) else "none"
    return words[f"compare_{name}"]


def _said(name: str) -> Callable[[dict[str, str], int], str]:
    return lambda words, step: words[f"compare_{name}_{step}"]


def _told(fact: Callable[[int], Any], digits: int) -> Callable[[Any, int], str]:
    return lambda words, step: format_number(fact(step), digits)


def _known(step: int) -> float:
    return written_names.known_share(step, _TEMPERATURE)


# each row by its name in the words, and what stands in it
_ROWS: dict[str, Callable[[dict[str, str], int], str]] = {
    "architecture": _said("architecture"),
    "attention": _count_of("n_head"),
    "layers": _count_of("n_layer"),
    "optimizer": _optimizer,
    "params": _told(trainings.params, 0),
    "new": _said("new"),
    "function": lambda words, step: programs.model_function(step),
    "lines": _told(trainings.lines, 0),
    "first": _told(trainings.first_loss, 3),
    "heldout": _told(trainings.heldout, 3),
    "perplexity": _told(lambda step: math.exp(trainings.heldout(step)), 1),
    "known": _told(_known, 1),
    "seconds": _told(programs.seconds, 1),
}
# those whose cells are names of the programs
_CODE = {"function"}
