"""Bad input of every kind: a line that names it, a line with the remedy, no harm done.

The cases are in bad_input.txt, as a person sees them: the command line, the exit
status, the two lines. Nothing may be on stdout, and no file may change.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.bad_files import fill
from support.commands import LIMIT, TINY, Done, environment, glassgpt, snapshot

from glassgpt.cli import run as run_command


@dataclass(frozen=True)
class Case:
    """A command line, its exit status, and the two lines; `…` stands for the rest."""

    words: str
    status: int
    line: str
    remedy: str

    def check(self, done: Done) -> None:
        assert (done.status, done.out) == (self.status, ""), done
        assert len(done.error) == 2 and done.err.endswith("\n"), done.err
        for wanted, line in zip((self.line, self.remedy), done.error, strict=True):
            begin, cut, _ = wanted.partition("…")
            assert line.startswith(begin) if cut else line == wanted


def cases() -> list[Case]:
    """The cases of bad_input.txt."""
    text = (Path(__file__).parent / "bad_input.txt").read_text(encoding="utf-8")
    pattern = r"^\$ (.*)\n\[(\d)\] (.*)\n    (.*)$"
    found = re.findall(pattern, text, re.MULTILINE)
    assert len(found) == text.count("$ ")
    return [Case(words, int(status), *lines) for words, status, *lines in found]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """The folder that all cases run in, for none of them changes it."""
    folder = tmp_path_factory.mktemp("world")
    fill(folder, trained)
    return folder


@pytest.fixture(scope="module")
def before(world: Path) -> dict[str, str]:
    return snapshot(world)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.words)
def test_bad_input_is_one_line_and_its_remedy_and_changes_nothing(
    case: Case,
    world: Path,
    before: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(world)
    monkeypatch.setenv("GLASSGPT_CACHE", str(world / "cache"))
    status = run_command(case.words.split())
    written = capsys.readouterr()
    case.check(Done(status, written.out, written.err))
    assert snapshot(world) == before


@pytest.mark.parametrize("words", ["eval nowhere", "train --sede 3", "runs nowhere"])
def test_with_json_an_error_is_an_object_on_stdout_too(
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    status = run_command([*words.split(), "--json"])
    written = capsys.readouterr()
    line, remedy = written.err.splitlines()
    assert json.loads(written.out) == {
        **{"event": "error", "error": line, "remedy": remedy, "status": status}
    }


def test_a_line_stays_one_line_whatever_the_value_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = "a\nb\x1b[2J" + "c" * 500
    for words in (
        ["train", "--data", odd],
        ["train", "--preset", odd],
        ["train", "--set", odd],
        ["train", "--set", f"{odd}=1"],
        ["train", "--set", f"n_embd={odd}"],
        ["train", "--steps", odd],
        ["train", f"--{odd}"],
        ["train", odd],
        [odd],
        ["sample", odd],
        ["export", odd, "x", "--to", "json"],
        ["data", "inspect", odd],
        ["data", "fetch", "karpathy-names", "--from", odd],
        ["train", "--resume", "--out", odd],
        ["train", "--out", f"{odd}/x"],
        ["runs", odd],
    ):
        status = run_command(words)
        written = capsys.readouterr()
        assert status in (1, 2), words
        assert len(written.err.splitlines()) == 2, (words, written.err)
        assert "\x1b" not in written.err
        assert len(written.err.splitlines()[0]) < 300
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", ["data list", "train --step 0 --steps 2", "--help"])
def test_a_closed_stdout_is_an_error(words: str, tmp_path: Path) -> None:
    done = shell(f"{words} >&-", tmp_path)
    Case(words, 1, "invalid stdout: closed", "Leave it open, …").check(done)
    assert not list(tmp_path.iterdir())


def test_a_closed_stderr_hides_what_goes_there_and_no_more(tmp_path: Path) -> None:
    done = shell("train --step 0 --steps 2 --out run 2>&-", tmp_path)
    assert (done.status, done.lines[-1]) == (0, "run: run")
    assert shell("show 9 2>&-", tmp_path).status == 2
    assert shell("show 9 >&- 2>&-", tmp_path).status == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="not run: no /dev/full")
@pytest.mark.parametrize("words", ["show 5", "data list", "--help", "--version"])
def test_a_stdout_without_room_is_an_error(words: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = glassgpt(*words.split(), cwd=tmp_path, stdout=full)
    line = "invalid output: stdout; no space left on device"
    Case(words, 1, line, "Make room, or send the output elsewhere.").check(done)


def shell(words: str, cwd: Path) -> Done:
    """A command line with redirections."""
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m glassgpt {words}"],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    return Done(done.returncode, done.stdout, done.stderr)


# everything is loaded as ourselves: another user may not be able to read Python
_AS_ANOTHER = """
import contextlib, io, os, sys
from glassgpt.cli import main, run
quiet = io.StringIO()
with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
    run(["train", "--steps", "1", "--data", "words.txt", "--out", "warm/run"])
    run(["export", "warm/run", "warm/model", "--to", "json"])
