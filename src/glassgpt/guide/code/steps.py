"""What a step's program is called and what it brings, read out of the program."""

import ast

from glassgpt.lessons import lesson, units

# the sections whose names a reader learns
_TAUGHT = {"model", "gradient", "autograd", "loss of a document", "update"}


def name(step: int) -> str:
    """A step's name, such as counting."""
    return lesson(step).title.partition(", ")[2].partition(":")[0]


def idea(step: int) -> str:
    """A step's idea in a line: its program's first line without the name."""
    return lesson(step).title.partition(": ")[2].rstrip(".")


def new_names(step: int) -> list[str]:
    """The functions, classes and settings that the step before does not have."""
    before = {_top(unit) for _, unit in _parts(step - 1)} if step else set()
    found = dict.fromkeys(
        _top(unit)
        for section, unit in _parts(step)
        if _is_taught(step, section, unit) and _top(unit) not in before
    )
    # what a reader runs comes before the settings beside it, as in the README
    settings = _settings(step)
    return sorted(found, key=lambda one: one in settings)


def _parts(step: int) -> list[tuple[str, str]]:
    """The sections and names of a program's parts."""
    return [(part.partition(": ")[0], part.partition(": ")[2])
            for part in units(lesson(step))]  # fmt: skip


def _top(unit: str) -> str:
    return unit.partition(".")[0]


def _is_taught(step: int, section: str, unit: str) -> bool:
    named = unit.isidentifier() or unit.startswith(f"{_top(unit)}.__")
    parameters = section == "parameters" and step == 4 and unit != "for"
    return named and (section in _TAUGHT or parameters)


def _settings(step: int) -> set[str]:
    """The names of a step that are plain values, such as smoothing."""
    program = lesson(step)
    nodes = [node for section in program.sections for node in program.nodes(section)]
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]) for node in assigned}
