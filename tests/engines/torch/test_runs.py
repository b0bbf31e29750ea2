"""A run on the torch engine: stopped, diverged, gone on with, and told of."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from support import small

from glassgpt import checkpoints
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.errors import DivergedError, Interrupted
from glassgpt.training.events import Event, Measured, Saved, Stepped
from glassgpt.training.session import Session

SETTINGS: dict[str, Any] = {"batch_docs": 3, "checkpoint_every": 2, "num_steps": 7}


def session(**settings: Any) -> Session:
    record = small.record(5, **{**SETTINGS, **settings})
    return Session(record, small.corpus(), "torch")


def test_every_checkpoint_is_told_of_once_it_is_there(tmp_path: Path) -> None:
    heard = small.Heard()

    def listen(event: Event) -> None:
        heard(event)
        if isinstance(event, Saved):
            checkpoints.load(
                tmp_path / "checkpoints" / checkpoints.step_name(event.step)
            )

    result = small.train_in(tmp_path, session(), listen)
    assert [event.step for event in heard.of(Saved)] == [2, 4, 6, 7]
    assert len(result.losses) == 7 and len(result.samples) == 20
    told = heard.of(Measured)[-1]
    assert told.step == 7 and told.tokens_per_second > 0 and told.gradient_norm > 0
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert any("tokens_per_second" in json.loads(line) for line in lines)


@pytest.mark.parametrize("at", [1, 4, 6])
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(
    at: int, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = small.train_in(whole, session(keep_last=0))

    def listen(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == at:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted):
        small.train_in(broken, session(keep_last=0), listen)
    assert checkpoints.steps(broken / "checkpoints")[-1] == at
    result = small.resume_in(broken, session(keep_last=0))
    assert (result.losses, result.samples) == (expected.losses, expected.samples)
    hashes = small.checkpoint_hashes(whole).items()
    assert hashes <= small.checkpoint_hashes(broken).items()


def test_what_was_handed_over_is_there_after_a_divergence(tmp_path: Path) -> None:
    wild = session(optimizer="sgd", learning_rate=1e155, checkpoint_every=1)
    with pytest.raises(DivergedError):
        small.train_in(tmp_path, wild)
    done = len(wild.losses)
    assert done > 0
    assert checkpoints.steps(tmp_path / "checkpoints")[-1] == done


def test_the_best_checkpoint_stays(tmp_path: Path) -> None:
    kept = {"keep_last": 1, "keep_best": 1, "eval_every": 2, "num_steps": 8}
    small.train_in(tmp_path, session(**kept, learning_rate=0.3))
    log = RunFolder.open(tmp_path).read_log()
    losses = {e["step"]: e["heldout_loss"] for e in log if "heldout_loss" in e}
    best = min(losses, key=lambda step: (losses[step], step))
    assert checkpoints.steps(tmp_path / "checkpoints") == sorted({best, 8})
