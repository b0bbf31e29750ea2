"""How fast a run goes, from the seconds of its steps."""

import pytest
from pytest import approx

from glassgpt.training import throughput
from glassgpt.training.throughput import Throughput

WATCHED = {
    "tokens": 100.0,
    "gradient_norm": 0.5,
    "memory": 1e6,
    "flops": 4e6,
    "peak_flops": 1e9,
}


def test_the_throughput_is_that_of_the_steps_since_it_was_told_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, clock = iter([0.0, 0.1, 2.0, 2.1, 9.0]), 0.0
    monkeypatch.setattr(throughput.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: clock)
    run = Throughput(num_steps=10)

    def train(seconds: float) -> None:
        nonlocal clock
        run.start()
        clock += seconds
        run.stop()
        clock += 5.0  # somebody listens

    train(0.2)
    assert run.measured(1, WATCHED) is None  # too soon
    train(0.4)
    told = run.measured(2, WATCHED)
    assert told and told.step == 2
    assert told.tokens_per_second == approx(100 / 0.3)
    assert told.mfu == approx(4e6 / 0.3 / 1e9)
    assert told.seconds_left == approx(8 * 0.3)
    train(0.1)
    assert run.measured(3, WATCHED) is None
    train(0.7)
    told = run.measured(10, {**WATCHED, "peak_flops": 0.0})
    assert told and told.mfu is None and told.seconds_left == 0
    assert told.tokens_per_second == approx(100 / 0.1)
    assert run.seconds == approx(1.4)


def test_a_run_that_goes_on_counts_its_own_steps_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter([0.0, 1.0, 1.0, 3.0])
    monkeypatch.setattr(throughput.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: next(now))
    run = Throughput(num_steps=10, step=8)
    for _ in range(2):
        run.start()
        run.stop()
    told = run.measured(10, WATCHED)
    assert told and told.tokens_per_second == approx(100 / 1.5)


def test_an_engine_that_shows_nothing_is_not_told_of() -> None:
    run = Throughput(num_steps=1)
    assert run.measured(1, {}) is None
