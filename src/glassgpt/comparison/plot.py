"""A comparison as a picture: loss curves, held-out dots, baselines, direct labels.

One SVG that needs nothing else. It brings its paper with it, light or dark as the
reader's system asks, and says in words what it shows.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from glassgpt.comparison.experiment import TITLES, Comparison, Outcome, memory
from glassgpt.comparison.labels import lanes, spread, thinned
from glassgpt.curves import smooth
from glassgpt.formatting import format_number

PAPER, INK, MUTED = (
    ("#ffffff", "#16181d"),
    ("#1b1d22", "#eceae6"),
    ("#595d65", "#a3a8b1"),
)
# of steps 0 to 5, on light and on dark: apart for every kind of colour vision;
# 1 and 2 are the same numbers
COLOURS = (
    ("#2e2e2e", "#787878"),
    ("#b56ae7", "#d8b2f5"),
    ("#b56ae7", "#d8b2f5"),
    ("#0d8d82", "#c1fec2"),
    ("#4042bf", "#4c7df7"),
    ("#c2410c", "#ff8f5c"),
)
# dots of a curve, and places along its line: more would not be seen
_DOTS, _PLACES = 200, 400
_LANE = 11.0  # between two dots
_GAP = 18.0  # between two labels, in pixels
_LETTER = 7.2  # the width of a letter of 13 pixels, at most
# a loss this many times the uniform one is out of the picture, and it says so
_OUT = 2.0


def draw(comparison: Comparison, width: int = 960, height: int = 660) -> str:
    """An SVG of `width` by `height` pixels; below 600 the labels are short."""
    return "".join(_Picture(comparison, width, height).parts())


@dataclass(frozen=True)
class Label:
    """Words in the margin, beside the loss that they belong to."""

    text: str
    loss: float
    mark: str  # the class of its line: c0 to c5, or "base"


class _Picture:
    """Where everything goes, and each part of the drawing."""

    def __init__(self, comparison: Comparison, width: int, height: int) -> None:
        self.comparison = comparison
        self.width, self.height = width, height
        self.groups = comparison.groups()
        evaluation = comparison.evaluation
        vocab_size = comparison.outcomes[0].record.model.vocab_size
        self.baselines: Mapping[str, float] = {"uniform": math.log(vocab_size)}
        if evaluation:
            self.baselines = evaluation.baselines
        self.labels = sorted(self._labels(), key=lambda label: -label.loss)
        longest = max(len(label.text) for label in self.labels)
        self.left, self.top, self.bottom = 40.0, 44.0, height - 44.0
        self.low, self.high = self._range()
        dots = [self._y(x.loss) for x in self.labels if x.mark != "base"]
        self.lanes = lanes(dots, _LANE)
        self.text = width - 6 - _LETTER * longest
        self.right = self.text - 26 - _LANE * (1 + max(self.lanes, default=0))

    def parts(self) -> Iterator[str]:
        """The elements of the picture, from behind to before."""
        title, words = _title(self.comparison), _in_words(self.comparison)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="gg" role="img" '
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="system-ui, sans-serif" '
            f'font-size="13" color="{INK[0]}" fill="currentColor">'
            f"<title>{escape(title)}</title><desc>{escape(words)}</desc>{_STYLE}"
            f'<rect class="paper" width="100%" height="100%" fill="{PAPER[0]}"/>'
        )
        yield from self._axes()
        yield from self._dashes()
        for group in self.groups:
            yield self._dots(group[0])
        for group in self.groups:
            yield self._curve(group[0])
        yield from self._stops()
        yield from self._margin()
        yield "</svg>"

    def _range(self) -> tuple[float, float]:
        """From below the lowest to above the highest loss, in halves."""
        outcomes = [group[0] for group in self.groups]
        losses = [x.losses[i] for x in outcomes for i in self._dotted(x)]
        losses += [loss for x in outcomes for loss in self._averages(x)]
        ceiling = _OUT * self.baselines["uniform"]
        drawn = [x for x in losses if x <= ceiling] + [x.loss for x in self.labels]
        low, high = math.floor(min(drawn) * 2) / 2, math.ceil(max(drawn) * 2) / 2
        return low, max(high, low + 0.5)

    def _x(self, step: int) -> float:
        """Where a step stands, counted from 0."""
        last = max(1, self.comparison.num_steps - 1)
        return self.left + (self.right - self.left) * step / last

    def _y(self, loss: float) -> float:
        share = (loss - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def _labels(self) -> Iterator[Label]:
        short = self.width < 600
        for group in self.groups:
            loss = _end(group[0])
            if loss is None:
                continue
            numbers = " = ".join(str(outcome.step) for outcome in group)
            name = numbers if short else f"{numbers} {group[0].title}"
            yield Label(f"{name} {format_number(loss)}", loss, f"c{group[0].step}")
        for name, loss in self.baselines.items():
            yield Label(f"{name} {format_number(loss)}", loss, "base")

    def _axes(self) -> Iterator[str]:
        ticks = round((self.high - self.low) * 2)
        each = max(1, math.ceil(ticks * 22 / (self.bottom - self.top)))
        for i in range(0, ticks + 1, each):
            loss = self.low + i / 2
            yield _text(format_number(loss, 1), self.left - 8, self._y(loss) + 4, "end")
        yield _line(self.left, self.top, self.left, self.bottom, "axis")
        yield _line(self.left, self.bottom, self.right, self.bottom, "axis")
        last = self.comparison.num_steps
        under = self.bottom + 20
        yield _text("step 1", self.left, under)
        yield _text(format_number(last, 0), self.right, under, "end")
        yield _text("loss in nats a token", 8, 22)
        kind = "held-out" if self.comparison.evaluation else "smoothed"
        yield _text(f"{kind} loss", self.text, 22)

    def _dashes(self) -> Iterator[str]:
        for loss in self.baselines.values():
            yield _line(self.left, self._y(loss), self.right, self._y(loss), "base")

    def _dotted(self, outcome: Outcome) -> range:
        """The steps that have a dot: for each curve others, so that few coincide."""
        stride = max(1, math.ceil(len(outcome.losses) / _DOTS))
        return thinned(len(outcome.losses), _DOTS, outcome.step * stride // 6)

    def _averages(self, outcome: Outcome) -> list[float]:
        return smooth(outcome.losses, memory(self.comparison.num_steps))

    def _dots(self, outcome: Outcome) -> str:
        path = "".join(
            f"M{self._x(i):.1f} {self._y(outcome.losses[i]):.1f}h0"
            for i in self._dotted(outcome)
            if outcome.losses[i] <= self.high
        )
        return f'<path class="dots c{outcome.step}" d="{path}"/>'

    def _line(self, outcome: Outcome) -> list[tuple[float, float]]:
        """The points of the average so far, as far as it is inside the picture."""
        averages = self._averages(outcome)
        last = [len(averages) - 1] if averages else []
        places = dict.fromkeys([*thinned(len(averages), _PLACES), *last])
        inside = itertools.takewhile(lambda i: averages[i] <= self.high, places)
        return [(self._x(i), self._y(averages[i])) for i in inside]

    def _curve(self, outcome: Outcome) -> str:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in self._line(outcome))
        return f'<path class="curve c{outcome.step}" d="M{path}"/>' if path else ""

    def _stops(self) -> Iterator[str]:
        """Where a loss stopped being a number, the curve says so."""
        ends = sorted(
            (*self._line(group[0])[-1][::-1], group[0].step)
            for group in self.groups
            if group[0].diverged and self._line(group[0])
        )
        beside = spread([y for y, _, _ in ends], _GAP, self.top, self.bottom)
        for (_, x, step), y in zip(ends, beside, strict=True):
            yield _text(f"{step} {TITLES[step]} diverged", x + 8, y + 4, kind="strong")

    def _margin(self) -> Iterator[str]:
        """Held-out dots at the right edge, and a label for each line."""
        places = [self._y(label.loss) for label in self.labels]
        spread_out = spread(places, _GAP, self.top, self.bottom)
        free, dots = iter(self.lanes), []
        for label, y, beside in zip(self.labels, places, spread_out, strict=True):
            x, kind = self.right, "strong"
            if label.mark == "base":
                kind = "muted"
            else:
                x += _LANE * (next(free) + 1)
                dots.append(_dot(x, y, label.mark))
            yield _lead(label.mark, x, y, self.text - 22, self.text - 5, beside)
            yield _text(label.text, self.text, beside + 4.5, kind=kind)
        yield from dots


def _end(outcome: Outcome) -> float | None:
    return outcome.evaluation.loss if outcome.evaluation else outcome.smoothed


def _text(text: str, x: float, y: float, anchor: str = "start", kind: str = "") -> str:
    return (
        f'<text class="{kind or "muted"}" x="{x:.1f}" y="{y:.1f}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _dot(x: float, y: float, mark: str) -> str:
    return f'<circle class="{mark}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


def _lead(mark: str, x: float, y: float, bend: float, end: float, beside: float) -> str:
    """From a dot or a dashed line to its label: level, then aslant."""
    path = f"M{x:.1f} {y:.1f}L{bend:.1f} {y:.1f}L{end:.1f} {beside:.1f}"
    return f'<path class="lead {mark}" d="{path}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _title(comparison: Comparison) -> str:
    steps = format_number(comparison.num_steps, 0)
    return f"Loss of {len(comparison.outcomes)} lessons over {steps} training steps"


def _in_words(comparison: Comparison) -> str:
    """What the picture shows, for those who do not see it."""
    ends = ", ".join(
        f"step {outcome.step} {outcome.title} {format_number(end)}"
        for outcome in comparison.outcomes
        if (end := _end(outcome)) is not None
    )
    what = "Held-out losses" if comparison.evaluation else "Smoothed losses at the end"
    lines = [f"{what}, in nats a token: {ends}."]
    if comparison.evaluation:
        baselines = ", ".join(
            f"{name} {format_number(loss)}"
            for name, loss in comparison.evaluation.baselines.items()
        )
        lines.append(f"Baselines, as dashed lines: {baselines}.")
    each = max(1, math.ceil(comparison.num_steps / _DOTS))
    every = "every loss" if each == 1 else f"one loss in {each}"
    lines.append(f"Lines are smoothed losses, dots are {every}.")
    return " ".join(lines)


def _style() -> str:
    def rules(theme: int) -> str:
        lines = [f"svg.gg{{color:{INK[theme]}}}.gg .paper{{fill:{PAPER[theme]}}}"]
        lines.append(f".gg .muted{{fill:{MUTED[theme]}}}")
        lines.append(f".gg .axis,.gg .base{{stroke:{MUTED[theme]}}}")
        for step, colours in enumerate(COLOURS):
            lines.append(f".gg .c{step}{{stroke:{colours[theme]}}}")
            lines.append(f".gg circle.c{step}{{fill:{colours[theme]}}}")
        return "".join(lines)

    shapes = (
        ".gg path{fill:none}.gg text{font-variant-numeric:tabular-nums}"
        ".gg .curve{stroke-width:2;stroke-linejoin:round}"
        ".gg .dots{stroke-width:3;stroke-linecap:round;opacity:.4}"
        ".gg .axis{stroke-width:1}.gg .base{stroke-width:1;stroke-dasharray:4 4}"
        ".gg .lead{stroke-width:1.25}.gg .lead.base{stroke-dasharray:2 3}"
    )
    dark = f"@media screen and (prefers-color-scheme:dark){{{rules(1)}}}"
    return f"<style>{shapes}{rules(0)}{dark}</style>"


_STYLE = _style()
