"""What a page may say of two programs beside each other, and of calculus by hand."""

import ast
from typing import Any

from glassgpt.errors import unknown
from glassgpt.guide.code import step_diff
from glassgpt.guide.code.step_diff import SectionRow
from glassgpt.guide.facts import Sentence, call
from glassgpt.guide.facts.trainings import part_lines
from glassgpt.lessons import lesson

_BY_HAND = "gradient: analytic_gradient"
# how the statements begin that one layer and its relu need: out once, and back
_OF_A_LAYER = ("h = ", "dx = ", "for j in range(n_hidden):")


@call
def program_sections(step: int) -> list[dict[str, Any]]:
    """Each section of a program and of the one before: lines, and what differs, why."""
    table = step_diff.changes_of(step)
    return [
        {
            "name": row.name,
            "old": row.old,
            "new": row.new,
            "mark": _mark(row),
            "parts": [
                {
                    "kind": kind,
                    "name": name,
                    "why": Sentence(table[kind][f"{row.name}: {name}"]),
                }
                for kind, name in row.differs
            ],
        }
        for row in step_diff.section_rows(step)
    ]


@call
def sections_marked(step: int, mark: str) -> int:
    """How many sections of both programs are `new`, `gone`, `changed` or the `same`."""
    return sum(_mark(row) == mark for row in step_diff.section_rows(step))


@call
def section_lines(step: int, name: str) -> int:
    """The lines of a section of a program, blank ones aside."""
    rows = {row.name: row for row in step_diff.section_rows(step)}
    if name not in rows or not rows[name].new:
        raise unknown(f"section of step {step}", name, lesson(step).sections)
    return rows[name].new


def _mark(row: SectionRow) -> str:
    if not row.old:
        return "new"
    if not row.new:
        return "gone"
    return "changed" if row.differs else "same"


@call
def layer_lines() -> int:
    """The lines of Step 1's chain rule that belong to its hidden layer and relu."""
    return sum(len(lines) for lines in _layer())


@call
def hand_lines(layers: int) -> int:
    """The lines of the chain rule for so many hidden layers, each as long as the one
    that is there."""
    return part_lines(1, _BY_HAND) + (layers - 1) * layer_lines()


@call
def hand_lines_by_layers(most: int) -> list[int]:
    """The same for one hidden layer, two, and so on."""
    return [hand_lines(layers) for layers in range(1, most + 1)]


def _layer() -> list[range]:
    """Those lines, from 1, with the comment above a statement where it has one."""
    source = lesson(1).source.splitlines()
    found = [
        node
        for node in _of_each_pair()
        if source[node.lineno - 1].strip().startswith(_OF_A_LAYER)
    ]
    assert len(found) == len(_OF_A_LAYER), "Step 1's chain rule is written otherwise"
    return [_with_comment(source, node) for node in found]


def _with_comment(source: list[str], node: ast.stmt) -> range:
    """A statement's lines, with a comment above that names the way through it."""
    above = source[node.lineno - 2].strip()
    first = node.lineno - above.startswith("# through ")
    return range(first, (node.end_lineno or node.lineno) + 1)


def _of_each_pair() -> list[ast.stmt]:
    """What the chain rule does for each pair of tokens."""
    name = _BY_HAND.partition(": ")[2]
    for node in lesson(1).nodes("gradient"):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return next(one.body for one in node.body if isinstance(one, ast.For))
    raise AssertionError(f"Step 1 has no {name}")
