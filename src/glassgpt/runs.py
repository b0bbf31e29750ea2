"""The run folder: the record, the log, the checkpoints, and the lock on them.

`RUN/run.json` is the record and is written first. `RUN/log.jsonl` holds a line a
logged step and, at the end, one with the result. `RUN/checkpoints` belongs to
`checkpoint.py`.
"""

import difflib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from glassgpt import checkpoint
from glassgpt.errors import (
    CheckpointError,
    GlassGPTError,
    UsageError,
    invalid,
    missing,
    shown,
    unknown,
)
from glassgpt.files import (
    TEMPORARY,
    cannot_write,
    json_bytes,
    make_folder,
    reason,
    replace_file,
)

FORMAT = 1
RECORD = "run.json"
LOG = "log.jsonl"
LOCK = ".lock"
_AGAIN = "Train it again into another folder with --out."
_READABLE = "Check that you may read it."


class RunFolder:
    """One run on disk. Make it with `create`, or `open` one that is there."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self.path = path
        self.record = dict(record)
        self.checkpoints = path / "checkpoints"
        self._log: BinaryIO | None = None

    @classmethod
    def create(cls, path: Path, record: Mapping[str, Any]) -> "RunFolder":
        """Make the folder and its parents, and write `record` (JSON) into it.

        Raises UsageError when something is there already, CheckpointError when the
        folder cannot be written.
        """
        text = json_bytes({**record, "format": FORMAT}, indent=2)
        _refuse_used(path)
        try:
            make_folder(path)
            with _locked(path):
                _refuse_used(path)
                replace_file(path / RECORD, text)
        except (FileExistsError, NotADirectoryError) as error:
            raise _in_the_way("--out", path) from error
        except OSError as error:
            raise cannot_write("--out", path, error) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Read the record of a run. Raises CheckpointError when there is none to read.

        `record` is what `create` was given, as JSON gives it back (lists for tuples).
        """
        try:
            record = json.loads((path / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            remedy = "Start one there without --resume, or see: glassgpt runs"
            what = f"{RECORD} in {shown(path)}"
            raise missing(what, remedy, CheckpointError) from None
        except OSError as error:
            why, remedy = f"{RECORD} cannot be read, {reason(error)}", _READABLE
            raise _broken(path, why, remedy) from error
        except (ValueError, RecursionError):
            raise _broken(path, f"{RECORD} is not JSON") from None
        form = record.pop("format", None) if isinstance(record, dict) else None
        if form != FORMAT:
            raise _broken(path, f"{RECORD} has format {shown(form)}, not {FORMAT}")
        return cls(path, record)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run while training; the log is written out and closed at the end.

        The system drops the lock with the process, however that ends. Raises
        CheckpointError when it is held already.
        """
        with _locked(self.path):
            try:
                yield
                self.sync_log()
            finally:
                self._close_log()

    def append_log(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the log: {"step": 1, "loss": 3.3}, {"result": {...}}.

        It may stay in memory until `sync_log`. To go on after a kill, `cut_log` first.
        """
        try:
            line = json_bytes(entry)
        except (TypeError, ValueError) as error:
            remedy = "It holds JSON values and no NaN or infinity."
            why = str(error)
            raise invalid("log entry", entry, why, remedy, CheckpointError) from error
        try:
            if self._log is None:
                self._log = (self.path / LOG).open("ab")
            self._log.write(line)
        except OSError as error:
            raise cannot_write("log", self.path / LOG, error) from error

    def sync_log(self) -> None:
        """Write what was logged through to the disk; do so before each checkpoint."""
        if self._log is None:
            return
        try:
            self._log.flush()
            os.fsync(self._log.fileno())
        except OSError as error:
            raise cannot_write("log", self.path / LOG, error) from error

    def read_log(self) -> list[dict[str, Any]]:
        """The log's entries, up to the first line that is torn or damaged."""
        try:
            if self._log is not None:
                self._log.flush()
            lines = (self.path / LOG).read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _broken(
                self.path, f"{LOG} cannot be read, {reason(error)}"
            ) from error
        return list(_entries(lines))

    def cut_log(self, step: int) -> list[dict[str, Any]]:
        """Keep the entries up to `step` and no result, and give them back."""
        kept = [e for e in self.read_log() if _is_up_to(step, e)]
        self._close_log()
        try:
            if (self.path / LOG).exists():
                replace_file(self.path / LOG, b"".join(map(json_bytes, kept)))
        except OSError as error:
            raise cannot_write("log", self.path / LOG, error) from error
        return kept

    def _close_log(self) -> None:
        with suppress(
            OSError
        ):  # sync_log has told of it, or another error is under way
            if self._log is not None:
                self._log.close()
        self._log = None


class FollowedRun(RunFolder):
    """A run that another process leads: it is read here, and its log is not written."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The leader holds it."""
        yield

    def append_log(self, entry: Mapping[str, Any]) -> None:
        """The leader does."""

    def sync_log(self) -> None:
        """The leader does."""

    def cut_log(self, step: int) -> list[dict[str, Any]]:
        """The entries up to `step` and no result; the leader cuts the file."""
        return [e for e in self.read_log() if _is_up_to(step, e)]


@dataclass(frozen=True)
class RunSummary:
    """A line of `glassgpt runs`. `problem` says why a folder could not be read."""

    path: Path
    record: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    num_steps: int = 0
    last_loss: float | None = None
    result: dict[str, Any] | None = None
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether the run came to its end and logged its result."""
        return self.result is not None


def list_runs(root: Path) -> list[RunSummary]:
    """The folders in `root`, step5-2 before step5-10. No damage raises an error."""
    return [_summary(path) for path in _folders(root)]


def next_run_path(root: Path, preset: str) -> Path:
    """`root/preset-n`, n being one above the largest there is."""
    names = [path.name for path in root.iterdir()] if root.is_dir() else []
    found = [re.fullmatch(re.escape(preset) + "-([0-9]+)", name) for name in names]
    largest = max((int(match[1]) for match in found if match), default=0)
    return root / f"{preset}-{largest + 1}"


def resolve_run(path: Path) -> RunFolder:
    """The run in the folder `path`. The errors name the folder that was meant."""
    if (path / RECORD).is_file():
        return RunFolder.open(path)
    for above in list(path.parents)[:2]:
        if (above / RECORD).is_file():
            why = "it is a part of a run"
            raise invalid("run", path, why, f"Give the run's folder: {above}")
    if path.is_file():
        remedy = "Give the folder of a run; glassgpt runs lists them."
        raise invalid("run", path, "it is a file, not a folder", remedy)
    roots = dict.fromkeys([path, path.parent, Path("runs")])
    names = [str(p) for root in roots for p in _folders(root) if (p / RECORD).is_file()]
    if not names:
        remedy = "There is none yet. Train one: glassgpt train"
        raise UsageError(f"unknown run: {shown(path)}", remedy)
    near = difflib.get_close_matches(str(path), names, n=3)
    raise unknown("run", path, near or names[-3:])


def check_writable(path: Path, what: str = "--out") -> None:
    """Check, before the work, that a file or folder `path` can be written or made.

    Raises UsageError when a file stands where a folder is needed, CheckpointError when
    the place is read-only or full. Nothing is left behind.
    """
    try:
        if path.is_file():
            path.open("ab").close()
            return
        while not os.path.lexists(path):
            path = path.parent
        if not path.is_dir():
            raise _in_the_way(what, path)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise cannot_write(what, path, error) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = FileLock(path / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        why = "another process is training there"
        remedy = "Let it end, or choose another folder with --out."
        raise invalid("--out", path, why, remedy, CheckpointError) from None
    except OSError as error:
        raise cannot_write("--out", path, error) from error
    try:
        yield
    finally:
        lock.release()


def _refuse_used(path: Path) -> None:
    try:
        names = {item.name for item in path.iterdir()}
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise _in_the_way("--out", path) from error
    except OSError as error:
        raise cannot_write("--out", path, error) from error
    if RECORD in names:
        remedy = "Go on with it: --resume, or choose another folder with --out."
        raise invalid("--out", path, "it already holds a run", remedy)
    if any(name != LOCK and not name.startswith(TEMPORARY) for name in names):
        remedy = "Choose a new or an empty folder with --out."
        raise invalid("--out", path, "it holds other files", remedy)


def _in_the_way(what: str, path: Path) -> GlassGPTError:
    remedy = f"Choose another place for {what}, or move the file."
    return invalid(what, path, "a file is in the way", remedy)


def _broken(path: Path, why: str, remedy: str = _AGAIN) -> GlassGPTError:
    return invalid("run", path, why, remedy, CheckpointError)


def _entries(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(entry, dict):
            return
        yield entry


def _is_up_to(step: int, entry: Mapping[str, Any]) -> bool:
    at = entry.get("step")
    return isinstance(at, int) and at <= step and "result" not in entry


def _folders(root: Path) -> list[Path]:
    try:
        found = [p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError:
        return []
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[str, int]]:
    parts = re.findall(r"([^0-9]*)([0-9]*)", path.name)
    return [(text, int(digits or 0)) for text, digits in parts]


def _summary(path: Path) -> RunSummary:
    try:
        folder = RunFolder.open(path)
        log = folder.read_log()
        whole = [
            s for s in checkpoint.steps(folder.checkpoints) if _is_whole(folder, s)
        ]
    except GlassGPTError as error:
        return RunSummary(path, problem=str(error))
    train = folder.record.get("train")
    num_steps = train.get("num_steps") if isinstance(train, dict) else None
    if not isinstance(num_steps, int):
        why = f"{RECORD} does not name its number of steps"
        return RunSummary(path, folder.record, problem=str(_broken(path, why)))
    losses = [e["loss"] for e in log if isinstance(e.get("loss"), int | float)]
    results = [e["result"] for e in log if isinstance(e.get("result"), dict)]
    return RunSummary(
        path,
        folder.record,
        max(whole, default=0),
        num_steps,
        losses[-1] if losses else None,
        results[-1] if results else None,
    )


def _is_whole(folder: RunFolder, step: int) -> bool:
    return checkpoint.looks_whole(folder.checkpoints / checkpoint.step_name(step))
