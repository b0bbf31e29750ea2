"""train --resume: after Ctrl-C, after a broken output, on a finished run."""

import json
import os
import resource
import shlex
import shutil
import signal
import time
from itertools import islice
from pathlib import Path

import pytest
from support.commands import (
    ENGINE,
    LONG,
    TINY,
    Call,
    Done,
    glassgpt,
    results_of,
    snapshot,
    started,
)

from glassgpt.cli import run as run_command

ANNOUNCED = "step 2: 240 training steps on the reference engine"
Results = tuple[list[float], list[str], dict[str, str]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What the long run comes to when nothing happens to it."""
    path = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run_command(["train", *LONG, "--out", str(path)]) == 0
    return results_of(path)


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """A finished run to change."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def steps_kept(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def finished(run: Path) -> Done:
    """Go on with a run until it ends."""
    done = glassgpt("train", "--resume", "--out", run, cwd=run.parent)
    assert done.status == 0
    return done


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_saved_says_how_to_go_on_and_ends_the_same(
    kind: signal.Signals, tmp_path: Path, undisturbed: Results
) -> None:
    run = tmp_path / "run"
    with started("train", *LONG, "--out", run, cwd=tmp_path) as process:
        assert process.stdout and process.stderr
        assert len(list(islice(process.stdout, 3))) == 3
        process.send_signal(kind)
        _, err = process.communicate(timeout=60)
    said, stopped, remedy = err.splitlines()
    assert process.returncode == 130 and said.startswith(ANNOUNCED)
    (kept,) = steps_kept(run)
    at = int(kept.removeprefix("step-"))
    assert 3 <= at < 240
    assert stopped == f"stopped at step {at} of 240, and saved"
    assert remedy == f"Go on with: glassgpt train --resume --out {run}"
    done = finished(run)
    assert done.lines[0].startswith(f"step {at + 1} / 240 | loss ")
    assert results_of(run) == undisturbed


def test_a_reader_that_goes_ends_training_quietly_and_loses_no_step(
    tmp_path: Path, undisturbed: Results
) -> None:
    run = tmp_path / "run"
    with started("train", *LONG, "--out", run, cwd=tmp_path) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline().startswith("step 1 / 240 | loss ")
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=60) == 0
    (said,) = err.splitlines()
    assert said.startswith(ANNOUNCED)
    assert len(steps_kept(run)) == 1
    assert not finished(run).out.startswith("step 1 /")
    assert results_of(run) == undisturbed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="not run: no /dev/full")
def test_an_output_without_room_is_an_error_and_loses_no_step(
    tmp_path: Path, undisturbed: Results
) -> None:
    run = tmp_path / "run"
    with Path("/dev/full").open("w") as full:
        args = ("train", *LONG, "--out", run)
        done = glassgpt(*args, cwd=tmp_path, stdout=full)
    assert done.status == 1
    assert done.error[0].startswith(ANNOUNCED)
    assert done.error[-2:] == (
        "invalid output: stdout; no space left on device",
        f"Go on with: glassgpt train --resume --out {run}",
    )
    assert len(steps_kept(run)) == 1
    finished(run)
    assert results_of(run) == undisturbed


@pytest.mark.parametrize(
    ("room", "what"),
    [(2000, "log: {}/log.jsonl"), (4500, "checkpoint folder: {}/checkpoints")],
)
def test_a_full_disk_is_an_error_and_the_run_goes_on_with_room(
    room: int, what: str, tmp_path: Path, undisturbed: Results
) -> None:
    run = tmp_path / "run"

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    args = ("train", *LONG, "--set", "checkpoint_every=100", "--out", run)
    done = glassgpt(*args, cwd=tmp_path, preexec_fn=little_room)
    assert done.status == 1
    said, *_, line, remedy = done.error  # a slow machine says how long it takes
    assert said.startswith(ANNOUNCED)
    assert line == f"invalid {what.format(run)}; file too large"
    assert remedy.startswith("Make room, then go on with --resume")
    assert not list(run.glob("checkpoints/*"))
    finished(run)
    assert results_of(run)[:2] == undisturbed[:2]


