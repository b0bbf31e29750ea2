"""Expressions computed by Step 2's own class, every Value and every gradient noted."""

import ast
import math
from dataclasses import dataclass, field
from typing import Any

from glassgpt.lessons import Lesson, lesson

# what Python and the class raise where they have no answer
REFUSALS = (TypeError, ZeroDivisionError, ValueError, OverflowError)
_ADDS = "child.grad += local_grad * value.grad"
_SETS = "child.grad = local_grad * value.grad"


@dataclass
class Graph:
    """Values in the order in which they were made, and gradients as they were set."""

    values: list[Any] = field(default_factory=list)
    top: Any = None
    told: list[tuple[int, float]] = field(default_factory=list)

    def place(self, value: Any) -> int:
        """Which of them that is."""
        return next(i for i, each in enumerate(self.values) if each is value)

    @property
    def order(self) -> list[int]:
        """The lesson's own order, children first."""
        order: list[Any] = []
        self.top.visit(order, set())
        return [self.place(value) for value in order]


def graph_of(text: str, numbers: dict[str, float], walk: str = "") -> Graph:
    """The graph of an expression, after the walk back; with "recursion", "overwrite" or
    "twice" after that one. Raises what Python raises, and ValueError for what is no
    finite number or no Value.
    """
    graph = Graph()
    kind = _value_class(graph, walk == "overwrite")
    names: dict[str, Any] = {
        name: _method(kind, name) for name in ("log", "exp", "relu")
    }
    for letter in letters_of(text):
        names[letter] = kind(numbers[letter])
    for statement in _statements(text):
        graph.top = _evaluated(statement, names, kind)
    if not isinstance(graph.top, kind):
        raise ValueError("a plain number")
    graph.told.clear()
    for _ in range(2 if walk == "twice" else 1):
        if walk == "recursion":
            graph.top.grad = 1.0
            recurse(graph.top)
        else:
            graph.top.backward()
    for value in graph.values:
        for number in (value.data, value.grad, *value.local_grads):
            if not math.isfinite(number):
                raise ValueError(f"no finite number: {number}")
    return graph


def recurse(value: Any) -> None:
    """The way back without an order, as it is often written at first."""
    for child, local_grad in zip(value.children, value.local_grads, strict=True):
        child.grad += local_grad * value.grad
    for child in value.children:
        recurse(child)


def letters_of(text: str) -> list[str]:
    """Letters that are used before they are assigned, in order."""
    found: list[str] = []
    assigned: set[str] = set()
    for statement in _statements(text):
        assert isinstance(statement, ast.Assign | ast.Expr)
        names = [n for n in ast.walk(statement.value) if isinstance(n, ast.Name)]
        for name in sorted(names, key=lambda each: each.col_offset):
            if len(name.id) == 1 and name.id not in {*assigned, *found}:
                found.append(name.id)
        if isinstance(statement, ast.Assign):
            assigned.add(ast.unparse(statement.targets[0]))
    return found


def _statements(text: str) -> list[ast.stmt]:
    return ast.parse("\n".join(part.strip() for part in text.split(";"))).body


def _evaluated(statement: ast.stmt, names: dict[str, Any], kind: Any) -> Any:
    assert isinstance(statement, ast.Assign | ast.Expr)
    code = compile(ast.Expression(statement.value), "expression", "eval")
    made = eval(code, {}, names)
    if isinstance(statement, ast.Assign):
        made = made if isinstance(made, kind) else kind(made)
        names[ast.unparse(statement.targets[0])] = made
    return made


def _method(kind: Any, name: str) -> Any:
    return lambda x: getattr(x if isinstance(x, kind) else kind(x), name)()


def _value_class(graph: Graph, overwrites: bool) -> Any:
    """The lesson's class, which notes what is made of it and how gradients are set."""
    program = lesson(2)
    if overwrites:
        assert program.source.count(_ADDS) == 1
        source = program.source.replace(_ADDS, _SETS)
        program = Lesson(program.step, program.path, source)
    space = program.load(["autograd"], {"math": math})
    base = space["Value"]

    class Noted(base):  # type: ignore[misc, valid-type]
        __slots__ = ()

        def __init__(self, *given: Any) -> None:
            graph.values.append(self)
            super().__init__(*given)

        @property
        def grad(self) -> float:
            return float(base.grad.__get__(self))

        @grad.setter
        def grad(self, value: float) -> None:
            base.grad.__set__(self, value)
            graph.told.append((graph.place(self), value))

    space["Value"] = Noted
    return Noted
