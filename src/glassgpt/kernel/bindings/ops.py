"""The models' small operations on one's own numbers, computed by the kernel."""

import ctypes
from typing import Any

import numpy as np

from glassgpt.config import TrainConfig
from glassgpt.errors import invalid
from glassgpt.kernel.bindings.arguments import (
    Floats,
    Reals,
    address,
    floats,
    number,
    reals,
    whole,
)
from glassgpt.kernel.bindings.library import open_library
from glassgpt.kernel.bindings.train import settings


def linear(x: object, w: object, dtype: str = "float64") -> Reals:
    """y = w x: x (columns,), w (rows, columns), y (rows,)."""
    rows, columns = _matrix_shape(w)
    xs = reals("x", x, dtype, (columns,))
    ws = reals("w", w, dtype, (rows, columns))
    y = np.empty(rows, dtype)
    _call(dtype).linear(address(y), address(xs), address(ws), rows, columns)
    return y


def softmax(logits: object, temperature: float = 1.0, dtype: str = "float64") -> Reals:
    """softmax(logits / temperature): (n,) to (n,), n at least 1."""
    given = _vector("logits", logits, dtype)
    temperature = number("temperature", temperature, 1e-6, 1e6)
    probs = np.empty_like(given)
    _call(dtype).softmax(address(probs), address(given), len(given), temperature)
    return probs


def rmsnorm(
    x: object, eps: float = 1e-5, dtype: str = "float64"
) -> tuple[Reals, float]:
    """x (mean(x^2) + eps)^-0.5, and that factor: (n,), n at least 1."""
    given = _vector("x", x, dtype)
    y = np.empty_like(given)
    eps = number("eps", eps, 0)
    factor = _call(dtype).rmsnorm(address(y), address(given), len(given), eps)
    return y, float(factor)


def surprisal(p: float) -> float:
    """-ln p, for p above 0, at most 1."""
    return float(_call("float64").surprisal(number("p", p, 5e-324, 1)))


def moving_average(numbers: object, beta: float, corrected: bool = False) -> Floats:
    """a = beta a + (1 - beta) x from 0 on; corrected: divided by 1 - beta^t. (n,)"""
    given = floats("numbers", numbers)
    averages, beta = np.empty_like(given), number("beta", beta, 0, 0.999999)
    _call("float64").moving_average(
        address(averages), address(given), len(given), beta, int(corrected)
    )
    return averages


def optimizer_step(
    train: TrainConfig,
    step: int,
    w: object,
    g: object,
    m: object,
    v: object,
    bias_correction: bool = True,
    dtype: str = "float64",
) -> tuple[Reals, Reals, Reals]:
    """One update of weights w by gradients g: the new w, m and v. All (n,)."""
    ws = _vector("w", w, dtype)
    gs, ms, vs = (
        reals(name, values, dtype, ws.shape)
        for name, values in (("g", g), ("m", m), ("v", v))
    )
    step = whole("step", step, 0, train.num_steps - 1)
    how = settings(train, bias_correction)
    _call(dtype).optimizer_step(
        ctypes.addressof(how), step, address(ws), address(gs), address(ms), address(vs),
        len(ws),
    )  # fmt: skip
    return ws, ms, vs


def _call(dtype: str) -> Any:
    return open_library(dtype).call


def _vector(name: str, values: Any, dtype: str) -> Reals:
    shape = np.shape(values)
    if len(shape) != 1 or not shape[0]:
        raise invalid(name, values, "it must be a list of numbers, one at least")
    return reals(name, values, dtype, shape)


def _matrix_shape(w: Any) -> tuple[int, int]:
    shape = np.shape(w)
    if len(shape) != 2 or 0 in shape:
        raise invalid("w", "array", f"its shape is {shape}, not (rows, columns)")
    return shape[0], shape[1]
