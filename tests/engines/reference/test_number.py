"""Number gives the numbers that the lessons' Value gives, to the bit."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.engines.reference.number import Number
from glassgpt.lessons import lesson

STEPS = pytest.mark.parametrize("step", [2, 3, 4, 5])
VALUE = lesson(2).load(["autograd"], {"math": math})["Value"]
ANY = st.floats(-1e3, 1e3)
ABOVE_0 = st.floats(1e-3, 1e3)
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "negative": lambda a: -a,
    "log": lambda a: a.log(),
    "relu": lambda a: a.relu(),
    "square": lambda a: a**2,
    "root": lambda a: a**0.5,
    "inverse": lambda a: a**-1,
    "rmsnorm's": lambda a: a**-0.5,
    "plain + a": lambda a: 0.25 + a,
    "plain * a": lambda a: 0.25 * a,
    "sum": lambda a: sum([a, a, a]),
}


@pytest.mark.parametrize("sign", BINARY)
@given(a=ANY, b=ABOVE_0, plain=st.booleans())
def test_two_numbers_give_what_two_values_give(
    sign: str, a: float, b: float, plain: bool
) -> None:
    operation = BINARY[sign]
    right, value = (b, b) if plain else (Number(b), VALUE(b))
    assert operation(Number(a), right).data == operation(VALUE(a), value).data


@pytest.mark.parametrize("name", UNARY)
@given(a=ABOVE_0)
def test_a_number_gives_what_a_value_gives(name: str, a: float) -> None:
    assert UNARY[name](Number(a)).data == UNARY[name](VALUE(a)).data


@given(ANY)
def test_relu_and_exp_agree_below_0_too(a: float) -> None:
    assert Number(a).relu().data == VALUE(a).relu().data
    assert Number(a / 2).exp().data == VALUE(a / 2).exp().data


@given(st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan]))
def test_odd_floats_agree_too(a: float) -> None:
    for name in ("negative", "relu", "plain + a", "plain * a"):
        found, expected = UNARY[name](Number(a)).data, UNARY[name](VALUE(a)).data
        assert repr(float(found)) == repr(float(expected))


@pytest.mark.parametrize(
    ("operation", "a", "error"),
    [
        (lambda x: x.log(), 0.0, ValueError),
        (lambda x: x.log(), -1.0, ValueError),
        (lambda x: x.exp(), 1000.0, OverflowError),
        (lambda x: 1.0 * x**-1, 0.0, ZeroDivisionError),
    ],
)
def test_where_a_value_fails_a_number_fails_alike(
    operation: Callable[[Any], Any], a: float, error: type[Exception]
) -> None:
    for kind in (Number, VALUE):
        with pytest.raises(error):
            operation(kind(a))


@STEPS
def test_a_number_has_every_operation_that_a_value_has(step: int) -> None:
    value = lesson(step).load(["autograd"], {"math": math})["Value"]
    graph = {"visit", "backward", "grad", "children", "local_grads"}
    assert set(vars(value)) - graph <= set(vars(Number)) | {"__weakref__"}


class Drawn:
    """Stands in for `random`: the same weights for whoever asks."""

    def __init__(self) -> None:
        self.count = 0

    def gauss(self, mu: float, sigma: float) -> float:
        self.count += 1
        return sigma * math.sin(self.count)


@STEPS
def test_a_forward_pass_gives_the_same_loss_to_the_bit(step: int) -> None:
    sections = ["parameters", "model", "loss of a document"]
    given = {"math": math, "vocab_size": 6, "Value": VALUE}
    numbers = {"n_embd": 8, "init_std": 0.5}
    spaces = [
        lesson(step).load(
            sections, {**given, "Value": kind, "random": Drawn()}, numbers
        )
        for kind in (VALUE, Number)
    ]
    tokens = [5, 0, 3, 3, 1, 5]
    losses = [space["forward"](tokens, 5) for space in spaces]
    assert isinstance(losses[1], Number) and not isinstance(losses[0], Number)
    assert losses[0].data == losses[1].data
