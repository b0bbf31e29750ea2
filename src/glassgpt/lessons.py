"""The six lessons, opened by section: to read them, compare them and compute with them.

A lesson is a flat program. Here its marked sections are compiled by name, without
running the file, into a namespace with other numbers in it. That namespace is the
reference engine, so the code a reader sees is the code that computes.
"""

import ast
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassgpt.errors import unknown

FOLDER = Path(__file__).parent / "steps"
FILES = (
    "step0_counting.py",
    "step1_gradient_descent.py",
    "step2_autograd.py",
    "step3_attention.py",
    "step4_transformer.py",
    "step5_adam.py",
)
_MARKER = re.compile(r"^# --- (?P<name>.+) ---$")
IMPORTS = "imports"


@dataclass(frozen=True)
class Lesson:
    """A step's program: its source, and its sections by name."""

    step: int
    path: Path
    source: str

    @functools.cached_property
    def title(self) -> str:
        """The first line of the program's docstring."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    @functools.cached_property
    def sections(self) -> dict[str, range]:
        """The line numbers of each section, from 1, marker included, in file order."""
        lines = self.source.splitlines()
        found = [
            (match["name"], number)
            for number, line in enumerate(lines, start=1)
            if (match := _MARKER.match(line))
        ]
        ends = [number for _, number in found[1:]] + [len(lines) + 1]
        return {
            name: range(start, end)
            for (name, start), end in zip(found, ends, strict=True)
        }

    def load(
        self,
        sections: Iterable[str],
        given: Mapping[str, Any],
        numbers: Mapping[str, float] | None = None,
    ) -> dict[str, Any]:
        """Run the definitions in `sections` and return their namespace.

        `given` holds the names that these sections expect to find. `numbers` takes the
        place of numbers that the lesson writes down, such as n_embd = 16. Statements
        that are a bare call are left out: they print, seed, or set up the interpreter.

        Raises UsageError for a section or a number that the lesson does not have.
        """
        nodes = [
            node
            for section in sections
            for node in self.nodes(section)
            if not isinstance(node, ast.Expr)
        ]
        waiting = dict(numbers or {})
        body = [_with_number(node, waiting) for node in nodes]
        if waiting:
            raise unknown(f"number in step {self.step}", sorted(waiting)[0], [])
        module = ast.Module(body=body, type_ignores=[])
        namespace = dict(given)
        exec(compile(module, str(self.path), "exec"), namespace)
        return namespace

    def nodes(self, section: str) -> list[ast.stmt]:
        """The syntax trees of a section's statements; `imports` precede the first."""
        if section == IMPORTS:
            first = next(iter(self.sections.values())).start
            return [node for node in self._tree.body[1:] if node.lineno < first]
        if section not in self.sections:
            raise unknown(f"section of step {self.step}", section, self.sections)
        lines = self.sections[section]
        return [node for node in self._tree.body if node.lineno in lines]

    @functools.cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.source, str(self.path))


def _with_number(node: ast.stmt, waiting: dict[str, float]) -> ast.stmt:
    """`node`, with the number that waits for its name; that number waits no more."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
            if name in waiting:
                value = ast.copy_location(ast.Constant(waiting.pop(name)), node.value)
                return ast.copy_location(ast.Assign(node.targets, value), node)
    return node


@functools.cache
def lesson(step: int, folder: Path = FOLDER) -> Lesson:
    """The program of a step, 0 to 5."""
    if step not in range(len(FILES)):
        raise unknown("step", step, range(len(FILES)))
    path = folder / FILES[step]
    return Lesson(step, path, path.read_text(encoding="utf-8"))


@functools.cache
def changes() -> dict[int, dict[str, Any]]:
    """What each step adds, changes and drops against the step before, and why.

    A step's entry has `summary`, and `adds`, `changes`, `drops`: unit -> reason.
    """
    with (FOLDER / "changes.toml").open("rb") as file:
        tables = tomllib.load(file)
    return {int(name.removeprefix("step")): table for name, table in tables.items()}


def units(program: Lesson) -> dict[str, str]:
    """The program's named parts, "section: name" -> syntax tree without docstrings.

    A part is a function, a class's method, an assigned name, or all the statements of
    one kind that have no name, such as a section's loop.
    """
    found: dict[str, list[str]] = {}
    for section in (IMPORTS, *program.sections):
        for node in program.nodes(section):
            for name, part in _parts(node):
                found.setdefault(f"{section}: {name}", []).append(_dump(part))
    return {name: "\n".join(dumps) for name, dumps in found.items()}


def _parts(node: ast.stmt) -> list[tuple[str, ast.AST]]:
    match node:
        case ast.ClassDef(name=name, body=body):
            return [
                (f"{name}.{inner}", part) for n in body for inner, part in _parts(n)
            ]
        case ast.FunctionDef(name=name):
            return [(name, node)]
        case ast.Assign(targets=[target]) if not isinstance(target, ast.Tuple):
            return [(ast.unparse(target), node)]
        case ast.Expr(value=ast.Call(func=function)):
            return [(f"{ast.unparse(function)}(...)", node)]
        case ast.Expr():
            return []  # a docstring
        case ast.Import() | ast.ImportFrom():
            return [("import", node)]
    return [(type(node).__name__.lower(), node)]


def _dump(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
        node = ast.FunctionDef(node.name, node.args, node.body[1:], [])
    return ast.dump(node)