def test_a_second_training_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "run"
    endless = (*LONG, "--steps", 50_000, "--out", run)
    with started("train", *endless, cwd=tmp_path) as process:
        assert process.stdout
        process.stdout.readline()
        again = glassgpt("train", *LONG, "--out", run, cwd=tmp_path)
        other = glassgpt("train", "--resume", "--out", run, cwd=tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert (again.status, again.error[0]) == (
        2,
        f"invalid --out: {run}; it already holds a run",
    )
    assert (other.status, other.out, other.error) == (
        1,
        "",
        (
            f"invalid --out: {run}; another process is training there",
            "Let it end, or choose another folder with --out.",
        ),
    )


def test_a_run_that_will_take_long_says_so_before_it_starts(tmp_path: Path) -> None:
    args = ("train", "--engine", "reference", "--steps", 100_000, "--out", "run")
    with started(*args, cwd=tmp_path) as process:
        assert process.stdout and process.stderr
        held_out = process.stderr.readline()
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert held_out.startswith("0 documents are left out of training")
    assert said.startswith("step 5: 100,000 training steps on the reference engine, ")
    assert said.split(", ")[-1].startswith("about ")


def test_ctrl_c_before_training_ends_with_130_and_two_lines(tmp_path: Path) -> None:
    """The data comes through a pipe that nobody fills: it waits there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # opening a pipe returns when the other side is open too
    with started("data", "inspect", pipe, cwd=tmp_path) as process, pipe.open("w"):
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines() == ["stopped", "What was saved stays as it is."]


def test_a_finished_run_prints_its_result_and_is_left_as_it_was(
    call: Call, copy: Path
) -> None:
    before = snapshot(copy)
    done = call("train", "--resume", "--out", copy)
    assert (done.status, done.err) == (0, "")
    assert done.lines[0].startswith("sample 1: ")
    assert done.lines[-1] == f"run: {copy}"
    (result,) = call("train", "--resume", "--out", copy, "--json").json
    assert result["event"] == "result" and len(result["losses"]) == 6
    assert snapshot(copy) == before


def test_flags_that_say_what_the_run_says_are_fine(call: Call, copy: Path) -> None:
    same = ("--step", 5, "--steps", 6, "--seed", 42, "--data", "names", *TINY)
    plain = call("train", "--resume", "--out", copy)
    assert call("train", "--resume", "--out", copy, *same) == plain
    assert call("train", "--resume", "--out", copy, "--preset", "step5") == plain


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (("--steps", 7), "invalid num_steps: 7; the run has 6"),
        (("--seed", 1), "invalid seed: 1; the run has 42"),
        (("--holdout", 0.1), "invalid holdout: 0.1; the run has 0.0"),
        (("--step", 4), "invalid step: step4; the run is of step5"),
        (("--preset", "step3"), "invalid step: step3; the run is of step5"),
        (("--set", "n_embd=8"), "invalid n_embd: 8; the run has 4"),
        (("--set", "n_emdb=8"), "unknown key: n_emdb"),
        (
            ("--data", "other.txt"),
            "invalid --data: other.txt; the run has names, and these are others",
        ),
        (("--engine", "kernle"), "unknown engine: kernle"),
    ],
)
def test_a_flag_that_contradicts_the_run_is_an_error(
    flags: tuple[object, ...], line: str, call: Call, copy: Path
) -> None:
    before = snapshot(copy)
    Path("other.txt").write_text("emma\n")
    done = call("train", "--resume", "--out", copy, *flags)
    assert (done.status, done.out) == (2, "")
    assert done.error[0] == line and len(done.error) == 2
    assert snapshot(copy) == before


def test_a_finished_run_without_its_last_weights_trains_the_end_again(
    call: Call, copy: Path, trained: Path
) -> None:
    (copy / "checkpoints/step-000000006/model.safetensors").write_bytes(b"")
    done = call("train", "--resume", "--out", copy)
    assert done.status == 0
    assert done.lines[0].startswith("step 4 / 6 | loss ")
    assert "model.safetensors has 0 bytes" in done.error[0]
    aside = copy / "checkpoints/step-000000006.damaged-1"
    shutil.rmtree(aside)
    assert results_of(copy) == results_of(trained)


def test_without_any_checkpoint_it_starts_at_0_and_says_so(
    call: Call, copy: Path, trained: Path
) -> None:
    shutil.rmtree(copy / "checkpoints")
    done = call("train", "--resume", "--out", copy, "--json")
    assert done.status == 0
    first, cut = (note["text"] for note in done.of("note"))
    assert first == "no checkpoint to go on from: starting at step 0"
    assert cut.startswith("block_size 6 cuts ")
    assert results_of(copy)[:2] == results_of(trained)[:2]


def test_a_result_that_cannot_be_read_is_made_again(
    call: Call, copy: Path, trained: Path
) -> None:
    log = copy / "log.jsonl"
    *steps, last = log.read_text().splitlines()
    entry = json.loads(last)
    entry["result"] = 3
    log.write_text("\n".join([*steps, json.dumps(entry)]) + "\n")
    assert call("train", "--resume", "--out", copy).status == 0
    assert results_of(copy) == results_of(trained)


def test_documents_that_have_changed_are_refused(call: Call, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("emma\nolivia\nava\n")
    call("train", "--steps", 3, *TINY, "--data", words, "--out", "run")
    words.write_text("emma\nolivia\neve\n")
    done = call("train", "--resume", "--out", "run")
    assert done.status == 1 and "not those that this run was" in done.error[0]


def test_a_run_whose_data_has_moved_is_resumed_measured_and_sampled(
    call: Call, tmp_path: Path
) -> None:
    words = "".join(f"{a}{b}{c}\n" for a in "abc" for b in "defgh" for c in "abcd")
    Path("words.txt").write_text(words)
    train = ("train", "--steps", 6, *TINY, "--set", "checkpoint_every=3")
    run = ("--data", "words.txt", "--out", "my run")
    assert call(*train, "--step", 1, *TINY[:2], *run).status == 2  # n_head is not its
    assert call(*train, *run).status == 0
    measured, sampled = call("eval", "my run"), call("sample", "my run", "--new-only")
    whole = results_of(tmp_path / "my run")
    # as if it had been stopped after three steps
    shutil.rmtree(tmp_path / "my run/checkpoints/step-000000006")
    log = tmp_path / "my run/log.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
    Path("words.txt").rename("moved.txt")
    Path("other.txt").write_text(words.replace("a", "b") + "cdc\n")
    gone = f"missing data: {tmp_path / 'words.txt'}"
    needs = "To go on, name them where they are now: --data FILE, in Python documents="
    for command in (
        ("train", "--resume", "--out", "my run"),
        ("eval", "my run"),
        ("sample", "my run", "--new-only"),
    ):
        done = call(*command)
        assert (done.status, done.error[0]) == (1, gone)
        assert done.error[1].startswith(needs)
    (listed,) = call("runs", ".").lines
    assert "go on with: glassgpt train --resume --out 'my run' --data FILE" in listed
    other = call("eval", "my run", "--data", "other.txt")
    assert other.status == 0 and "baselines" not in other.out
    assert other.err == f"{gone}: documents that it was trained on are measured too\n"
    here = ("--data", "moved.txt")
    assert call("train", "--resume", "--out", "my run", *here).status == 0
    assert results_of(tmp_path / "my run") == whole
    assert call("eval", "my run", *here) == measured
    assert call("sample", "my run", "--new-only", *here) == sampled
    # said once, it is known from then on
    kept = json.loads(Path("my run/run.json").read_text())
    assert kept["data"] == str(tmp_path / "moved.txt")
    assert call("eval", "my run") == measured
    assert "its data has moved" not in call("runs", ".").out


def test_the_engine_that_is_listed_is_the_one_that_computed(call: Call) -> None:
    few = ("train", "--steps", 3, *TINY)
    call(*few, "--out", "runs/auto")
    call(*few, "--engine", "reference", "--out", "runs/named")
    call(*few, "--out", "runs/other")
    # as if it had been stopped before its first checkpoint
    shutil.rmtree("runs/other/checkpoints")
    Path("runs/other/log.jsonl").unlink()
    resume = ("train", "--resume", "--engine", "reference", "--out", "runs/other")
    assert call(*resume).status == 0
    used = {"auto": ENGINE, "named": "reference", "other": "reference"}
    for line, (name, engine) in zip(call("runs").lines, used.items(), strict=True):
        assert line.startswith(f"runs/{name} ") and f"  {engine} engine  " in line
    told = call("runs", "--json").json
    assert [one["engine"] for one in told] == [*used.values()]


def test_a_run_that_diverged_is_marked_and_its_advice_leads_elsewhere(
    call: Call, copy: Path
) -> None:
    many = ("--step", 3, "--steps", 300, "--set", "learning_rate=30")
    done = call("train", *many, "--out", "dv")
    assert done.status == 1
    assert done.error[-2].startswith("invalid loss: ")
    step = int(done.error[-2].split(" at step ")[1].split(",")[0])
    elsewhere = "Train anew with a third of it, in another folder: --set learning_rate"
    assert done.error[-1].startswith(f"{elsewhere}=9.9")
    assert done.error[-1].endswith(" --out DIR")
    listed = next(line for line in call("runs", ".").lines if "dv" in line)
    assert listed.endswith(f"diverged at step {step}") and "--resume" not in listed
    (plain,) = [one for one in call("runs", ".", "--json").json if one["run"] == "dv"]
    assert plain["diverged_at"] == step and not plain["finished"]
    anew = f"It diverged at step {step}: train anew with a smaller learning_rate."
    assert call("sample", "dv").error[1] == anew
    again = call("train", "--resume", "--out", "dv")
    assert again.error[-2:] == done.error[-2:]
    assert call("runs", ".").lines[0] == listed


def test_every_command_that_is_advised_can_be_pasted(call: Call, trained: Path) -> None:
    path = Path("sub/rün 2's")
    shutil.copytree(trained, path)
    shutil.rmtree(path / "checkpoints")
    (path / "log.jsonl").write_text("")
    words = f"--out '{path.parent}/rün 2'\"'\"'s'"
    assert call("runs", "sub").lines[0].endswith(f"train --resume {words}")
    remedy = call("sample", path).error[1]
    assert remedy == f"Train it again: glassgpt train --resume {words}"
    pasted = shlex.split(remedy.partition(": glassgpt ")[2])
    assert call(*pasted).status == 0
    Path("my wörds.txt").write_text("emma\nava\n")
    bpe = call("train", "--data", "my wörds.txt", "--set", "tokenizer=bpe")
    assert bpe.error[1].startswith("glassgpt data prepare 'my wörds.txt' --tokenizer")
    assert call("export", path, path, "--to", "json").error[1].endswith("model.json'")
    prepared = call("data", "prepare", "my wörds.txt", "--out", "a b")
    assert prepared.lines[-1] == "Train on it with: glassgpt train --data 'a b'"
