"""Ways to run the command line: in this process, as another one, in a terminal."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassgpt.config import preset
from glassgpt.engines import choose

# a run of milliseconds, for what does not depend on its size
TINY = (
    *("--set", "n_embd=4", "--set", "n_head=2"),
    *("--set", "block_size=6", "--set", "eval_docs=20"),
)
# long enough to be stopped on the way, whatever the machine
LONG = (
    *("--step", "2", "--engine", "reference"),
    *(*TINY[:2], *TINY[4:], "--steps", "240"),
    *("--set", "checkpoint_every=120"),
)
# the engine that "auto" is here
ENGINE = choose("auto", preset("step5"))[0].name
LIMIT = 300  # seconds; only a hang takes so long
_COMMAND = (sys.executable, "-m", "glassgpt")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Done:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.out.splitlines()

    @property
    def error(self) -> tuple[str, ...]:
        """The lines on stderr."""
        return tuple(self.err.splitlines())

    @property
    def json(self) -> list[dict[str, Any]]:
        """Every line on stdout as JSON; fails where one is not."""
        return [json.loads(line) for line in self.lines]

    def of(self, event: str) -> list[dict[str, Any]]:
        """The JSON lines of one kind."""
        return [line for line in self.json if line.get("event") == event]


# what the fixture `call` is: `glassgpt` in this process
Call = Callable[..., Done]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what changes how output looks."""
    looks = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in looks}
    return {**kept, **changes}


def glassgpt(
    *args: object,
    cwd: Path,
    stdin: str | None = None,
    env: dict[str, str] | None = None,
    **options: Any,
) -> Done:
    """Run `glassgpt` as a process of its own."""
    done = subprocess.run(
        [*_COMMAND, *map(str, args)],
        cwd=cwd,
        env=environment(**(env or {})),
        input=stdin,
        text=True,
        encoding="utf-8",
        **{
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "timeout": LIMIT,
            **options,
        },
    )
    return Done(done.returncode, done.stdout or "", done.stderr or "")


@contextlib.contextmanager
def started(
    *args: object, cwd: Path, stdin: Any = None
) -> Iterator[subprocess.Popen[str]]:
    """`glassgpt`, running; it is killed if it has not ended by itself."""
    with subprocess.Popen(
        [*_COMMAND, *map(str, args)],
        cwd=cwd,
        env=environment(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def in_terminal(*args: object, cwd: Path, **env: str) -> tuple[int, str]:
    """Run `glassgpt` in a terminal of 100 columns: its status and all it drew."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    with subprocess.Popen(
        [*_COMMAND, *map(str, args)],
        cwd=cwd,
        env=environment(**{"TERM": "xterm-256color", **env}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        drawn = b"".join(_reads(ours))
        os.close(ours)
    return process.returncode, drawn.decode("utf-8").replace("\r\n", "\n")


def _reads(handle: int) -> Iterator[bytes]:
    """All that comes out of a terminal until its last process has gone."""
    try:
        while data := os.read(handle, 65536):
            yield data
    except OSError as error:
        if error.errno != errno.EIO:  # how Linux says that nobody is there
            raise


def without_colour(drawn: str) -> str:
    """What was drawn, less the escape sequences."""
    return _ESCAPE.sub("", drawn)


def snapshot(folder: Path) -> dict[str, str]:
    """Every file and folder below `folder`, with the sha256 of what it holds."""
    return {
        str(path.relative_to(folder)): "a folder"
        if path.is_dir()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
    }


def results_of(run: Path) -> tuple[list[float], list[str], dict[str, str]]:
    """A finished run's losses, samples and the hash of each file of its weights."""
    entries = [
        json.loads(line) for line in (run / "log.jsonl").read_text().split("\n")[:-1]
    ]
    texts = [sample["text"] for sample in entries[-1]["result"]["samples"]]
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    return losses, texts, snapshot(run / "checkpoints")
