"""The picture: nothing clipped, nothing overlapping, legible in every light."""

import itertools
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from operator import mul
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassgpt.comparison.experiment import Comparison, Outcome
from glassgpt.comparison.labels import lanes, spread, thinned
from glassgpt.comparison.plot import COLOURS, INK, MUTED, PAPER, draw
from glassgpt.config import preset
from glassgpt.data.documents import Corpus
from glassgpt.errors import DivergedError
from glassgpt.evaluation import Evaluation

SVG = "{http://www.w3.org/2000/svg}"
BASELINES = {"uniform": math.log(27), "letter": 2.8, "bigram": 2.49, "trigram": 2.39}
ENDS = (2.4946, 2.5213, 2.5213, 2.3766, 2.3817, 2.3591)
PLACES = st.lists(st.floats(0, 600), max_size=12).map(sorted)


def outcome(step: int, losses: list[float], end: float | None, **more: Any) -> Outcome:
    """A lesson that nobody trained."""
    measured = None if end is None else Evaluation(end, 500, 3552, BASELINES)
    record = preset(f"step{step}").with_settings(num_steps=more.pop("num_steps", 1000))
    return Outcome(record, "reference", losses, measured, [], **more)


def noisy(step: int, count: int) -> list[float]:
    """Losses that fall from 3.3 to 2.4 and jump about; those of 1 and 2 are equal."""
    step = 1 if step == 2 else step
    return [
        2.4 + 0.9 * math.exp(-i / 60) + 0.7 * math.sin(12.9 * i + step)
        for i in range(count)
    ]


def six(count: int = 1000, ends: tuple[float | None, ...] = ENDS) -> Comparison:
    """All lessons over so many steps."""
    outcomes = [
        outcome(step, noisy(step, count), end, num_steps=count)
        for step, end in enumerate(ends)
    ]
    return Comparison(outcomes, Corpus("names", ("anna",), 0, "0" * 64), 0.1)


def of(comparison: Comparison, **size: int) -> ET.Element:
    """The picture as a tree."""
    return ET.fromstring(draw(comparison, **size))


def points(path: str) -> list[tuple[float, float]]:
    """The places that a path's M and L name."""
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)
    return [(float(x), float(y)) for x, y in found]


