"""Runs that an old program wrote load, write the same names, and go on to its bytes."""

import hashlib
import json
import platform
import shutil
from pathlib import Path

import pytest
from support import small

import glassgpt

OLD = Path(__file__).parents[1] / "fixtures" / "old_runs"
EXPECTED = json.loads((OLD / "expected.json").read_text())
STOPPED = sorted(path.name for path in OLD.glob("*-stopped"))
FINISHED = sorted(path.name for path in OLD.glob("*-finished"))
LAST = "step-000000030"


def computes_the_same_bits() -> bool:
    """Whether this machine rounds as the one where they were written.

    Python sums otherwise since 3.12; the kernel's vectors are those of AVX2.
    """
    if platform.python_version_tuple()[:2] != ("3", "11"):
        return False
    facts = Path("/proc/cpuinfo")
    return facts.exists() and "avx2" in facts.read_text().split()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them all, and the documents where their records look for them."""
    monkeypatch.delenv("GLASSGPT_ISA", raising=False)
    copy = Path(shutil.copytree(OLD, tmp_path / "runs"))
    monkeypatch.chdir(copy)
    return copy


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lines_before_the_result(run: Path) -> bytes:
    lines = (run / "log.jsonl").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if b'"result"' not in line)


def test_there_are_old_runs_of_every_kind() -> None:
    records = [glassgpt.load(OLD / name).config for name in (*STOPPED, *FINISHED)]
    assert {record.model.step for record in records} == {0, 1, 3, 5}
    assert "pack" in {record.train.doc_mode for record in records}
    assert "bytes" in {record.train.tokenizer for record in records}
    assert len(STOPPED) == 6 and len(FINISHED) == 2


@pytest.mark.parametrize("name", STOPPED)
def test_an_old_run_goes_on_to_the_bytes_of_the_old_program(
    name: str, folder: Path
) -> None:
    heard, expected = small.Heard(), EXPECTED[name.split("-")[0]]
    run = glassgpt.train(out=folder / name, resume=True, on_event=heard)
    assert heard.names()[0] == "Started 12"
    assert run.losses[-1] == pytest.approx(expected["last loss"], rel=1e-6)
    assert len(run.losses) == 30
    if not computes_the_same_bits():
        return
    files = sorted((folder / name / "checkpoints" / LAST).iterdir())
    assert {file.name: sha256(file.read_bytes()) for file in files} == {
        key: value for key, value in expected.items() if "." in key and " " not in key
    }
    log = lines_before_the_result(folder / name)
    assert sha256(log) == expected["log.jsonl without result"]
    assert run.samples == expected["samples"]
    assert run.sample(5) == expected["written"]


@pytest.mark.parametrize("name", FINISHED)
def test_an_old_finished_run_loads_and_is_left_as_it_is(
    name: str, folder: Path
) -> None:
    expected, before = (
        EXPECTED[name.split("-")[0]],
        small.checkpoint_hashes(folder / name),
    )
    log = (folder / name / "log.jsonl").read_bytes()
    for run in (
        glassgpt.load(folder / name),
        glassgpt.train(out=folder / name, resume=True),
    ):
        assert run.samples == expected["samples"]
        assert run.sample(5) == expected["written"]
        assert run.losses[-1] == expected["last loss"]
        measured = run.evaluate()
        assert measured and measured.loss == pytest.approx(run.heldout_loss, rel=1e-9)
    assert small.checkpoint_hashes(folder / name) == before and before
    assert (folder / name / "log.jsonl").read_bytes() == log


@pytest.mark.parametrize("name", FINISHED)
def test_an_old_run_saved_anew_has_the_files_that_it_had(
    name: str, folder: Path
) -> None:
    run = glassgpt.load(folder / name)
    saved = run.save(folder / "saved")
    assert small.checkpoint_hashes(saved) == small.checkpoint_hashes(folder / name)
    assert (saved / "run.json").read_bytes() == (
        folder / name / "run.json"
    ).read_bytes()
