"""A program in small: one stroke a line, each section a link to what explains it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from glassgpt.guide.templating import render
from glassgpt.lessons import Lesson

_WIDTH = 44  # of the map, in its own units
_LINE = 3  # from a line to the next


@dataclass(frozen=True)
class MapSection:
    """A section of a program in its map: where it leads and what is said of it."""

    name: str
    lines: range
    link: str
    said: str


@dataclass(frozen=True)
class Strokes:
    """Lines of a section that are drawn alike, and the page that explains them."""

    state: str
    page: str
    count: int
    path: str


def map_svg(
    program: Lesson,
    sections: Iterable[MapSection],
    pages: Mapping[int, str],
    known: set[int],
    now: set[int],
    across: bool,
) -> Markup:
    """The program in small, as SVG.

    `pages` says which page explains a line, `known` which lines are explained before
    this one, `now` which on it. `across` lays the file on its side, for narrow pages.
    """
    lines = program.source.splitlines()
    drawn = []
    for section in sections:
        paths: dict[tuple[str, str], list[str]] = {}
        for number in section.lines:
            if not lines[number - 1].strip():
                continue
            state = "now" if number in now else "known" if number in known else "later"
            page = "" if state == "now" else pages.get(number, "")
            stroke = _stroke(number, lines[number - 1], across)
            paths.setdefault((state, page), []).append(stroke)
        strokes = [Strokes(*key, len(d), "".join(d)) for key, d in paths.items()]
        drawn.append((section, _ground(section.lines, across), strokes))
    long = len(lines) * _LINE
    box = (long, _WIDTH) if across else (_WIDTH, long)
    return render(
        "filemap.svg", width=box[0], height=box[1], sections=drawn, across=across
    )


def _stroke(number: int, line: str, across: bool) -> str:
    body = line.strip()
    indent = (len(line) - len(body)) / 2
    place, length = number * _LINE - _LINE / 2, max(2.0, len(body) / 2)
    begin = f"M{place:g} {indent:g}v" if across else f"M{indent:g} {place:g}h"
    return f"{begin}{length:g}"


def _ground(lines: range, across: bool) -> dict[str, int]:
    """What can be pressed of a section, its blank places too."""
    start, long = _LINE * (lines.start - 1), _LINE * len(lines)
    if across:
        return {"x": start, "y": 0, "width": long, "height": _WIDTH}
    return {"x": 0, "y": start, "width": _WIDTH, "height": long}
