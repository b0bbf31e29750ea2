"""Slices of the lessons' programs, by name, as a reader sees them."""

import ast
import builtins
import functools
import keyword
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, String

from glassgpt.errors import invalid, unknown
from glassgpt.lessons import IMPORTS, Lesson

# the only kinds of code that are set apart, and their classes in page.css
_KINDS = (
    *((Comment, "c"), (String.Doc, "c"), (Keyword, "k"), (String, "s")),
    *((Name.Function, "d"), (Name.Class, "d")),
)
ELLIPSIS = " … "
# a listing is folded from so many lines on, and keeps these where none is explained;
# no fewer than so many lines are left out in one place
_LONG, _FIRST, _NEAR = 14, 12, 3


@dataclass(frozen=True)
class Slice:
    """Some lines of a program, numbered from 1 as in the file."""

    program: Lesson
    name: str
    lines: range

    @property
    def text(self) -> str:
        """The lines as they stand in the file."""
        lines = self.program.source.splitlines()
        return "\n".join(lines[self.lines.start - 1 : self.lines.stop - 1])


@dataclass(frozen=True)
class Definition:
    """A name of a program, where and how it is made, and its docstring's first line."""

    name: str
    line: int
    meaning: str
    text: str


def named_slice(program: Lesson, name: str) -> Slice:
    """The lines of a section, or of a part of it: "section: name".

    A comment directly above a part belongs to it. Raises UsageError for an unknown
    name.
    """
    if name in program.sections:
        return Slice(program, name, _section_lines(program, name))
    named = parts(program)
    if name not in named:
        choices = [*program.sections, *named]
        raise unknown(f"part of step {program.step}", name, choices)
    return Slice(program, name, named[name])


def _section_lines(program: Lesson, name: str) -> range:
    """A section without its marker and the blank lines after it."""
    lines = program.source.splitlines()
    start, stop = program.sections[name].start + 1, program.sections[name].stop
    while stop > start and not lines[stop - 2].strip():
        stop -= 1
    return range(start, stop)


def parts(program: Lesson) -> dict[str, range]:
    """The lines of every part, "section: name", by the names that units have."""
    found: dict[str, range] = {}
    for section in (IMPORTS, *program.sections):
        for node in program.nodes(section):
            for name, part in _named(node):
                lines = _with_comment(program, part)
                before = found.get(f"{section}: {name}", lines)
                start, stop = (
                    min(before.start, lines.start),
                    max(before.stop, lines.stop),
                )
                found[f"{section}: {name}"] = range(start, stop)
    return found


def _named(node: ast.stmt) -> list[tuple[str, ast.stmt]]:
    match node:
        case ast.ClassDef(name=name, body=body):
            inner = [(f"{name}.{part}", one) for n in body for part, one in _named(n)]
            return [(name, node), *inner]
        case ast.FunctionDef(name=name):
            return [(name, node)]
        case ast.Assign(targets=[ast.Tuple()]):
            return [("assign", node)]
        case ast.Assign(targets=[target]):
            return [(ast.unparse(target), node)]
        case ast.Expr(value=ast.Call(func=function)):
            return [(f"{ast.unparse(function)}(...)", node)]
        case ast.Import() | ast.ImportFrom():
            return [("import", node)]
        case ast.Expr():
            return []
    return [(type(node).__name__.lower(), node)]


def _with_comment(program: Lesson, node: ast.stmt) -> range:
    lines = program.source.splitlines()
    start = node.lineno
    while (
        start > 1
        and lines[start - 2].strip().startswith("# ")
        and (not lines[start - 2].startswith("# ---"))
    ):
        start -= 1
    return range(start, (node.end_lineno or node.lineno) + 1)


@functools.cache
def definitions(program: Lesson) -> dict[str, Definition]:
    """Every name that a program makes at its top level, first making first."""
    found: dict[str, Definition] = {}
    for section in program.sections:
        for node in program.nodes(section):
            for name in _made(node):
                told = Definition(name, node.lineno, _meaning(node), ast.unparse(node))
                found.setdefault(name, told)
    return found


def names_in(one: Slice) -> list[str]:
    """The names that a slice defines."""
    found = definitions(one.program).values()
    return [each.name for each in found if each.line in one.lines]


