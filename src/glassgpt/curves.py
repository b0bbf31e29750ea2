"""Loss curves: smoothed, as a line of characters, and as a picture."""

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from glassgpt.formatting import format_number

_BARS = "▁▂▃▄▅▆▇█"


class Smoother:
    """The exponential average of the losses so far, unbiased at the start."""

    def __init__(self, memory: float = 0.95) -> None:
        self._memory, self._total, self._weight = memory, 0.0, 0.0

    def add(self, loss: float) -> float:
        """Take in one more loss and return the average."""
        self._total = self._memory * self._total + (1 - self._memory) * loss
        self._weight = self._memory * self._weight + (1 - self._memory)
        return self._total / self._weight


def smooth(losses: Sequence[float], memory: float = 0.95) -> list[float]:
    """The average after each of the losses."""
    smoother = Smoother(memory)
    return [smoother.add(loss) for loss in losses]


def sparkline(
    losses: Sequence[float],
    width: int = 32,
    between: tuple[float, float] | None = None,
) -> str:
    """Losses as `width` characters at most, the largest highest.

    `between` is what the lowest and the highest character stand for, so that several
    lines can be compared; by default the smallest and the largest mean.
    """
    means = _thinned(losses, width)
    if not means:
        return ""
    low, high = between or (min(means), max(means))
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    heights = (round((min(max(mean, low), high) - low) * scale) for mean in means)
    return "".join(_BARS[height] for height in heights)


def loss_curve(losses: Sequence[float], vocab_size: int) -> str:
    """An SVG of 640 by 240: each loss faint, their average strong, ln(vocab) dashed.

    It takes its colours from the page, so that it reads on light and on dark.
    """
    if not losses:
        return "<p>No training step yet.</p>"
    uniform = math.log(vocab_size)
    low, high = min(*losses, uniform) * 0.95, max(*losses, uniform) * 1.05

    def place(values: Sequence[float]) -> str:
        across = 560 / max(1, len(values) - 1)
        return " ".join(
            f"{50 + i * across:.1f},{200 - 180 * (y - low) / (high - low):.1f}"
            for i, y in enumerate(values)
        )

    averages = smooth(losses)
    height = place([uniform]).partition(",")[2]
    title = escape(
        f"Loss over {format_number(len(losses), 0)} steps: "
        f"from {format_number(averages[0])} to {format_number(averages[-1])}, smoothed"
    )
    return (
        f'<svg viewBox="0 0 640 240" role="img" aria-label="{title}" width="640" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13" '
        f'fill="currentColor" stroke-width="1.5"><title>{title}</title>'
        + _line(place(losses), stroke="currentColor", stroke_opacity="0.25")
        + _line(
            f"50,{height} 610,{height}", stroke="currentColor", stroke_dasharray="4"
        )
        + _line(place(averages), stroke="#c2410c", stroke_width="2.5")
        + f'<text x="612" y="{height}" font-size="12">uniform</text>'
        + f'<text x="44" y="24" text-anchor="end">{format_number(high, 1)}</text>'
        + f'<text x="44" y="200" text-anchor="end">{format_number(low, 1)}</text>'
        + '<text x="50" y="225">step 1</text>'
        + '<text x="610" y="225" text-anchor="end">'
        + f"{format_number(len(losses), 0)}</text></svg>"
    )


def _line(points: str, **style: str) -> str:
    marks = " ".join(f'{k.replace("_", "-")}="{v}"' for k, v in style.items())
    return f'<polyline points="{points}" fill="none" {marks}/>'


def _thinned(values: Sequence[float], width: int) -> list[float]:
    """At most `width` means over equal stretches."""
    count = min(width, len(values))
    cuts = [round(i * len(values) / count) for i in range(count + 1)] if count else []
    return [sum(values[start:end]) / (end - start) for start, end in pairwise(cuts)]
