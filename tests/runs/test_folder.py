"""The run folder: made once, locked while training, its log cut back on resume."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassgpt.checkpoints import Snapshot, publish
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.errors import CheckpointError, GlassGPTError, UsageError
from glassgpt.files import check_writable
from glassgpt.runs.listing import list_runs, next_run_path, resolve_run

RECORD = {"model": {"n_embd": 16}, "train": {"num_steps": 60, "betas": (0.85, 0.99)}}


def fails(kind: type[GlassGPTError], action: Any, *words: str) -> GlassGPTError:
    with pytest.raises(GlassGPTError) as caught:
        action()
    text = f"{caught.value} | {caught.value.remedy}"
    assert type(caught.value) is kind
    assert all(word in text for word in words), text
    assert caught.value.remedy
    assert "\n" not in text
    return caught.value


def test_a_new_run_holds_its_record_and_makes_its_parents(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "step5-1"
    made, opened = RunFolder.create(path, RECORD), RunFolder.open(path)
    assert made.record == opened.record == json.loads(json.dumps(RECORD))
    assert opened.path == path
    assert opened.checkpoints == path / "checkpoints"
    assert json.loads((path / "run.json").read_bytes()) == {**made.record, "format": 1}


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    (tmp_path / ".tmp-run.json").write_text("what a killed start left")
    assert RunFolder.create(tmp_path, RECORD).record["train"]["num_steps"] == 60


def test_a_folder_that_holds_a_run_is_refused_untouched(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, RECORD)
    before = (tmp_path / "run.json").read_bytes()
    words = "invalid --out: ", "it already holds a run", "--resume"
    fails(UsageError, lambda: RunFolder.create(tmp_path, {}), *words)
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_folder_with_other_files_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    fails(UsageError, lambda: RunFolder.create(tmp_path, {}), "it holds other files")
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_file_in_the_way_is_told(tmp_path: Path, below: str) -> None:
    file = tmp_path / "out"
    file.write_text("a file")
    action = lambda: RunFolder.create(file / below, RECORD)  # noqa: E731
    fails(UsageError, action, "invalid --out: ", "a file is in the way")
    assert file.read_text() == "a file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "run.json is not JSON"),
        (b'{"train": {"num_st', "run.json is not JSON"),
        (b"\xff\x00", "run.json is not JSON"),
        (b"[" * 100_000, "run.json is not JSON"),
        (b"{}", "has format None, not 1"),
        (b"[1]", "has format None, not 1"),
        (b'{"format": 2}', "has format 2, not 1"),
    ],
)
def test_a_record_that_is_damaged_is_refused(
    tmp_path: Path, text: bytes, words: str
) -> None:
    (tmp_path / "run.json").write_bytes(text)
    fails(CheckpointError, lambda: RunFolder.open(tmp_path), "invalid run: ", words)


def test_opening_what_is_not_a_run_says_that_the_record_is_missing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        action = lambda path=path: RunFolder.open(path)  # noqa: E731
        fails(CheckpointError, action, "missing run.json in", "--resume")


HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from glassgpt.checkpoints.run_folder import RunFolder
with RunFolder.open(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def another_trainer(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == b"held"
            yield process
        finally:
            process.kill()


def try_lock(folder: RunFolder) -> None:
    with folder.lock():
        pass


def test_the_lock_keeps_another_process_out_and_goes_with_a_kill(
    tmp_path: Path,
) -> None:
    folder = RunFolder.create(tmp_path / "run", RECORD)
    with another_trainer(folder.path) as process:
        words = "invalid --out: ", "another process is training there"
        fails(CheckpointError, lambda: try_lock(folder), *words)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        try_lock(folder)


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", RECORD)
    with pytest.raises(ZeroDivisionError), folder.lock():
        fails(CheckpointError, lambda: try_lock(RunFolder.open(folder.path)), "another")
        raise ZeroDivisionError
    try_lock(folder)


def with_log(path: Path, count: int) -> RunFolder:
    folder = RunFolder.create(path, RECORD)
    with folder.lock():
        for step in range(1, count + 1):
            folder.append_log({"step": step, "loss": 1 / step})
    return folder


def test_the_log_is_a_compact_line_an_entry(tmp_path: Path) -> None:
    folder = with_log(tmp_path / "run", 3)
    lines = (folder.path / "log.jsonl").read_text().splitlines()
    assert lines[2] == '{"loss":0.3333333333333333,"step":3}'
    assert folder.read_log() == [{"step": n, "loss": 1 / n} for n in (1, 2, 3)]


def test_what_is_logged_can_be_read_at_once_and_is_on_disk_after_sync(
    tmp_path: Path,
) -> None:
    folder = RunFolder.create(tmp_path / "run", RECORD)
    with folder.lock():
        folder.append_log({"step": 1})
        folder.sync_log()
        assert (folder.path / "log.jsonl").read_bytes() == b'{"step":1}\n'
        folder.append_log({"step": 2})
        assert folder.read_log() == [{"step": 1}, {"step": 2}]


def test_a_run_without_a_log_has_no_entries(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", RECORD)
    assert folder.read_log() == []
    assert folder.cut_log(10) == []
    assert not (folder.path / "log.jsonl").exists()


def test_an_entry_that_is_no_number_is_refused(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", RECORD)
    action = lambda: folder.append_log({"loss": float("nan")})  # noqa: E731
    fails(CheckpointError, action, "invalid log entry")
    assert folder.read_log() == []


def test_a_log_torn_anywhere_gives_its_whole_lines(tmp_path: Path) -> None:
    folder = with_log(tmp_path / "run", 4)
    log = folder.path / "log.jsonl"
    whole, entries = log.read_bytes(), folder.read_log()
    for length in range(len(whole)):
        log.write_bytes(whole[:length])
        complete = whole[:length].count(b"\n")
        assert folder.read_log()[:complete] == entries[:complete]
        assert len(folder.read_log()) <= complete + (whole[length] == ord("\n"))


@pytest.mark.parametrize("tail", [b"\0" * 30, b"\xff\xfe\n", b"[1]\n", b"[" * 100_000])
def test_a_damaged_tail_is_left_out(tmp_path: Path, tail: bytes) -> None:
    folder = with_log(tmp_path / "run", 2)
    with (folder.path / "log.jsonl").open("ab") as file:
        file.write(tail)
    assert [entry["step"] for entry in folder.read_log()] == [1, 2]


@settings(deadline=None)
@given(st.integers(0, 8), st.integers(0, 10), st.integers(0, 30))
def test_a_log_that_is_cut_and_continued_equals_one_never_broken(
    count: int, step: int, torn: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        whole, cut = with_log(Path(name, "a"), count), with_log(Path(name, "b"), count)
        cut.append_log({"step": 0, "result": {"losses": [1.0]}})
        cut.sync_log()
        log = cut.path / "log.jsonl"
        with log.open("ab") as file:
            file.write(b'{"loss":2.0,"step":9999999999}'[:torn])
        kept = cut.cut_log(step)
        assert kept == whole.read_log()[:step]
        with cut.lock():
            for n in range(len(kept) + 1, count + 1):
                cut.append_log({"step": n, "loss": 1 / n})
        wanted = whole.path / "log.jsonl"
        assert log.read_bytes() == (wanted.read_bytes() if count else b"")


def test_the_next_run_has_the_smallest_number_above_all(tmp_path: Path) -> None:
    assert next_run_path(tmp_path / "runs", "step5") == tmp_path / "runs" / "step5-1"
    for name in (
        "step5-2",
        "step5-10",
        "step5-x",
        "step5-10b",
        "step4-90",
        "gpt2-124m",
    ):
        (tmp_path / name).mkdir()
    assert next_run_path(tmp_path, "step5").name == "step5-11"
    assert next_run_path(tmp_path, "gpt2").name == "gpt2-1"


def test_runs_are_listed_by_number_with_how_far_they_came(tmp_path: Path) -> None:
    for n in (10, 2, 1):
        with_log(tmp_path / f"step5-{n}", n)
    done = RunFolder.open(tmp_path / "step5-2")
    with done.lock():
        done.append_log({"result": {"heldout_loss": 2.5}})
    far = RunFolder.open(tmp_path / "step5-10")
    for step in (5, 9):
        publish(far.checkpoints, Snapshot(step, {}, {}, {}))
    publish(far.checkpoints, Snapshot(10, {}, {}, {}))
    (far.checkpoints / "step-000000010" / "state.json").write_text("{}")
    one, two, ten = list_runs(tmp_path)
    assert [r.path.name for r in (one, two, ten)] == ["step5-1", "step5-2", "step5-10"]
    assert [r.finished for r in (one, two, ten)] == [False, True, False]
    assert [r.step for r in (one, two, ten)] == [0, 0, 9]
    assert two.result == {"heldout_loss": 2.5}
    assert ten.last_loss == 1 / 10
    assert ten.num_steps == 60
    assert not (one.problem or two.problem or ten.problem)


def test_a_broken_run_is_listed_with_its_problem(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "c-1", {"train": "?"})
    (tmp_path / "a-1").mkdir()
    (tmp_path / "b-1").mkdir()
    (tmp_path / "b-1" / "run.json").write_text("{")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").touch()
    problems = [run.problem for run in list_runs(tmp_path)]
    words = ["missing run.json", "is not JSON", "number of steps"]
    assert [word in text for word, text in zip(words, problems, strict=True)] == [
        True
    ] * 3


def test_where_nothing_was_trained_nothing_is_listed(tmp_path: Path) -> None:
    assert list_runs(tmp_path) == list_runs(tmp_path / "absent") == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_is_found_by_its_folder(here: Path) -> None:
    RunFolder.create(Path("runs/step5-1"), RECORD)
    assert resolve_run(Path("runs/step5-1")).path == Path("runs/step5-1")
    assert resolve_run(here / "runs" / "step5-1").record["model"] == {"n_embd": 16}


@pytest.mark.parametrize(
    ("given_path", "words"),
    [
        ("runs/stp5-1", ("unknown run: ", "Did you mean runs/step5-1?")),
        ("step5-2", ("unknown run: ", "Did you mean runs/step5-2?")),
        ("runs", ("unknown run: ", "runs/step5-")),
        ("runs/step5-1/checkpoints", ("part of a run", "folder: runs/step5-1")),
        ("runs/step5-1/checkpoints/step-000000009", ("folder: runs/step5-1",)),
        ("runs/step5-1/run.json", ("part of a run", "folder: runs/step5-1")),
        ("names.txt", ("it is a file",)),
    ],
)
def test_what_is_no_run_is_answered_with_the_one_that_was_meant(
    here: Path, given_path: str, words: tuple[str, ...]
) -> None:
    for n in (1, 2):
        RunFolder.create(Path(f"runs/step5-{n}"), RECORD)
    (here / "names.txt").touch()
    fails(UsageError, lambda: resolve_run(Path(given_path)), *words)


def test_without_any_run_the_answer_is_how_to_train_one(here: Path) -> None:
    fails(UsageError, lambda: resolve_run(here / "x"), "unknown run", "glassgpt train")


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("before")
    for path in (tmp_path, tmp_path / "a" / "b", file):
        check_writable(path)
    assert [item.name for item in tmp_path.iterdir()] == ["model.json"]
    assert file.read_text() == "before"


def test_a_place_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    action = lambda: check_writable(tmp_path / "file" / "a" / "b", "FILE")  # noqa: E731
    fails(UsageError, action, "invalid FILE: ", "a file is in the way")


@contextmanager
def read_only_folder() -> Iterator[Path]:
    """A folder that this user may read and not write; root becomes someone else."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    folder.chmod(0o555)
    try:
        if root:
            os.seteuid(65534)
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="folders there have no such mode")
@pytest.mark.parametrize(
    ("action", "what"),
    [
        (lambda path: RunFolder.create(path / "run", RECORD), "invalid --out: "),
        (lambda path: RunFolder.create(path, RECORD), "invalid --out: "),
        (lambda path: check_writable(path / "run"), "invalid --out: "),
        (lambda path: RunFolder(path, {}).append_log({"step": 1}), "invalid log: "),
        (
            lambda path: publish(path, Snapshot(1, {}, {}, {})),
            "invalid checkpoint folder: ",
        ),
    ],
)
def test_a_read_only_folder_is_told_and_left_alone(action: Any, what: str) -> None:
    with read_only_folder() as folder:
        words = what, "permission denied", "--out"
        fails(CheckpointError, lambda: action(folder), *words)
        assert list(folder.iterdir()) == []