def paths(root: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    """The points of every path of a class."""
    return [
        points(path.get("d", ""))
        for path in root.iter(f"{SVG}path")
        if kind in path.get("class", "").split()
    ]


def texts(root: ET.Element) -> list[tuple[str, float, float, str]]:
    """What is written, where, and to which side it goes."""
    return [
        (
            text.text or "",
            float(text.get("x", 0)),
            float(text.get("y", 0)),
            text.get("text-anchor", ""),
        )
        for text in root.iter(f"{SVG}text")
    ]


@given(PLACES, st.floats(1, 40))
def test_places_are_spread_apart_in_order_and_inside_where_there_is_room(
    wanted: list[float], gap: float
) -> None:
    found = spread(wanted, gap, 0, 600)
    assert len(found) == len(wanted)
    assert all(b - a >= gap - 1e-6 for a, b in itertools.pairwise(found))
    if found and (len(found) - 1) * gap <= 600:
        assert found[0] >= -1e-6 and found[-1] <= 600 + 1e-6


@given(PLACES)
def test_places_that_are_apart_already_stay(wanted: list[float]) -> None:
    if all(b - a >= 18 for a, b in itertools.pairwise(wanted)):
        assert spread(wanted, 18, 0, 600) == pytest.approx(wanted)


def test_places_move_no_further_than_they_must() -> None:
    assert spread([100, 100], 10, 0, 600) == [95, 105]
    assert spread([100, 103, 300], 10, 0, 600) == pytest.approx([96.5, 106.5, 300])
    assert spread([], 10, 0, 600) == []


@given(PLACES)
def test_dots_in_one_lane_never_touch(places: list[float]) -> None:
    chosen = lanes(places, 11)
    for lane in set(chosen):
        inside = [p for p, which in zip(places, chosen, strict=True) if which == lane]
        assert all(b - a >= 11 for a, b in itertools.pairwise(inside))


@given(st.integers(0, 50_000), st.integers(1, 400), st.integers(0, 400))
def test_thinning_keeps_at_most_so_many(count: int, most: int, first: int) -> None:
    assert len(thinned(count, most, first)) <= most


@pytest.mark.parametrize(("width", "height"), [(960, 660), (360, 560)])
@pytest.mark.parametrize("count", [1, 2, 30, 1000])
def test_nothing_is_outside_the_picture(width: int, height: int, count: int) -> None:
    root = of(six(count), width=width, height=height)
    for path in root.iter(f"{SVG}path"):
        assert points(path.get("d", ""))
        for x, y in points(path.get("d", "")):
            assert 2 <= x <= width - 2 and 2 <= y <= height - 2
    for text, x, y, anchor in texts(root):
        start, end = x, x + 7.2 * len(text)
        if anchor == "end":
            start, end = x - 7.2 * len(text), x
        assert start >= 0 and end <= width and 12 <= y <= height - 4


def test_no_loss_is_cut_off() -> None:
    comparison = six(100)
    dots = [p for path in paths(of(comparison), "dots") for p in path]
    assert len(dots) == 5 * 100
    assert min(y for _, y in dots) >= 2 and max(y for _, y in dots) <= 616


@pytest.mark.parametrize(("width", "height"), [(960, 660), (360, 560)])
@settings(max_examples=25)
@given(ends=st.tuples(*[st.floats(1, 4)] * 6))
def test_no_two_labels_overlap(
    width: int, height: int, ends: tuple[float, ...]
) -> None:
    written = texts(of(six(20, ends), width=width, height=height))
    margin = max(x for _, x, _, anchor in written if anchor == "start")
    heights = sorted(y for _, x, y, _ in written if x == margin)
    assert len(heights) == 5 + 4 + 1
    assert all(b - a >= 16 for a, b in itertools.pairwise(heights))


def test_each_line_is_labelled_with_its_held_out_loss_and_each_baseline_too() -> None:
    written = [text for text, *_ in texts(of(six()))]
    assert "1 = 2 gradient descent 2.5213" in written
    assert "5 Adam 2.3591" in written
    assert f"uniform {math.log(27):.4f}" in written
    assert {"letter 2.8000", "bigram 2.4900", "trigram 2.3900"} <= set(written)
    narrow = [text for text, *_ in texts(of(six(), width=360, height=560))]
    assert "1 = 2 2.5213" in narrow and "5 2.3591" in narrow


def test_a_lower_held_out_loss_has_a_lower_dot_at_the_right_edge() -> None:
    root = of(six())
    dots = {
        circle.get("class"): (float(circle.get("cx", 0)), float(circle.get("cy", 0)))
        for circle in root.iter(f"{SVG}circle")
    }
    assert set(dots) == {"c0", "c1", "c3", "c4", "c5"}
    by_loss = sorted(dots, key=lambda mark: -ENDS[int(mark[1])])
    assert sorted(dots, key=lambda mark: dots[mark][1]) == by_loss
    ends = [max(x for x, _ in path) for path in paths(root, "curve")]
    assert all(x > max(ends) for x, _ in dots.values())
    for (ax, ay), (bx, by) in itertools.combinations(dots.values(), 2):
        assert math.hypot(ax - bx, ay - by) >= 10


def test_dashed_lines_stand_where_the_losses_of_the_baselines_do() -> None:
    root = of(six())
    ticks = {float(text): y - 4 for text, x, y, _ in texts(root) if x == 32}
    (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
    across = [path for path in paths(root, "base") if len(path) == 2]
    found = sorted(
        low + (bottom - a[1]) * (high - low) / (bottom - top) for a, _ in across
    )
    assert found == pytest.approx(sorted(BASELINES.values()), abs=0.002)
    assert "stroke-dasharray" in draw(six())


def test_a_smoothed_line_starts_at_the_first_loss_and_crosses_the_dots() -> None:
    root = of(six())
    curve, dots = paths(root, "curve")[0], paths(root, "dots")[0]
    assert curve[0] == dots[0]
    assert len(dots) <= 200 and len(curve) <= 401
    swing = [max(y for _, y in p) - min(y for _, y in p[20:]) for p in (curve, dots)]
    assert swing[0] < swing[1]


def test_a_curve_that_diverges_says_so_where_it_stops() -> None:
    error = DivergedError(40, math.inf, 5.0)
    runaway = outcome(3, [3.3, 4.0, 9.0, 1e80], None, diverged=error)
    good = six().outcomes[:1]
    root = of(Comparison([*good, runaway], six().corpus, 0.1))
    assert "3 attention diverged" in [text for text, *_ in texts(root)]
    heights = [
        y for path in root.iter(f"{SVG}path") for _, y in points(path.get("d", ""))
    ]
    assert min(heights) >= 2 and max(heights) <= 658


def test_without_held_out_losses_the_ends_of_the_lines_are_labelled() -> None:
    root = of(six(50, (None,) * 6))
    written = [text for text, *_ in texts(root)]
    assert "smoothed loss" in written and "held-out loss" not in written
    assert sum(text.startswith("5 Adam ") for text in written) == 1
    assert f"uniform {math.log(27):.4f}" in written


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = of(six())
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img" and title is not None and words is not None
    assert title.text == "Loss of 6 lessons over 1,000 training steps"
    assert words.text and "step 5 Adam 2.3591" in words.text
    assert "one loss in 5" in words.text


def test_a_long_run_makes_no_large_file_and_no_small_letters() -> None:
    picture = draw(six(20_000))
    assert len(picture) < 300_000
    sizes = re.findall(r"font-size[:=]\"?(\d+)", picture)
    assert sizes and all(int(size) >= 12 for size in sizes)


def test_both_themes_have_every_colour_and_nothing_comes_from_elsewhere() -> None:
    picture = draw(six())
    light, _, dark = picture.partition("@media screen and (prefers-color-scheme:dark)")
    for theme, part in enumerate((light, dark)):
        assert all(colours[theme] in part for colours in (*COLOURS, INK, PAPER, MUTED))
    assert not re.search(r"href|url\(|<script|@import", picture)


def linear(colour: str) -> list[float]:
    """Red, green and blue as light."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def contrast(one: str, other: str) -> float:
    """As WCAG defines it."""
    weights = (0.2126, 0.7152, 0.0722)
    lights = sorted(
        sum(w * p for w, p in zip(weights, linear(colour), strict=True))
        for colour in (one, other)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_lines_and_letters_stand_out_from_the_paper(theme: int) -> None:
    assert contrast(INK[theme], PAPER[theme]) >= 7
    assert contrast(MUTED[theme], PAPER[theme]) >= 5
    assert all(contrast(c[theme], PAPER[theme]) >= 3 for c in COLOURS)


# how light is seen with no red, no green and no blue cones (Machado et al. 2009)
VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """The sum of products."""
    return sum(map(mul, one, other))


def seen(colour: str, vision: str) -> list[float]:
    """A colour in a space where distance is difference (Oklab)."""
    light = linear(colour)
    rgb = [max(0.0, dot(row, light)) for row in VISIONS[vision]]
    cones = (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
    axes = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    roots = [dot(row, rgb) ** (1 / 3) for row in cones]
    return [dot(row, roots) for row in axes]


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_lines_can_be_told_apart_with_every_colour_vision(
    theme: int, vision: str
) -> None:
    colours = {pair[theme] for pair in COLOURS}
    assert len(colours) == 5
    for one, other in itertools.combinations(colours, 2):
        assert math.dist(seen(one, vision), seen(other, vision)) > 0.1
