"""CPython's random numbers in C, with its state to take over and to hand back."""

import ctypes
import random as python_random
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassgpt.errors import invalid
from glassgpt.kernel.bindings.arguments import (
    Floats,
    Ints,
    address,
    floats,
    ints,
    number,
    whole,
)
from glassgpt.kernel.bindings.library import open_library, struct

_VERSION = 3  # of the state that random.Random gives and takes
_WORDS = 624


class Random:
    """Like `random.Random`: the same seed or state gives the same numbers."""

    def __init__(self, seed: int = 0) -> None:
        self._call: Any = open_library("float64").call
        self._state: Any = struct("glassgpt_random")()
        self.seed(seed)

    @classmethod
    def like(cls, rng: python_random.Random) -> "Random":
        """One that goes on from the state of Python's."""
        made = cls()
        made.setstate(rng.getstate())
        return made

    @property
    def address(self) -> int:
        """Where its state is, for C."""
        return ctypes.addressof(self._state)

    def seed(self, seed: int) -> None:
        """Begin anew, as random.seed(seed) does."""
        left = abs(whole("seed", seed, -(2**4096), 2**4096))
        words = [
            left >> 32 * i & 0xFFFFFFFF for i in range(-(-left.bit_length() // 32))
        ]
        digits = (ctypes.c_uint32 * max(1, len(words)))(*words)
        self._call.random_seed(self.address, digits, len(digits))

    def getstate(self) -> tuple[int, tuple[int, ...], float | None]:
        """The state, as random.Random.getstate gives it."""
        state = self._state
        gauss = float(state.gauss_next) if state.has_gauss else None
        return _VERSION, (*state.words, state.index), gauss

    def setstate(self, state: Sequence[Any]) -> None:
        """Take a state of random.Random. Raises UsageError for anything else."""
        try:
            version, words, gauss = state
            self._set(version, words, gauss)
        except (TypeError, ValueError, OverflowError):
            why = "it is not what random.getstate() gives"
            raise invalid("random state", type(state).__name__, why) from None

    def hand_back(self, rng: python_random.Random) -> None:
        """Let Python's generator go on from here."""
        rng.setstate(self.getstate())

    def random(self) -> float:
        """A number from 0 to below 1."""
        return float(self._call.random_random(self.address))

    def gauss(self, mu: float, sigma: float, count: int) -> Floats:
        """`count` numbers of the normal distribution: (count,)."""
        numbers = np.empty(whole("count", count), np.float64)
        mu, sigma = number("mu", mu), number("sigma", sigma)
        self._call.random_gauss(self.address, mu, sigma, address(numbers), count)
        return numbers

    def shuffled(self, count: int) -> Ints:
        """0 to count - 1 in the order that random.shuffle would give: (count,)."""
        items = np.arange(whole("count", count), dtype=np.int32)
        self._call.random_shuffle(self.address, address(items), count)
        return items

    def choice(self, weights: object) -> tuple[int, Floats, float]:
        """An index drawn by weights (n,), their running sums (n,), the number drawn.

        The index is that of random.choices. Raises UsageError for weights that do not
        add up to a positive number, or are below 0.
        """
        given = floats("weights", weights)
        if not given.size or np.any(given < 0) or not 0 < given.sum() < np.inf:
            why = "none may be below 0, and their sum must be finite and above 0"
            raise invalid("weights", "array", why)
        sums, drawn = np.empty_like(given), ctypes.c_double()
        index = self._call.random_choice(
            self.address, address(given), len(given), address(sums), ctypes.byref(drawn)
        )
        return int(index), sums, drawn.value

    def _set(self, version: int, words: Sequence[int], gauss: float | None) -> None:
        if version != _VERSION or len(words) != _WORDS + 1:
            raise ValueError
        stirred = np.asarray(words[:-1], dtype=np.uint32)
        index = int(ints("index", [words[-1]], 0, _WORDS)[0])
        ctypes.memmove(self._state.words, stirred.ctypes.data, 4 * _WORDS)
        self._state.index = index
        self._state.has_gauss = gauss is not None
        self._state.gauss_next = gauss or 0.0
