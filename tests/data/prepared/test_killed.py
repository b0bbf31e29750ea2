"""Killed at any moment and run again, a preparation makes the same bytes."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import slow_disk, small

from glassgpt.data.prepared import prepare as preparing
from glassgpt.data.prepared.job import Job
from glassgpt.data.prepared.prepare import Progress, prepare
from glassgpt.errors import Interrupted
from glassgpt.files import replace_file

LIMIT = 120.0
# a dozen shards, and a third of a second to write them
_SLOW = 0.015


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "names"
    path.write_text("\n".join(small.names(900)))
    return path


def command(source: Path, out: Path, tokenizer: str) -> list[str]:
    return [
        *(sys.executable, "-m", "glassgpt", "data", "prepare", str(source)),
        *("--out", str(out), "--tokenizer", tokenizer, "--shard-tokens", "500"),
    ]


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
    }


def begin(source: Path, out: Path, tokenizer: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(source, out, tokenizer),
        env={**os.environ, **slow_disk(_SLOW)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], out: Path, shards: int) -> bool:
    """Kill as soon as so many files of shards are there; whether it was in time."""
    end = time.monotonic() + LIMIT
    while process.poll() is None and time.monotonic() < end:
        if len([*out.parent.glob(f".tmp-{out.name}-*/*-*.bin")]) >= shards:
            break
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), told
    return process.returncode != 0


def check_kills(source: Path, tmp_path: Path, tokenizer: str, moments: range) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    prepare(Job((str(source),), tokenizer, shard=500), whole)
    killed = 0
    for files in moments:
        killed += kill_after(begin(source, out, tokenizer), out, files)
        if out.exists():
            break
    assert killed >= len(moments) // 2
    done = subprocess.run(
        command(source, out, tokenizer), capture_output=True, text=True, check=True
    )
    assert hashes(out) == hashes(whole)
    assert hashes(whole)["manifest.json"] in done.stdout
    assert not [*tmp_path.glob(".tmp-*")]


def test_a_killed_preparation_goes_on_to_the_same_bytes(
    source: Path, tmp_path: Path
) -> None:
    check_kills(source, tmp_path, "char", range(0, 20, 5))


@pytest.mark.full
@pytest.mark.parametrize("tokenizer", ["char", "bytes", "bpe"])
def test_killed_at_many_moments_it_goes_on_to_the_same_bytes(
    tokenizer: str, source: Path, tmp_path: Path
) -> None:
    check_kills(source, tmp_path, tokenizer, range(0, 16, 2))


class Stop(BaseException):
    """What no code foresees."""


@pytest.mark.parametrize("tokenizer", ["char", "bytes", "bpe"])
def test_stopped_after_any_shard_it_makes_the_same_bytes(
    tokenizer: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "stopped"
    job = Job((str(source), str(source)), tokenizer, vocab_size=300, shard=1500)
    prepare(job, whole)
    stopped = 0

    def keep_and_stop(path: Path, data: bytes) -> None:
        replace_file(path, data)
        if path.name == preparing.PROGRESS:
            raise Stop

    monkeypatch.setattr(preparing, "replace_file", keep_and_stop)
    while stopped <= len(list(whole.glob("tokens-*"))):
        with pytest.raises(Stop):
            prepare(job, out)
        stopped += 1
    monkeypatch.setattr(preparing, "replace_file", replace_file)
    prepare(job, out)
    assert hashes(out) == hashes(whole)


def test_a_second_time_it_does_nothing(source: Path, tmp_path: Path) -> None:
    job = Job((str(source),), shard=3000)
    first = prepare(job, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert prepare(job, tmp_path / "out") == first
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert before == after


def test_other_files_are_not_mixed_with_what_was_begun(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def stop(progress: Progress) -> None:
        if progress.tokens > 1000:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="stopped, and kept what is ready"):
        prepare(Job((str(source),), shard=500), out, stop)
    assert len([*tmp_path.glob(".tmp-out-*")]) == 1 and not out.exists()
    source.write_text("\n".join(small.names(50)))
    prepare(Job((str(source),), shard=500), out)
    prepare(Job((str(source),), shard=500), tmp_path / "new")
    assert hashes(out) == hashes(tmp_path / "new")
    assert not [*tmp_path.glob(".tmp-*")]


def test_a_damaged_beginning_is_begun_anew(source: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.tokens > 2000:
            raise KeyboardInterrupt

    job = Job((str(source),), shard=500)
    prepare(job, tmp_path / "whole")
    for name in ("progress.json", "tokenizer.json", "tokens-000001.bin"):
        with pytest.raises(Interrupted):
            prepare(job, tmp_path / "out", stop)
        (staging,) = tmp_path.glob(".tmp-out-*")
        (staging / name).write_bytes(b"{}")
    prepare(job, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(tmp_path / "whole")


def test_the_bytes_depend_on_no_path_and_no_time(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "other-name"
    other.parent.mkdir()
    other.write_bytes(source.read_bytes())
    os.utime(other, (1, 1))
    made = []
    for file in (source, other):
        out = file.parent / "out"
        subprocess.run(command(file, out, "bpe"), check=True, capture_output=True)
        made.append(hashes(out))
    assert made[0] == made[1]
