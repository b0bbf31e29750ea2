"""Blocks that are read out of the steps: the ladder, a step's index and differences."""

import functools
import re

from markupsafe import Markup

from glassgpt.errors import invalid
from glassgpt.formatting import format_number
from glassgpt.guide.blocks.registry import block
from glassgpt.guide.code import listings, step_diff, steps
from glassgpt.guide.content.writing import Writing
from glassgpt.guide.facts import trainings
from glassgpt.lessons import FILES, lesson

_NEW = 5  # how many of a step's new names the ladder shows


@block("ladder")
def ladder(writing: Writing, rest: str, text: str) -> Markup:
    """All steps: what is new in each, its parameters, its loss on one scale."""
    context = writing.context
    uniform = trainings.baseline("uniform")
    low = min(map(trainings.heldout, range(len(FILES)))) - 0.1
    scale = functools.partial(_percent, low=low, high=uniform)
    rows = [
        {
            "step": step,
            "coming": f"/step/{step}/" not in context.titles,
            "name": context.say(steps.name(step).capitalize()),
            "idea": context.say(steps.idea(step).capitalize()),
            "new": steps.new_names(step)[:_NEW],
            "params": format_number(trainings.params(step), 0),
            "loss": format_number(trainings.heldout(step), 3),
            "at": scale(trainings.heldout(step)),
        }
        for step in range(len(FILES))
    ]
    marks = [
        (context.words["ladder_pairs"], scale(trainings.baseline("bigram"))),
        (context.words["ladder_guess"], scale(uniform)),
    ]
    return writing.html("steps/ladder.html", rows=rows, marks=marks)


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * (value - low) / (high - low):.1f}%"


@block("lessons")
def index(writing: Writing, rest: str, text: str) -> Markup:
    """The lessons of a step, with their summaries."""
    step = _step(rest)
    rows = [
        (one, writing.inline(one.title), writing.inline(str(one.front["summary"])))
        for one in writing.context.sources
        if one.step == step and one.number
    ]
    return writing.html("steps/index.html", lessons=rows)


@block("program")
def program(writing: Writing, rest: str, text: str) -> Markup:
    """A step's whole program, each line with an address."""
    step = lesson(_step(rest))
    lines = listings.lines_of("\n".join(step.source.splitlines()))
    return writing.html("steps/program.html", file=step.path.name, lines=lines)


@block("difference")
def difference(writing: Writing, rest: str, text: str) -> Markup:
    """What a step adds, changes and drops, why, and line by line."""
    step = _step(rest)
    table = step_diff.changes_of(step)
    kinds = {
        kind: [
            (*part.partition(": ")[::2], writing.context.say(why))
            for part, why in table.get(kind, {}).items()
        ]
        for kind in step_diff.KINDS
    }
    lines = step_diff.line_difference(step)
    return writing.html("steps/difference.html", kinds=kinds, lines=lines)


@block("sections")
def sections(writing: Writing, rest: str, text: str) -> Markup:
    """Each section of a step's program and of the one before, as tall as it is long."""
    step = _step(rest)
    rows = step_diff.section_rows(step)
    return writing.html("steps/sections.html", step=step, rows=rows)


def _step(rest: str) -> int:
    if not re.fullmatch(r"[0-5]", rest.strip()):
        raise invalid("step of a block", rest)
    return int(rest)
