"""Stopping and going on: the run ends as if it had never been disturbed."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support import small

from glassgpt import optim
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.errors import CheckpointError, Interrupted
from glassgpt.training.events import Event, Noted, Saved, Started, Stepped
from glassgpt.training.loop import train
from glassgpt.training.result import Result

EVERY_STEP = range(6)


def asking_to_stop(
    at: int, kind: signal.Signals = signal.SIGINT
) -> Callable[[Event], None]:
    """A listener that sends this process a signal once a step is done."""

    def listen(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == at:
            signal.raise_signal(kind)

    return listen


def undisturbed(path: Path, step: int, **settings: object) -> Result:
    return small.train_in(path, small.session(step, **settings))


@pytest.mark.parametrize("step", EVERY_STEP)
@pytest.mark.parametrize("at", [1, 3, 5])
def test_an_interrupted_run_ends_like_an_undisturbed_one(
    step: int, at: int, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = undisturbed(whole, step)
    with pytest.raises(Interrupted):
        small.train_in(broken, small.session(step), asking_to_stop(at))
    heard = small.Heard()
    result = small.resume_in(broken, small.session(step), heard)
    assert heard.of(Started)[0].step == at
    assert [event.step for event in heard.of(Stepped)] == list(range(at + 1, 7))
    assert (result.losses, result.samples) == (expected.losses, expected.samples)
    assert result.evaluation == expected.evaluation
    last = "step-000000006/model.safetensors"
    hashes = small.checkpoint_hashes(broken)
    assert hashes[last] == small.checkpoint_hashes(whole)[last]
    logged = Result.from_log(RunFolder.open(broken).read_log())
    assert logged is not None and logged.losses == expected.losses


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "momentum"},
        {"optimizer": "rmsprop"},
        {"optimizer": "adamw"},
        {"order": "permute", "batch_docs": 3, "schedule": "cosine", "warmup_steps": 2},
        {"holdout": 0.4, "doc_mode": "chunk", "grad_clip": 0.1},
    ],
)
def test_what_the_optimiser_remembers_survives(
    settings: dict[str, object], tmp_path: Path
) -> None:
    expected = undisturbed(tmp_path / "whole", 4, **settings)
    with pytest.raises(Interrupted):
        path = tmp_path / "broken"
        small.train_in(path, small.session(4, **settings), asking_to_stop(3))
    result = small.resume_in(path, small.session(4, **settings))
    assert (result.losses, result.samples) == (expected.losses, expected.samples)
    hashes = small.checkpoint_hashes(tmp_path / "whole").items()
    assert hashes <= small.checkpoint_hashes(path).items()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_says_how_to_go_on_and_leaves_no_handler(
    kind: signal.Signals, tmp_path: Path
) -> None:
    before, heard = signal.getsignal(kind), small.Heard()

    def listen(event: Event) -> None:
        heard(event)
        asking_to_stop(2, kind)(event)

    with pytest.raises(Interrupted) as caught:
        small.train_in(tmp_path, small.session(), listen)
    assert str(caught.value) == "stopped at step 2 of 6, and saved"
    assert caught.value.remedy.endswith(f"train --resume --out {tmp_path}")
    assert heard.names()[-1] == "Saved 2" and len(heard.of(Saved)) == 1
    assert signal.getsignal(kind) is before


def test_without_a_folder_a_signal_says_that_nothing_was_saved() -> None:
    with pytest.raises(Interrupted, match="stopped at step 2") as caught:
        train(small.session(), asking_to_stop(2))
    assert caught.value.remedy == "Nothing was saved."


def test_a_signal_in_the_last_step_changes_nothing(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "whole", 1)
    result = small.train_in(tmp_path / "late", small.session(), asking_to_stop(6))
    assert (result.losses, result.samples) == (expected.losses, expected.samples)


@pytest.mark.parametrize("step", [1, 5])
def test_a_signal_in_the_middle_of_an_update_waits_for_its_end(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between gradient and update is the worst moment to be interrupted."""
    undisturbed(tmp_path / "whole", step, num_steps=4, checkpoint_every=1, keep_last=0)
    calls, clip_factor = [], optim.clip_factor

    def interrupted(gradient: list[float], grad_clip: float) -> float:
        calls.append(len(gradient))
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return clip_factor(gradient, grad_clip)

    monkeypatch.setattr(optim, "clip_factor", interrupted)
    session = small.session(step, num_steps=4, checkpoint_every=1, keep_last=0)
    with pytest.raises(Interrupted, match="step 2 of 4"):
        small.train_in(tmp_path / "broken", session)
    whole = small.checkpoint_hashes(tmp_path / "whole")
    broken = small.checkpoint_hashes(tmp_path / "broken")
    first_two = {k: v for k, v in whole.items() if k < "step-000000003"}
    assert broken == first_two and len(first_two) == 8


