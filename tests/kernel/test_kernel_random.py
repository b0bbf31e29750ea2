"""The kernel's random numbers are Python's, bit by bit."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.random import Random

SEEDS = st.integers(-(2**200), 2**200)


@given(seed=SEEDS)
def test_a_seed_gives_pythons_state(seed: int) -> None:
    assert Random(seed).getstate() == random.Random(seed).getstate()


@pytest.mark.parametrize("seed", [0, 1, 42, -42, 2**32 - 1, 2**32, 2**64, 10**400])
def test_notable_seeds_give_pythons_numbers(seed: int) -> None:
    ours, theirs = Random(seed), random.Random(seed)
    assert [ours.random() for _ in range(2000)] == [
        theirs.random() for _ in range(2000)
    ]


@given(seed=SEEDS, count=st.integers(0, 700))
def test_gauss_is_pythons_and_keeps_its_second_number(seed: int, count: int) -> None:
    ours, theirs = Random(seed), random.Random(seed)
    found = ours.gauss(0.5, 0.08, count)
    assert found.tolist() == [theirs.gauss(0.5, 0.08) for _ in range(count)]
    assert ours.getstate() == theirs.getstate()


@given(seed=SEEDS, count=st.integers(0, 3000))
def test_shuffle_is_pythons(seed: int, count: int) -> None:
    items = list(range(count))
    theirs = random.Random(seed)
    theirs.shuffle(items)
    ours = Random(seed)
    assert ours.shuffled(count).tolist() == items
    assert ours.getstate() == theirs.getstate()


@given(
    seed=SEEDS,
    weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=50).filter(any),
)
def test_choice_is_pythons(seed: int, weights: list[float]) -> None:
    ours, theirs = Random(seed), random.Random(seed)
    for _ in range(20):
        index, sums, drawn = ours.choice(weights)
        assert index == theirs.choices(range(len(weights)), weights=weights)[0]
        point = drawn * sums[-1]
        assert point < sums[index] or index == len(weights) - 1
        assert index == 0 or sums[index - 1] <= point
    assert ours.getstate() == theirs.getstate()


@given(seed=SEEDS, draws=st.integers(0, 1300), gauss=st.booleans())
def test_a_state_goes_in_and_out(seed: int, draws: int, gauss: bool) -> None:
    theirs = random.Random(seed)
    for _ in range(draws):
        theirs.random()
    if gauss:
        theirs.gauss(0, 1)
    ours = Random.like(theirs)
    assert ours.gauss(0, 1, 3).tolist() == [theirs.gauss(0, 1) for _ in range(3)]
    fresh = random.Random()
    ours.hand_back(fresh)
    assert fresh.getstate() == theirs.getstate()


def test_ten_thousand_draws_go_on_without_a_difference() -> None:
    ours, theirs = Random(7), random.Random(7)
    for _ in range(100):
        assert ours.shuffled(37).tolist() == _shuffled(theirs, 37)
        assert ours.gauss(0, 1, 61).tolist() == [theirs.gauss(0, 1) for _ in range(61)]
        assert ours.random() == theirs.random()


def _shuffled(rng: random.Random, count: int) -> list[int]:
    items = list(range(count))
    rng.shuffle(items)
    return items


@pytest.mark.parametrize(
    "state",
    [(2, (0,) * 625, None), (3, (0,) * 600, None), (3, "text", None), (3,), 7],
)
def test_another_kind_of_state_is_refused(state: object) -> None:
    with pytest.raises(UsageError, match="random state"):
        Random().setstate(state)  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [np.inf], [np.nan, 1], [[1]]])
def test_weights_that_cannot_be_drawn_by_are_refused(weights: object) -> None:
    with pytest.raises(UsageError, match="weights"):
        Random().choice(weights)
