"""The first weights, from the same generator as every other engine's."""

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from glassgpt.errors import GlassGPTError
from glassgpt.kernel.bindings.random import Random

Matrix = npt.NDArray[np.float64]


def drawn(
    shapes: Mapping[str, tuple[int, int]], init_std: float, rng: random.Random
) -> Iterator[tuple[str, Matrix]]:
    """Each matrix as it is drawn: `rng.gauss(0, init_std)` row by row.

    In C where the kernel is built, and then a hundred times as fast; once all are
    taken, `rng` goes on from there.
    """
    generator = _in_c(rng)
    for name, shape in shapes.items():
        count = math.prod(shape)
        if generator:
            yield name, generator.gauss(0, init_std, count).reshape(shape)
        else:
            numbers = (rng.gauss(0, init_std) for _ in range(count))
            yield name, np.fromiter(numbers, np.float64, count).reshape(shape)
    if generator:
        generator.hand_back(rng)


def _in_c(rng: random.Random) -> Any:
    try:
        return Random.like(rng)
    except GlassGPTError:
        return None
