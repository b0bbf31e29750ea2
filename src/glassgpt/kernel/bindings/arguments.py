"""Checking what is about to be handed to C: it gets arrays that it may trust."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from glassgpt.errors import DataError, invalid, unknown
from glassgpt.kernel.bindings.library import constants

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[Any]

_LARGEST = 2**31 - 1


def whole(name: str, value: object, low: int = 0, high: int = _LARGEST) -> int:
    """`value` as an int within the limits. Raises UsageError."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise invalid(name, value, "it must be a whole number") from None
    if not low <= number <= high:
        raise invalid(name, value, f"it must be from {low} to {high}")
    return number


def number(
    name: str, value: object, low: float = -np.inf, high: float = np.inf
) -> float:
    """`value` as a finite float within the limits. Raises UsageError."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise invalid(name, value, "it must be a number") from None
    if not np.isfinite(found) or not low <= found <= high:
        raise invalid(name, value, f"it must be finite, from {low:g} to {high:g}")
    return found


def ints(name: str, values: object, low: int, high: int) -> Ints:
    """`values` as a contiguous int32 array, from low to high. Raises UsageError."""
    try:
        found = np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise invalid(name, values, str(error)) from None
    if found.size == 0:
        found = found.astype(np.int32)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise invalid(name, values, "it must be a list of whole numbers")
    if found.size > _LARGEST:
        raise invalid(name, f"{found.size} numbers", f"{_LARGEST} are the most")
    bad = np.flatnonzero((found < low) | (found > high))
    if bad.size:
        raise invalid(name, found[bad[0]], f"it must be from {low} to {high}")
    return np.ascontiguousarray(found, dtype=np.int32)


def tokens(values: object, vocab_size: int, least: int = 2) -> Ints:
    """Token ids, all in the vocabulary, at least so many. Raises UsageError."""
    found = ints("token", values, 0, vocab_size - 1)
    if len(found) < least:
        why = f"it takes {least} at least, BOS included"
        raise invalid("tokens", values, why, error=DataError)
    return found


def reals(name: str, values: object, dtype: Any, shape: Sequence[int]) -> Reals:
    """`values` as a contiguous array of that shape, a copy. Raises UsageError."""
    try:
        found = np.array(values, dtype=dtype, order="C")
    except (TypeError, ValueError) as error:
        raise invalid(name, values, str(error)) from None
    if found.shape != tuple(shape):
        why = f"its shape is {found.shape}, not {tuple(shape)}"
        raise invalid(name, "array", why)
    return found


def floats(name: str, values: object) -> Floats:
    """`values` as a one-dimensional float64 array, a copy. Raises UsageError."""
    try:
        found = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise invalid(name, values, str(error)) from None
    if found.ndim != 1:
        raise invalid(name, "array", f"it has {found.ndim} axes, not 1")
    return found


def flags(prefix: str, names: Iterable[str]) -> int:
    """Names such as "mask" as the sum of the header's constants WITHOUT_MASK, ..."""
    known = {
        name.removeprefix(prefix).lower(): value
        for name, value in constants().items()
        if name.startswith(prefix)
    }
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in known:
            raise unknown(prefix.strip("_").lower(), name, known)
    return sum(known[name] for name in set(names))


def address(array: npt.NDArray[Any] | None) -> int | None:
    """Where an array's numbers are; None for no array."""
    return None if array is None else array.ctypes.data