os.chdir("locked")
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
main(sys.argv[1:])
"""


@contextmanager
def locked_folder() -> Iterator[Path]:
    """A folder that another user can look into and not write to, with a secret."""
    above = Path(tempfile.mkdtemp())
    above.chmod(0o755)
    (above / "words.txt").write_text("emma\nolivia\nava\n")
    locked = above / "locked"
    locked.mkdir()
    for name in ("secret.txt", "sealed/run.json"):
        path = locked / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("emma\n")
        path.chmod(0)
    (locked / "shut").mkdir()
    (locked / "shut").chmod(0)
    (locked / "open.txt").write_text("emma\nava\n")
    locked.chmod(0o555)
    try:
        yield locked
    finally:
        for folder in (locked, locked / "shut"):
            folder.chmod(0o755)
        shutil.rmtree(above)


@pytest.mark.skipif(os.name == "nt", reason="not run: there are no such modes there")
@pytest.mark.parametrize(
    ("words", "line", "remedy"),
    [
        (
            "data inspect secret.txt",
            "invalid data: secret.txt; it cannot be read: permission denied",
            "Check the path and that you may read the file.",
        ),
        (
            f"train --data secret.txt --steps 2 {' '.join(TINY)}",
            "invalid data: secret.txt; it cannot be read: permission denied",
            "Check the path and that you may read the file.",
        ),
        (
            "data fetch karpathy-names --from secret.txt",
            "invalid data: secret.txt; permission denied",
            "Name the file you have.",
        ),
        (
            f"train --data open.txt --steps 2 {' '.join(TINY)} --out new",
            "invalid --out: new; permission denied",
            "Choose a folder that you may write to, with --out.",
        ),
        (
            f"train --data open.txt --steps 2 {' '.join(TINY)}",
            "invalid --out: runs/step5-1; permission denied",
            "Choose a folder that you may write to, with --out.",
        ),
        (
            "export ../warm/run model.json --to json",
            "invalid FILE: .; permission denied",
            "Make room, or name a place where you may write.",
        ),
        (
            "sample shut",
            "invalid file: shut/run.json; permission denied",
            "Check the path, your rights there and the room on the disk.",
        ),
        (
            "sample sealed",
            "invalid run: sealed; run.json cannot be read, permission denied",
            "Check that you may read it.",
        ),
    ],
)
def test_what_another_user_may_not_read_or_write_is_an_error(
    words: str, line: str, remedy: str
) -> None:
    with locked_folder() as locked:
        done = subprocess.run(
            [sys.executable, "-c", _AS_ANOTHER, *words.split()],
            cwd=locked.parent,
            env=environment(GLASSGPT_CACHE=str(locked.parent / "cache")),
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        assert sorted(path.name for path in locked.iterdir()) == [
            *("open.txt", "sealed", "secret.txt", "shut")
        ]
    found = Done(done.returncode, done.stdout, done.stderr)
    Case(words, 1, line, remedy).check(found)
