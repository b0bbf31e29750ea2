"""An expression as the graph of Values that Step 2's class would make of it."""

import ctypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassgpt.errors import GlassGPTError, UsageError, invalid
from glassgpt.kernel.bindings.arguments import address, flags, number
from glassgpt.kernel.bindings.library import constants, open_library, struct

_WHY = {
    "EMPTY": ("nothing is written", "Write one, such as a*b + 1"),
    "UNFINISHED": ("something must follow", "Write a letter, a number or ( there"),
    "OPERAND": ("a letter, a number or ( must stand there", "Write one before it"),
    "OPERATION": ("an operation is missing before it", "Write +, -, *, / or **"),
    "UNCLOSED": ("it is not closed", "Write a ) behind it"),
    "UNOPENED": ("it closes nothing", "Leave it out, or write a ( before it"),
    "CHARACTER": ("it means nothing here", "Use + - * / ** ( ) = ; letters, numbers"),
    "NAME": ("a name is one letter, or log, exp, relu", "Take a letter from a to z"),
    "CALL": ("( must follow", "Write it as log(a)"),
    "DIGITS": ("no number of at most 15 digits", "Write it shorter"),
    "CARET": ("a power is not written so", "Write a**2"),
    "ASSIGNMENT": ("left of = stands one letter", "Write b = a + a; then go on"),
    "LONG": ("it is too long", "Use at most 400 characters"),
    "DEEP": ("it is nested too deeply", "Use at most 60 brackets in one another"),
    "NODES": ("these are too many Values", "Use at most 200"),
    "PLAIN": ("it is a plain number, not a Value", "Use a letter"),
    "NUMBER_FIRST": ("the class has no number - Value", "Write -a + 2 or 2 * a**-1"),
    "EXPONENT": ("an exponent is a plain number", "Write a**2"),
    "PLUS_SIGN": ("the class has no + before a Value", "Leave it out"),
    "LOG": ("the log of a number that is not above 0", "Take another number"),
    "ZERO": ("a division by 0", "Take another number"),
    "ROOT": ("a root of a number below 0", "Take a whole exponent"),
    "LARGE": ("a number becomes too large", "Take smaller ones"),
    "STEEP": ("the slope at 0 is no number", "Take another number"),
    "PUSHES": ("the walk takes more than 4000 edges", "Take fewer shared nodes"),
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A Value: `op` is letter, number, add, mul, pow, log, exp or relu.

    It stands in the text from `start` on, for `length` characters. `number` is a
    constant, or the exponent of a pow. `whole` is the place of the last node of the
    neg, sub or div that it is part of, its own place where it is of none; that last
    node has the operation as `derived`.
    """

    op: str
    letter: str
    children: tuple[int, ...]
    data: float
    local_grads: tuple[float, ...]
    grad: float
    number: float
    start: int
    length: int
    whole: int
    derived: str
    through: float


@dataclass(frozen=True)
class Push:
    """An edge on the way back: `grad` of `node` times its slope is `share`, added to
    the child, whose gradient is then `after`. `turn` counts the nodes that spoke.
    """

    turn: int
    node: int
    child: int
    edge: int
    grad: float
    share: float
    after: float


@dataclass(frozen=True)
class Graph:
    """`nodes` in the order in which they are made, `order` children before parents."""

    nodes: tuple[Node, ...]
    top: int
    order: tuple[int, ...]
    pushes: tuple[Push, ...]


def expression(
    text: str, numbers: Mapping[str, float], walk: Iterable[str] = ()
) -> Graph:
    """The graph of `text`, its letters being `numbers`, after the walk back.

    Statements stand between ; and consist of + - * / ** log exp relu, numbers and
    letters: b = a + a; b * log(c). `walk` names what is wrong with it: recursion (no
    order), overwrite (= for +=), twice. Everything is a plain number without a unit.

    Raises UsageError, with the place, for what cannot be read, for what Step 2's class
    refuses (2 - a, a ** b), for a letter without a number, and where something is no
    finite number; for more than 400 characters, 200 nodes or 4000 edges of the walk.
    """
    call, graph = open_library("float64").call, struct("glassgpt_graph")()
    here = ctypes.addressof(graph)
    points = np.array([ord(character) for character in text], dtype=np.int32)
    _require(text, graph, call.expression_read(here, address(points), len(points)))
    given = _numbers(text, graph, numbers)
    _require(text, graph, call.expression_data(here, address(given)))
    most = constants()["MOST_PUSHES"]
    pushes, amounts = np.zeros((most, 3), np.int32), np.zeros((most, 3))
    how = flags("WALK_", walk)
    count = call.expression_walk(here, how, address(pushes), address(amounts))
    _require(text, graph, max(0, -count))
    return Graph(
        tuple(_node(graph, i) for i in range(graph.num_nodes)),
        graph.top,
        tuple(graph.order[: graph.num_order]),
        tuple(map(_push, [graph] * count, pushes[:count], amounts[:count])),
    )


def mistake(why: int) -> str:
    """The name of a refusal: "unclosed"."""
    names = {code: n for n, code in constants().items() if n.startswith("REFUSED_")}
    return names[why].removeprefix("REFUSED_").lower()


def _require(text: str, graph: Any, why: int) -> None:
    if why:
        raise _error(text, graph.error_start, graph.error_length, mistake(why))


def _error(text: str, start: int, length: int, name: str) -> GlassGPTError:
    said, remedy = _WHY[name.upper()]
    part = text[start : start + length]
    place = f"character {start + 1}, {part}" if part.strip() else "its end"
    return invalid("expression", text, f"{place}: {said}", remedy, UsageError)


def _numbers(text: str, graph: Any, numbers: Mapping[str, float]) -> Any:
    given = np.zeros(26)
    for i in range(graph.num_nodes):
        if graph.op[i] == constants()["OP_LETTER"]:
            letter = chr(ord("a") + graph.letter[i])
            if letter not in numbers:
                raise invalid("expression", text, f"{letter} has no number")
            given[graph.letter[i]] = number(letter, numbers[letter])
    return given


def _node(graph: Any, i: int) -> Node:
    children = [(graph.first[i], graph.first_slope[i])]
    children += [(graph.second[i], graph.second_slope[i])]
    made = [(child, slope) for child, slope in children if child >= 0]
    derived = graph.derived[i]
    return Node(
        op=_operation(graph.op[i]),
        letter="" if graph.letter[i] < 0 else chr(ord("a") + graph.letter[i]),
        children=tuple(child for child, _ in made),
        data=graph.data[i],
        local_grads=tuple(slope for _, slope in made),
        grad=graph.grad[i],
        number=graph.number[i],
        start=graph.start[i],
        length=graph.length[i],
        whole=graph.whole[i],
        derived=_operation(derived) if derived else "",
        through=graph.through[i],
    )


def _operation(code: int) -> str:
    names = {value: n for n, value in constants().items() if n.startswith("OP_")}
    return names[code].removeprefix("OP_").lower()


def _push(graph: Any, push: Any, amounts: Any) -> Push:
    turn, node, edge = map(int, push)
    child = graph.second[node] if edge else graph.first[node]
    return Push(turn, node, child, edge, *map(float, amounts))
