"""The small operations, against the lessons' own and the definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.config import TrainConfig
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings import ops
from glassgpt.kernel.bindings.arguments import address
from glassgpt.kernel.bindings.library import open_library
from glassgpt.lessons import lesson

NUMBERS = st.floats(-50, 50)
VECTORS = st.lists(NUMBERS, min_size=1, max_size=9)
STEP1 = lesson(1).load(["model"], {"math": math, "state_dict": {}})


@given(data=st.data(), x=VECTORS, rows=st.integers(1, 5))
def test_linear_is_the_lessons(data: st.DataObject, x: list[float], rows: int) -> None:
    row = st.lists(NUMBERS, min_size=len(x), max_size=len(x))
    w = data.draw(st.lists(row, min_size=rows, max_size=rows))
    expected = STEP1["linear"](x, w)
    np.testing.assert_allclose(ops.linear(x, w), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(
        ops.linear(x, w, "float32"), expected, rtol=1e-4, atol=1e-2
    )


@given(logits=VECTORS, temperature=st.floats(0.05, 2))
def test_softmax_is_the_lessons(logits: list[float], temperature: float) -> None:
    expected = STEP1["softmax"]([logit / temperature for logit in logits])
    found = ops.softmax(logits, temperature)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-300)


@given(x=VECTORS)
def test_rmsnorm_makes_the_root_mean_square_one(x: list[float]) -> None:
    y, factor = ops.rmsnorm(x, 1e-5)
    mean = sum(xi * xi for xi in x) / len(x)
    assert factor == pytest.approx((mean + 1e-5) ** -0.5, rel=1e-12)
    np.testing.assert_allclose(y, np.array(x) * factor, rtol=1e-12)


@given(p=st.floats(1e-300, 1))
def test_surprise_is_minus_ln_p(p: float) -> None:
    assert ops.surprisal(p) == pytest.approx(-math.log(p), abs=1e-15)


@given(x=VECTORS, beta=st.floats(0, 0.999))
def test_a_moving_average_starts_at_nothing_and_is_made_up_for(
    x: list[float], beta: float
) -> None:
    found, corrected = ops.moving_average(x, beta), ops.moving_average(x, beta, True)
    average = 0.0
    for t, number in enumerate(x):
        average = beta * average + (1 - beta) * number
        assert found[t] == pytest.approx(average, rel=1e-12, abs=1e-12)
        made_up = average / (1 - beta ** (t + 1))
        assert corrected[t] == pytest.approx(made_up, rel=1e-9, abs=1e-9)


def test_an_adam_step_is_the_lessons() -> None:
    class Parameter:
        def __init__(self, data: float, grad: float) -> None:
            self.data, self.grad = data, grad

    w, g = [0.5, -0.2, 0.0], [0.1, -3.0, 0.0]
    cells = [Parameter(*pair) for pair in zip(w, g, strict=True)]
    numbers = {"beta1": 0.85, "beta2": 0.99, "eps_adam": 1e-8}
    space = lesson(5).load(["update"], {"params": cells}, numbers)
    m, v = [0.0] * 3, [0.0] * 3
    train = TrainConfig(num_steps=10)
    for step in range(10):
        for cell, grad in zip(cells, g, strict=True):
            cell.grad = grad
        space["update"](0.01 * (1 - step / 10), step)
        w, m, v = ops.optimizer_step(train, step, w, g, m, v)
        np.testing.assert_allclose(w, [cell.data for cell in cells], rtol=1e-12)
        np.testing.assert_allclose(m, space["m"], rtol=1e-12)
        np.testing.assert_allclose(v, space["v"], rtol=1e-12)


def test_the_callers_numbers_stay_as_they_are() -> None:
    w, zeros = np.array([1.0, 2.0]), np.zeros(2)
    ops.optimizer_step(TrainConfig(), 0, w, np.ones(2), zeros, zeros)
    assert w.tolist() == [1, 2]
    assert not zeros.any()


def test_numbers_that_do_not_fit_are_refused() -> None:
    for ask in (
        lambda: ops.linear([1, 2], [[1, 2, 3]]),
        lambda: ops.linear([], [[]]),
        lambda: ops.linear("ab", [[1, 2]]),
        lambda: ops.softmax([]),
        lambda: ops.softmax([1], 0),
        lambda: ops.rmsnorm([[1]]),
        lambda: ops.rmsnorm([1], -1),
        lambda: ops.surprisal(0),
        lambda: ops.surprisal(2),
        lambda: ops.moving_average([1], 1.0),
        lambda: ops.optimizer_step(TrainConfig(), 0, [1], [1, 2], [0], [0]),
        lambda: ops.optimizer_step(TrainConfig(), 1000, [1], [1], [0], [0]),
    ):
        with pytest.raises(UsageError):
            ask()


def test_a_peak_counts_what_it_computes_and_refuses_what_is_not_there() -> None:
    for dtype in ("float64", "float32"):
        call, sums = open_library(dtype).call, np.zeros(12, dtype)
        best = call.best_isa()
        for isa in range(1, best + 1):
            once = call.peak(isa, 1, address(sums))
            assert once % 24 == 0 and once >= 24 * 2
            lanes = once / 24
            kept = np.arange(12) * 0.999 + 0.001
            np.testing.assert_allclose(sums, lanes * kept, rtol=1e-6)
            assert call.peak(isa, 7, address(sums)) == 7 * once
        assert call.peak(0, 7, address(sums)) == 0
        assert call.peak(best + 1, 7, address(sums)) == 0
