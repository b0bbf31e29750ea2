"""What a page may say of small expressions, worked out by Step 2's own Value."""

import math
import types
from dataclasses import replace
from typing import Any

from glassgpt.guide.facts import call
from glassgpt.lessons import lesson

_ADDS, _SETS = "child.grad += local_grad", "child.grad = local_grad"


def _worked_out(
    text: str, letters: dict[str, float], overwrites: bool = False
) -> tuple[Any, dict[str, Any]]:
    """The last Value of statements such as "b = a + a; c = b * b", and all by name."""
    program = lesson(2)
    if overwrites:
        assert program.source.count(_ADDS) == 1
        program = replace(program, source=program.source.replace(_ADDS, _SETS))
    stub = types.SimpleNamespace(disable=lambda: None)
    kind = program.load(("autograd",), {"math": math, "gc": stub})["Value"]
    names = {letter: kind(number) for letter, number in letters.items()}
    *before, last = text.split(";")
    exec("\n".join(one.strip() for one in before), {}, names)
    name, equals, formula = last.partition("=")
    names["end"] = eval(formula if equals else name.strip(), {}, names)
    return names["end"], names


@call
def values_in(text: str, **letters: float) -> int:
    """How many Values an expression leaves behind, its letters included."""
    end, _ = _worked_out(text, letters)
    order: list[Any] = []
    end.visit(order, set())
    return len(order)


@call
def data_of(text: str, **letters: float) -> float:
    """The number that an expression gives."""
    return float(_worked_out(text, letters)[0].data)


@call
def grad_of(text: str, letter: str, walks: int = 1, **letters: float) -> float:
    """The gradient of a letter after the way back, or after several."""
    end, names = _worked_out(text, letters)
    for _ in range(walks):
        end.backward()
    return float(names[letter].grad)


@call
def grad_overwritten(text: str, letter: str, **letters: float) -> float:
    """The same where each path wipes out what came along the one before."""
    end, names = _worked_out(text, letters, overwrites=True)
    end.backward()
    return float(names[letter].grad)


@call
def grad_by_recursion(text: str, letter: str, **letters: float) -> float:
    """The same where each Value passes on at once, again each time it is reached."""
    end, names = _worked_out(text, letters)
    end.grad = 1.0
    _recurse(end)
    return float(names[letter].grad)


def _recurse(value: Any) -> None:
    for child, local_grad in zip(value.children, value.local_grads, strict=True):
        child.grad += local_grad * value.grad
    for child in value.children:
        _recurse(child)