def test_a_log_that_ran_ahead_is_cut_back(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "whole", 1)
    with pytest.raises(Interrupted):
        small.train_in(tmp_path / "run", small.session(), asking_to_stop(3))
    with (tmp_path / "run" / "log.jsonl").open("a") as log:
        log.write('{"loss":9.9,"step":4}\n{"loss":9.9,"st')
    result = small.resume_in(tmp_path / "run", small.session())
    assert result.losses == expected.losses


def test_a_log_that_lacks_steps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        small.train_in(tmp_path, small.session(), asking_to_stop(3))
    log = tmp_path / "log.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(CheckpointError, match=r"invalid log\.jsonl"):
        small.resume_in(tmp_path, small.session())


def damage(path: Path, step: int) -> None:
    """Flip the last bit of a checkpoint's weights."""
    file = path / f"checkpoints/step-{step:09d}/model.safetensors"
    raw = file.read_bytes()
    file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))


def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path, 1, checkpoint_every=2)
    before = small.checkpoint_hashes(tmp_path)
    damage(tmp_path, 6)
    heard = small.Heard()
    result = small.resume_in(tmp_path, small.session(checkpoint_every=2), heard)
    assert "step 6 is left out" in heard.of(Noted)[0].text
    assert heard.of(Started)[0].step == 4
    assert (result.losses, result.samples) == (expected.losses, expected.samples)
    after = small.checkpoint_hashes(tmp_path)
    assert {k: v for k, v in after.items() if "damaged" not in k} == before


def test_without_a_valid_checkpoint_it_starts_at_0_and_says_so(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path, 1, checkpoint_every=3)
    damage(tmp_path, 3)
    damage(tmp_path, 6)
    heard = small.Heard()
    result = small.resume_in(tmp_path, small.session(checkpoint_every=3), heard)
    assert "starting at step 0" in heard.of(Noted)[2].text
    assert heard.of(Started)[0].step == 0
    assert (result.losses, result.samples) == (expected.losses, expected.samples)


def test_a_run_that_never_saved_starts_at_0_and_says_so(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, small.session().facts())
    heard = small.Heard()
    small.resume_in(tmp_path, small.session(), heard)
    assert "starting at step 0" in heard.of(Noted)[0].text
    assert len(heard.of(Stepped)) == 6


def test_what_a_run_logged_and_never_saved_is_gone(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, small.session().facts())
    with folder.lock():
        folder.append_log({"step": 1, "loss": 9.9})
    result = small.resume_in(tmp_path, small.session())
    entries = RunFolder.open(tmp_path).read_log()
    assert [entry["loss"] for entry in entries if "loss" in entry] == result.losses


@pytest.mark.parametrize("step", [0, 5])
def test_a_finished_run_goes_through_no_step_again(step: int, tmp_path: Path) -> None:
    expected = undisturbed(tmp_path, step)
    before, heard = small.checkpoint_hashes(tmp_path), small.Heard()
    session = small.session(step)
    result = small.resume_in(tmp_path, session, heard)
    assert session.finished and not heard.of(Stepped)
    assert heard.of(Started)[0].seconds == 0
    assert (result.losses, result.samples) == (expected.losses, expected.samples)
    assert small.checkpoint_hashes(tmp_path) == before
    entries = RunFolder.open(tmp_path).read_log()
    assert len([entry for entry in entries if "result" in entry]) == 1
