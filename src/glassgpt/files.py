"""Files that last: written through to the disk, or not there at all."""

import errno
import json
import os
import stat
import tempfile
from pathlib import Path

from glassgpt.errors import CheckpointError, GlassGPTError, invalid

TEMPORARY = ".tmp-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_file(path: Path, data: bytes) -> None:
    """Write `data` to `path`, through to the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make `path` and its parents where they are missing, through to the disk."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in `path` last. Windows cannot: there it does nothing."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of `path`; a kill leaves the old bytes or the new."""
    temporary = path.with_name(TEMPORARY + path.name)
    try:
        write_file(temporary, data)
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_file(path: Path) -> bytes:
    """The bytes of a file. Raises OSError for a pipe or a device: it may never end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return path.read_bytes()


def json_bytes(value: object, indent: int | None = None) -> bytes:
    """JSON in one form: keys sorted, floats by repr, ASCII, ended by a newline.

    Raises ValueError or TypeError for NaN, infinity and what JSON has no word for.
    """
    marks = (",", ":") if indent is None else None
    text = json.dumps(
        value, sort_keys=True, indent=indent, separators=marks, allow_nan=False
    )
    return text.encode("ascii") + b"\n"


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
            raise in_the_way(what, path)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise cannot_write(what, path, error) from error


def cannot_write(what: str, path: Path, error: OSError) -> GlassGPTError:
    """The error for a full disk, a read-only folder and the like."""
    if what == "FILE":
        remedy = "Make room, or name a place where you may write."
    elif error.errno in _FULL:
        remedy = "Make room, then go on with --resume: what was saved before is intact."
    else:
        remedy = "Choose a folder that you may write to, with --out."
    return invalid(what, path, reason(error), remedy, CheckpointError)


def in_the_way(what: str, path: Path) -> GlassGPTError:
    """The error for a file that stands where a folder is needed."""
    remedy = f"Choose another place for {what}, or move the file."
    return invalid(what, path, "a file is in the way", remedy)


def reason(error: OSError) -> str:
    """What the system says of `error`, in small letters and without the path."""
    return (error.strerror or str(error)).lower()
