"""How fast a run goes, from the seconds of its steps."""

import pytest
from pytest import approx

from glassgpt.training import throughput
from glassgpt.training.throughput import Pace

WATCHED = {
    "tokens": 100.0,
    "gradient_norm": 0.5,
    "memory": 1e6,
    "flops": 4e6,
    "peak_flops": 1e9,
}


def test_the_pace_is_that_of_the_steps_since_it_was_told_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter([0.0, 0.1, 2.0, 2.1, 9.0])
    monkeypatch.setattr(throughput.time, "monotonic", lambda: next(now))
    run = Pace(num_steps=10)
    run.add(1, 0.2)
    assert run.measured(WATCHED) is None  # too soon
    run.add(2, 0.4)
    told = run.measured(WATCHED)
    assert told and told.step == 2
    assert told.tokens_per_second == approx(100 / 0.3)
    assert told.mfu == approx(4e6 / 0.3 / 1e9)
    assert told.seconds_left == approx(8 * 0.3)
    run.add(3, 0.1)
    assert run.measured(WATCHED) is None
    run.add(10, 0.7)
    told = run.measured({**WATCHED, "peak_flops": 0.0})
    assert told and told.mfu is None and told.seconds_left == 0
    assert told.tokens_per_second == approx(100 / 0.1)
    assert run.seconds == approx(1.4)


def test_an_engine_that_shows_nothing_is_not_told_of() -> None:
    run = Pace(num_steps=1)
    run.add(1, 0.1)
    assert run.measured({}) is None
