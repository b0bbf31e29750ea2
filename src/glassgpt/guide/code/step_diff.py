"""Two neighbouring programs beside each other: their sections, and what differs.

All of it is read out of the programs and of changes.toml; nothing in it is written by
hand.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from glassgpt.errors import invalid
from glassgpt.lessons import Lesson, changes, lesson, units

KINDS = ("adds", "changes", "drops")
_LINE = 2.5  # pixels of height for a line of code
_SIGNS = {"+": "plus", "-": "minus", "@": "hunk"}


@dataclass(frozen=True)
class SectionRow:
    """A section in both programs: its filled lines, and what differs in it."""

    name: str
    old: int
    new: int
    differs: list[tuple[str, str]]

    @staticmethod
    def height(lines: int) -> int:
        """How tall a section of so many lines stands, in pixels."""
        return max(3, round(_LINE * lines))


def changes_of(step: int) -> Mapping[str, Mapping[str, str]]:
    """What a step adds, changes and drops, with the reasons. Raises UsageError."""
    table = changes().get(step)
    if table is None:
        raise invalid("step", step, "nothing stands before it")
    return table


def count_parts(step: int, kind: str) -> int:
    """How many parts a step adds, changes or drops; `same`: how many it keeps."""
    table = changes_of(step)
    if kind != "same":
        return len(table.get(kind, {}))
    changed = {*table.get("adds", {}), *table.get("changes", {})}
    return sum(part not in changed for part in units(lesson(step)))


def section_rows(step: int) -> list[SectionRow]:
    """Each section of a step's program and of the one before, in an order for both."""
    old, new = lesson(step - 1), lesson(step)
    table = changes_of(step)
    return [
        SectionRow(name, _filled(old, name), _filled(new, name), _differs(name, table))
        for name in _all_sections(old, new)
    ]


def _all_sections(old: Lesson, new: Lesson) -> list[str]:
    found = list(new.sections)
    names = list(old.sections)
    for place, name in enumerate(names):
        if name not in found:
            before = [one for one in names[:place] if one in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, name)
    return found


def _differs(
    name: str, table: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str]]:
    """What a step adds, changes or drops in a section: the kind and the part."""
    return [
        (kind, part.partition(": ")[2])
        for kind in KINDS
        for part in table.get(kind, {})
        if part.partition(": ")[0] == name
    ]


def _filled(program: Lesson, name: str) -> int:
    """A section's length: its lines that hold something."""
    lines = program.source.splitlines()
    return sum(bool(lines[n - 1].strip()) for n in program.sections.get(name, ()))


def line_difference(step: int) -> list[tuple[str, str]]:
    """The difference between two programs, line by line: the kind and the line."""
    old, new = (lesson(one).source.splitlines() for one in (step - 1, step))
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    kinds = [(_SIGNS.get(line[:1], "same"), line) for line in lines]
    return [(kind, "⋯" if kind == "hunk" else line) for kind, line in kinds]
