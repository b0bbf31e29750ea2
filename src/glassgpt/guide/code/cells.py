"""Code that a reader can run and change: a lesson's slice, with a few lines after it.

What the lines print is found when the page is made, by the runner that runs them again
in the page, so that a page without scripts shows it too.
"""

import json
import random
import re
from dataclasses import dataclass
from typing import Any

from glassgpt.errors import invalid
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.code import listings, runner
from glassgpt.guide.content.pages import PageError
from glassgpt.lessons import Lesson, lesson

# what takes long and defines nothing: run only where it is itself on the page
_SLOW = ("gradient check",)
_GIVEN = re.compile(r" (?P<name>\w+)=(?P<value>[\d.]+)")


@dataclass(frozen=True)
class Cell:
    """What is run: the lines before a slice, the slice, and what is tried with it."""

    program: Lesson
    first: int
    before: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[str, float], ...]
    code: str
    tried: str

    @property
    def asked(self) -> dict[str, Any]:
        """The same as the runner takes it, without the path."""
        return {
            "before": [list(pair) for pair in self.before],
            "numbers": dict(self.numbers),
            "first": self.first,
            "code": f"{self.code}\n\n{self.tried}",
        }


def read_cell(one: listings.Slice, given: str, tried: str) -> Cell:
    """How a slice is run; `given` may hold numbers such as " num_steps=20".

    Raises PageError for a number that the program does not write down.
    """
    program = one.program
    lines = _whole(one)
    numbers = {
        found["name"]: float(found["value"])
        if "." in found["value"]
        else int(found["value"])
        for found in _GIVEN.finditer(given)
    }
    if _GIVEN.sub("", given).strip():
        raise invalid("run", given.strip(), "write: name=number", error=PageError)
    text = "\n".join(program.source.splitlines()[lines.start - 1 : lines.stop - 1])
    for name in numbers:
        if not re.search(rf"(?m)^{name} = [-\d.e]+", program.source):
            why = f"step {program.step} writes no such number down"
            raise invalid("run", name, why, error=PageError)
    return Cell(
        program,
        lines.start,
        tuple(_before(program, lines)),
        tuple(numbers.items()),
        runner.with_numbers(text, numbers),
        tried.strip("\n"),
    )


def _whole(one: listings.Slice) -> range:
    """A slice's lines, drawn out to whole statements: a method is run as its class."""
    start, stop = one.lines.start, one.lines.stop
    for section in one.program.sections:
        for node in one.program.nodes(section):
            end = (node.end_lineno or node.lineno) + 1
            if node.lineno < stop and end > start:
                start, stop = min(start, node.lineno), max(stop, end)
    return range(start, stop)


def _before(program: Lesson, lines: range) -> list[tuple[int, int]]:
    """The lines of the program above some lines, less what takes long."""
    found, start = [], 1
    for name, section in program.sections.items():
        if name in _SLOW and section.stop <= lines.start:
            found.append((start, section.start - 1))
            start = section.stop
    return [pair for pair in [*found, (start, lines.start - 1)] if pair[0] <= pair[1]]


def printed(one: Cell) -> str:
    """What it prints. Raises PageError for code that fails or prints too much."""
    found = _printed(one.program.step, json.dumps(one.asked))
    if error := found["error"]:
        why = f"{error['kind']} in line {error['lines'][-1:]}"
        raise invalid("run", error["message"], why, error=PageError)
    if not found["output"] or found["characters"] > runner.SHOWN:
        why = f"it prints {found['characters']} characters"
        raise invalid("run", one.tried, why, error=PageError)
    return str(found["output"])


@kept_fact
def _printed(step: int, asked: str) -> dict[str, Any]:
    kept = random.getstate()
    try:
        return runner.run(str(lesson(step).path), **json.loads(asked))
    finally:
        random.setstate(kept)
