"""Code that a reader can run and change: a lesson's slice, with a few lines after it.

What the lines print is found when the page is made, by the harness that runs them again
in the page, so that a page without scripts shows it too.
"""

import json
import random
import re
from dataclasses import dataclass
from html import escape
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
class Run:
    """What is run: the lines before a slice, the slice, and what is tried with it."""

    program: Lesson
    first: int
    before: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[str, float], ...]
    code: str
    tried: str

    @property
    def asked(self) -> dict[str, Any]:
        """The same as the harness takes it, without the path."""
        return {
            "before": [list(pair) for pair in self.before],
            "numbers": dict(self.numbers),
            "first": self.first,
            "code": f"{self.code}\n\n{self.tried}",
        }


def planned(one: listings.Slice, given: str, tried: str) -> Run:
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
    return Run(
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


def shipped(one: Run) -> str:
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


def run_html(one: Run, number: int, words: dict[str, str]) -> str:
    """The lines that are tried, what they print, and the place where they run."""
    printed = shipped(one)
    asked = {"file": one.program.path.name, **one.asked, "shipped": printed}
    data = escape(json.dumps(asked, ensure_ascii=False, sort_keys=True))
    first = one.first + len(one.code.splitlines()) + 1
    lines = listings.text_html(one.tried, first)
    buttons = "".join(
        f'<button type="button" data-do="{do}" hidden>{escape(words[word])}</button>'
        for do, word in (("run", "run_run"), ("change", "run_change"))
    )
    label = escape(words["run_label"])
    return (
        f'<div class="run panel" role="group" aria-label="{label}" '
        f'data-run="{data}"><p class="where"><span>{escape(words["run_try"])}</span>'
        f"{buttons}</p>"
        f'<div class="run-code"><pre class="code" tabindex="0" '
        f'aria-label="{escape(words["run_try"])}"><code translate="no">{lines}'
        f"</code></pre></div>"
        f'<div class="run-printed"><p class="label" id="run-{number}">'
        f"{escape(words['run_printed'])}</p>"
        f'<pre class="output" tabindex="0" aria-labelledby="run-{number}">'
        f"{escape(printed, quote=False)}</pre></div></div>\n"
    )
