"""Where things go in a picture so that none covers another."""

import math
from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart, from `low` to `high`, as near as can be to `wanted`.

    `wanted` is in rising order. Where there is no room they go on past `high`.
    """
    blocks: list[tuple[float, int]] = []  # the mean of what each wants, and how many
    for i, place in enumerate(wanted):
        mean, count = place - i * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean = (before * many + mean * count) / (many + count)
            count += many
        blocks.append((mean, count))
    top = max(low, high - (len(wanted) - 1) * gap)
    bases = [min(max(mean, low), top) for mean, count in blocks for _ in range(count)]
    return [base + i * gap for i, base in enumerate(bases)]


def lanes(places: Sequence[float], apart: float) -> list[int]:
    """In which lane each dot goes so that those in one are `apart`; `places` rise."""
    ends: list[float] = []
    chosen = []
    for place in places:
        free = (i for i, end in enumerate(ends) if place - end >= apart)
        lane = next(free, len(ends))
        ends[lane : lane + 1] = [place]
        chosen.append(lane)
    return chosen


def thinned(count: int, most: int, first: int = 0) -> range:
    """At most `most` of the numbers below `count`, evenly spaced."""
    stride = max(1, math.ceil(count / most))
    return range(first % stride, count, stride)
