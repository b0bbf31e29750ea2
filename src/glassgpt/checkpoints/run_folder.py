"""The run folder: the record, the log, the checkpoints, and the lock on them.

`RUN/run.json` is the record and is written first. `RUN/log.jsonl` holds a line a
logged step and, at the end, one with the result. `RUN/checkpoints` belongs to
`format`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from filelock import FileLock, Timeout

from glassgpt.errors import CheckpointError, GlassGPTError, invalid, missing, shown
from glassgpt.files import (
    TEMPORARY,
    cannot_write,
    in_the_way,
    json_bytes,
    make_folder,
    read_file,
    reason,
    replace_file,
)

FORMAT = 1
RECORD = "run.json"
LOG = "log.jsonl"
LOCK = ".lock"
_AGAIN = "Train it again into another folder with --out."
_READABLE = "Check that you may read it."


class ReadOnlyFolder:
    """One run on disk, to read; `open` one that is there.

    A process that follows another trains with it: what only the leader writes, it does
    not.
    """

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self.path = path
        self.record = dict(record)
        self.checkpoints = path / "checkpoints"

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the record of a run. Raises CheckpointError when there is none to read.

        `record` is what `create` was given, as JSON gives it back (lists for tuples).
        """
        return cls(path, _read_record(path))

    def read_log(self) -> list[dict[str, Any]]:
        """The log's entries, up to the first line that is torn or damaged."""
        try:
            lines = read_file(self.path / LOG).split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            why = f"{LOG} cannot be read, {reason(error)}"
            raise broken_run(self.path, why) from error
        return list(_entries(lines))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run while training. Here the leader does, and nothing is held."""
        yield

    def rewrite(self, **facts: object) -> None:
        """Change facts of the record. Here the leader does."""

    def append_log(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the log. Here the leader does."""

    def sync_log(self) -> None:
        """Write what was logged through to the disk. Here the leader does."""

    def cut_log(self, step: int) -> list[dict[str, Any]]:
        """The entries up to `step` and no result. Here the leader cuts the file."""
        return [entry for entry in self.read_log() if _is_up_to(step, entry)]


class RunFolder(ReadOnlyFolder):
    """One run on disk, to write. Make it with `create`, or `open` one that is there."""

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        super().__init__(path, record)
        self._log: BinaryIO | None = None

    @classmethod
    def create(cls, path: Path, record: Mapping[str, Any]) -> Self:
        """Make the folder and its parents, and write `record` (JSON) into it.

        Raises UsageError when something is there already, CheckpointError when the
        folder cannot be written.
        """
        text = _written(record)
        _refuse_used(path)
        try:
            make_folder(path)
            with _locked(path):
                _refuse_used(path)
                replace_file(path / RECORD, text)
        except (FileExistsError, NotADirectoryError) as error:
            raise in_the_way("--out", path) from error
        except OSError as error:
            raise cannot_write("--out", path, error) from error
        return cls.open(path)

    def rewrite(self, **facts: object) -> None:
        """Change facts of the record, where they differ. The caller holds the lock."""
        changed = {**self.record, **facts}
        if changed == self.record:
            return
        try:
            replace_file(self.path / RECORD, _written(changed))
        except OSError as error:
            raise cannot_write("run", self.path / RECORD, error) from error
        self.record = changed

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
        except OSError as error:
            why = f"{LOG} cannot be read, {reason(error)}"
            raise broken_run(self.path, why) from error
        return super().read_log()

    def cut_log(self, step: int) -> list[dict[str, Any]]:
        """Keep the entries up to `step` and no result, and give them back."""
        kept = super().cut_log(step)
        self._close_log()
        try:
            if (self.path / LOG).exists():
                replace_file(self.path / LOG, b"".join(map(json_bytes, kept)))
        except OSError as error:
            raise cannot_write("log", self.path / LOG, error) from error
        return kept

    def _close_log(self) -> None:
        # sync_log has told of it, or another error is under way
        with suppress(OSError):
            if self._log is not None:
                self._log.close()
        self._log = None


def _written(record: Mapping[str, Any]) -> bytes:
    """run.json as it is on the disk."""
    return json_bytes({**record, "format": FORMAT}, indent=2)


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
        raise in_the_way("--out", path) from error
    except OSError as error:
        raise cannot_write("--out", path, error) from error
    if RECORD in names:
        remedy = "Go on with it: --resume, or choose another folder with --out."
        raise invalid("--out", path, "it already holds a run", remedy)
    if any(name != LOCK and not name.startswith(TEMPORARY) for name in names):
        remedy = "Choose a new or an empty folder with --out."
        raise invalid("--out", path, "it holds other files", remedy)


def broken_run(path: Path, why: str, remedy: str = _AGAIN) -> GlassGPTError:
    """The error for a run folder that cannot be read."""
    return invalid("run", path, why, remedy, CheckpointError)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(read_file(path / RECORD))
    except (FileNotFoundError, NotADirectoryError):
        remedy = "Start one there without --resume, or see: glassgpt runs"
        what = f"{RECORD} in {shown(path)}"
        raise missing(what, remedy, CheckpointError) from None
    except OSError as error:
        why, remedy = f"{RECORD} cannot be read, {reason(error)}", _READABLE
        raise broken_run(path, why, remedy) from error
    except (ValueError, RecursionError):
        raise broken_run(path, f"{RECORD} is not JSON") from None
    form = record.pop("format", None) if isinstance(record, dict) else None
    if form != FORMAT:
        raise broken_run(path, f"{RECORD} has format {shown(form)}, not {FORMAT}")
    return dict(record)


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
