"""How likely counts are when they were drawn with these probabilities."""

import math
from collections.abc import Sequence

FEWEST = 5.0  # expected in a cell, so that the test holds


def survival(x: float, freedom: int) -> float:
    """The probability that chi-squared with so many degrees of freedom exceeds x."""
    half = x / 2
    if freedom % 2 == 0:
        terms = (half**i / math.factorial(i) for i in range(freedom // 2))
        return math.exp(-half) * math.fsum(terms)
    powers = (
        half ** (i - 0.5) / math.gamma(i + 0.5) for i in range(1, freedom // 2 + 1)
    )
    return math.erfc(math.sqrt(half)) + math.exp(-half) * math.fsum(powers)


def p_value(counts: Sequence[float], probs: Sequence[float]) -> float:
    """Pearson's test: cells in which few are expected are taken together."""
    total = sum(counts)
    cells = sorted((total * p, count) for p, count in zip(probs, counts, strict=True))
    pooled: list[tuple[float, float]] = []
    for expected, count in cells:
        if pooled and pooled[-1][0] < FEWEST:
            few, seen = pooled.pop()
            expected, count = expected + few, count + seen
        pooled.append((expected, count))
    chi = math.fsum((count - expected) ** 2 / expected for expected, count in pooled)
    return survival(chi, len(pooled) - 1)
