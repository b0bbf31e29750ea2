"""glassgpt train --tensorboard: what TensorBoard itself reads of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import not_run, require_torch
from support.commands import TINY, Call, glassgpt

MEASURED = ("gradient norm", "tokens per second", "memory")


@pytest.fixture(autouse=True)
def tensorboard_is_installed() -> None:
    try:
        import tensorboard
    except ImportError:
        not_run("tensorboard", "pip install 'glassgpt[tensorboard]'")
    assert tensorboard


def drawn(run: Path) -> dict[str, dict[int, float]]:
    """What TensorBoard shows of a run: numbers by step, by name."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found: Any = EventAccumulator(str(run / "tensorboard"))
    found.Reload()
    return {
        tag: {event.step: event.value for event in found.Scalars(tag)}
        for tag in found.Tags()["scalars"]
    }


def logged(run: Path, name: str) -> dict[int, float]:
    lines = (run / "log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return {e["step"]: e[name] for e in entries if name in e}


def test_what_is_drawn_is_what_is_logged(call: Call, tmp_path: Path) -> None:
    require_torch()
    flags = (*TINY, "--steps", 6, "--set", "eval_every=2", "--holdout", 0.1)
    done = call("train", *flags, "--engine", "torch", "--tensorboard", "--out", "run")
    assert done.status == 0, done.err
    found = drawn(tmp_path / "run")
    losses = logged(tmp_path / "run", "loss")
    assert list(losses) == list(range(1, 7))
    assert found["loss"] == pytest.approx(losses, rel=1e-6)
    heldout = logged(tmp_path / "run", "heldout_loss")
    assert {2, 4} == set(heldout) and set(found["held-out loss"]) == {2, 4, 6}
    for step, loss in heldout.items():
        assert found["held-out loss"][step] == pytest.approx(loss, rel=1e-6)
    for name in MEASURED:
        measured = logged(tmp_path / "run", name.replace(" ", "_"))
        assert found[name] == pytest.approx(measured, rel=1e-6) and measured
    assert all(0 < share < 1 for share in found["MFU"].values())


def test_steps_that_come_again_are_drawn_once(call: Call, tmp_path: Path) -> None:
    flags = (*TINY, "--steps", 9, "--set", "checkpoint_every=3", "--out", "run")
    assert call("train", *flags, "--tensorboard").status == 0
    before = drawn(tmp_path / "run")["loss"]
    assert list(before) == list(range(1, 10))
    last = tmp_path / "run" / "checkpoints" / "step-000000009" / "manifest.json"
    last.unlink()
    again = call("train", "--resume", "--out", "run", "--tensorboard")
    assert again.status == 0, again.err
    assert drawn(tmp_path / "run")["loss"] == before


def test_without_the_package_nothing_begins(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden" / "tensorboard"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError")
    done = glassgpt(
        *("train", *TINY, "--tensorboard", "--out", "run"),
        cwd=tmp_path,
        env={"PYTHONPATH": str(hidden.parent)},
    )
    assert done.status == 1 and not (tmp_path / "run").exists()
    assert done.error == (
        "missing tensorboard",
        "Install it: pip install 'glassgpt[tensorboard]'",
    )
