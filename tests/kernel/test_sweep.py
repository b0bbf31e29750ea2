"""Several models beside each other: what each has alone, in one call for all."""

import os
import signal
from typing import Any

import pytest

from glassgpt import data
from glassgpt.comparison.experiment import records
from glassgpt.engines import kernel as engine
from glassgpt.errors import DivergedError, Interrupted
from glassgpt.training.events import Evaluated, Event, Started, Stepped
from glassgpt.training.loop import train_steps
from glassgpt.training.session import Session
from glassgpt.training.several import train_all

CORPUS = data.load_corpus(tuple(data.load("names").documents[:80]))
STEPS = 12


def sessions(*steps: int, **settings: Any) -> list[Session]:
    """The lessons, not trained yet."""
    given = {"num_steps": STEPS, "seed": 7, **settings}
    chosen = records(steps or range(6), given)
    return [Session(record, CORPUS, "kernel") for record in chosen]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many models each call of the kernel had."""
    found: list[int] = []
    before = engine.train_models

    def counted(trainers: Any, *rest: Any) -> Any:
        found.append(len(trainers))
        return before(trainers, *rest)

    monkeypatch.setattr(engine, "train_models", counted)
    # how long it may take is found by steps of its own, taken back
    monkeypatch.setattr(engine.KernelEngine, "seconds_a_step", lambda *_: 0.0)
    return found


@pytest.mark.parametrize("settings", [{}, {"batch_docs": 3}, {"dtype": "float32"}])
def test_all_lessons_in_one_call_are_what_each_is_alone(
    settings: dict[str, Any], calls: list[int]
) -> None:
    together = sessions(**settings)
    heard: list[Event] = []
    assert train_all(together, heard.append) == [None] * 6
    assert calls == [6]
    for session, other in zip(together, sessions(**settings), strict=True):
        train_steps(other)
        assert session.losses == other.losses
        assert session.engine.weights() == other.engine.weights()
        assert session.evaluate() == other.evaluate()
    assert sum(isinstance(event, Started) for event in heard) == 6
    told = [event.loss for event in heard if isinstance(event, Stepped)]
    assert told == [loss for session in together for loss in session.losses]


def test_long_runs_take_several_calls_and_can_be_stopped_between(
    calls: list[int],
) -> None:
    together = sessions(4, 5)
    for session in together:
        session.engine.steps_at_once = 5
    assert train_all(together) == [None, None]
    assert calls == [2, 2, 2]
    alone = sessions(4, 5)
    for session, other in zip(together, alone, strict=True):
        train_steps(other)
        assert session.losses == other.losses

    def stop(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = sessions(4, 5)
    for session in stopped:
        session.engine.steps_at_once = 5
    with pytest.raises(Interrupted, match="stopped at step 5"):
        train_all(stopped, stop)
    assert [len(session.losses) for session in stopped] == [5, 5]


def test_one_that_diverges_stops_alone_and_is_left_out_of_the_next_call(
    calls: list[int],
) -> None:
    together = sessions(2, 3)
    runaway = together[1].record.with_settings(learning_rate=1e200)
    together[1] = Session(runaway, CORPUS, "kernel")
    for session in together:
        session.engine.steps_at_once = 4
    good, diverged = train_all(together)
    assert good is None
    assert len(together[0].losses) == STEPS
    assert isinstance(diverged, DivergedError)
    assert len(together[1].losses) == diverged.step < 4
    assert calls == [2, 1, 1]


def test_what_sees_other_documents_or_is_measured_on_the_way_goes_alone(
    calls: list[int],
) -> None:
    other = Session(sessions(5, seed=8)[0].record, CORPUS, "kernel")
    measured = sessions(4, eval_every=6, eval_docs=20)
    heard: list[Event] = []
    assert train_all([*sessions(2, 3), other, *measured], heard.append) == [None] * 4
    assert calls == [2, 1, 1, 1]
    assert [event.step for event in heard if isinstance(event, Evaluated)] == [6]
    slow = [Session(sessions(1)[0].record, CORPUS, "reference")]
    assert train_all([*slow, *sessions(1)]) == [None, None]
    assert calls[4:] == [1]
