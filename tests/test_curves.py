"""Loss curves: averages that are right, characters that fit, pictures that parse."""

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.curves import loss_curve, smooth, sparkline

LOSSES = st.lists(
    st.integers(0, 10**9).map(lambda n: n / 1000), min_size=1, max_size=200
)
SVG = "{http://www.w3.org/2000/svg}"


def test_smooth_starts_at_the_first_loss_and_keeps_a_constant() -> None:
    assert smooth([3.0, 1.0])[0] == 3.0
    assert smooth([2.0] * 50) == pytest.approx([2.0] * 50)


def test_smooth_weighs_each_loss_by_its_age() -> None:
    losses = [3.0, 1.0, 2.0]
    weights = [0.9**2, 0.9, 1.0]
    mean = sum(w * x for w, x in zip(weights, losses, strict=True)) / sum(weights)
    assert smooth(losses, 0.9)[-1] == pytest.approx(mean)
    assert smooth([]) == []


@given(LOSSES)
def test_smooth_stays_between_the_smallest_and_the_largest(losses: list[float]) -> None:
    averages = smooth(losses)
    assert len(averages) == len(losses)
    slack = 1e-9 * max(losses) + 1e-300
    assert min(losses) - slack <= min(averages)
    assert max(averages) <= max(losses) + slack


def test_sparkline_goes_from_the_lowest_bar_to_the_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([7.0, 0.0]) == "█▁"


def test_sparkline_of_nothing_is_empty_and_of_a_constant_is_flat() -> None:
    assert sparkline([]) == ""
    assert sparkline([3.3]) == "▁"
    assert set(sparkline([3.3] * 9)) == {"▁"}


def test_sparkline_takes_means_over_equal_stretches() -> None:
    assert sparkline([0, 8, 4, 4, 8, 8], width=3) == "▁▁█"


@given(LOSSES, st.integers(1, 80))
def test_sparkline_fits_and_shows_all_that_fits(
    losses: list[float], width: int
) -> None:
    line = sparkline(losses, width)
    assert len(line) == min(width, len(losses))
    assert set(line) <= set("▁▂▃▄▅▆▇█")
    assert "▁" in line


def lines(svg: str) -> list[list[tuple[float, float]]]:
    """The points of each line of a picture."""
    return [
        [
            tuple(map(float, point.split(",")))
            for point in line.get("points", "").split()
        ]
        for line in ET.fromstring(svg).iter(f"{SVG}polyline")
    ]


@given(LOSSES)
def test_a_loss_curve_is_well_formed_and_inside_its_box(losses: list[float]) -> None:
    every, uniform, average = lines(loss_curve(losses, 27))
    assert (len(every), len(uniform), len(average)) == (len(losses), 2, len(losses))
    for x, y in every + uniform + average:
        assert 0 <= x <= 640 and 0 <= y <= 240


@pytest.mark.parametrize("losses", [[3.3], [2.0] * 5, [0.0], [math.log(27)] * 2])
def test_one_point_and_constant_losses_are_drawn(losses: list[float]) -> None:
    every, _, average = lines(loss_curve(losses, 27))
    assert len(every) == len(losses)
    assert every == average


def test_a_larger_loss_stands_higher_and_a_later_one_further_right() -> None:
    (first, second), uniform, _ = lines(loss_curve([3.0, 2.0], 27))
    assert first[1] < second[1] and first[0] < second[0]
    assert uniform[0][1] == uniform[1][1] < first[1]


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(loss_curve([3.25] * 1200, 27))
    title = root.find(f"{SVG}title")
    assert title is not None and title.text == root.get("aria-label")
    assert title.text is not None and "1,200 steps" in title.text
    assert "3.2500" in title.text and root.get("role") == "img"


def test_without_losses_there_is_a_sentence() -> None:
    text = ET.fromstring(loss_curve([], 27)).text
    assert text == "No training step yet."