def _made(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            names = [n for t in targets for n in ast.walk(t)]
            return [n.id for n in names if isinstance(n, ast.Name) and n.id != "_"]
    return []


def _meaning(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def needed(slices: Sequence[Slice]) -> list[Definition]:
    """The names that slices use and that their program has made above them."""
    if not slices:
        return []
    program = slices[0].program
    own = {number for one in slices for number in one.lines}
    # a name may be made between two slices: it is needed by the second
    ends = [(name, one.lines.start) for one in slices for name in _used(one)]
    start = dict(sorted(ends, key=lambda end: end[1]))
    found = [one for name, one in definitions(program).items() if name in start]
    return [one for one in found if one.line < start[one.name] and one.line not in own]


def _used(one: Slice) -> set[str]:
    """The names that a slice takes from elsewhere: not what it makes first itself."""
    tree = ast.parse(one.program.source)
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    here = [n for n in names if n.lineno in one.lines]
    made = {n.id: n.lineno for n in reversed(here) if isinstance(n.ctx, ast.Store)}
    taken = {
        n.id
        for n in here
        if isinstance(n.ctx, ast.Load) and n.lineno <= made.get(n.id, n.lineno)
    }
    local = {
        a.arg
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef) and f.lineno in one.lines
        for a in f.args.args
    }
    return taken - local - set(dir(builtins)) - set(keyword.kwlist)


@dataclass(frozen=True)
class Fragment:
    """Where a fragment stands in a slice's text."""

    start: int
    end: int


def find_fragments(one: Slice, fragments: Iterable[str]) -> list[Fragment]:
    """Each fragment's place, in the order given; " … " joins a beginning and an end.

    Raises UsageError for one that does not stand there, or that overlaps another.
    """
    taken: list[Fragment] = []
    for text in fragments:
        found = _find(one.text, text, taken)
        if found is None:
            raise invalid("fragment", text, f"it does not stand in {one.name}")
        taken.append(found)
    return taken


def _find(text: str, fragment: str, taken: list[Fragment]) -> Fragment | None:
    first, joined, last = fragment.partition(ELLIPSIS)
    start = text.find(first)
    while start >= 0:
        after = text.find(last, start + len(first)) if joined else start
        end = after + len(last) if joined else start + len(first)
        if after < 0:
            return None
        if all(end <= one.start or start >= one.end for one in taken):
            return Fragment(start, end)
        start = text.find(first, start + 1)
    return None


@dataclass(frozen=True)
class Piece:
    """Characters of one kind, in one fragment (0: in none)."""

    text: str
    kind: str
    fragment: int


@dataclass(frozen=True)
class Line:
    """A line of code, by its number in the file."""

    number: int
    pieces: tuple[Piece, ...]
    folded: bool = False

    @property
    def indent(self) -> int:
        """How many spaces it begins with: a line that is broken goes on under them."""
        text = "".join(piece.text for piece in self.pieces)
        return len(text) - len(text.lstrip())


def lines_of(
    text: str, first: int = 1, fragments: Sequence[Fragment] = ()
) -> list[Line]:
    """The lines of a text that begins at line `first` of its file."""
    lines: list[list[Piece]] = [[]]
    for piece in _pieces(text, fragments):
        for part in piece.text.splitlines(keepends=True):
            if body := part.rstrip("\n"):
                lines[-1].append(replace(piece, text=body))
            if part.endswith("\n"):
                lines.append([])
    return [Line(n, tuple(line)) for n, line in enumerate(lines, start=first)]


def _pieces(text: str, fragments: Sequence[Fragment]) -> list[Piece]:
    """The text cut wherever its kind or its fragment changes."""
    kinds = [""] * len(text)
    for start, token, value in PythonLexer(stripnl=False).get_tokens_unprocessed(text):
        kind = _kind(token)
        kinds[start : start + len(value)] = [kind] * len(value)
    marks = [0] * len(text)
    for number, one in enumerate(fragments, start=1):
        marks[one.start : one.end] = [number] * (one.end - one.start)
    keys = list(zip(kinds, marks, strict=True))
    cuts = [i for i in range(1, len(text)) if keys[i] != keys[i - 1]]
    return [Piece(text[a:b], *keys[a]) for a, b in pairwise([0, *cuts, len(text)])]


def _kind(token: Any) -> str:
    return next((name for kind, name in _KINDS if token in kind), "")


def fold(lines: Sequence[Line]) -> list[Line]:
    """The same lines, a long listing folded to those that matter.

    They are its first line and those that hold fragments, with what stands between two
    that are near; without fragments, the first lines.
    """
    if len(lines) <= _LONG:
        return list(lines)
    marked = [i for i, line in enumerate(lines) if any(p.fragment for p in line.pieces)]
    kept = {0, *marked} if marked else set(range(_FIRST))
    for i, j in pairwise([*sorted(kept), len(lines)]):
        kept |= set(range(i, j)) if j - i <= _NEAR else set()
    if len(lines) - len(kept) <= _NEAR:
        return list(lines)
    return [replace(line, folded=i not in kept) for i, line in enumerate(lines)]
