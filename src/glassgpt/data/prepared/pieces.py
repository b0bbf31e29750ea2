"""Files that are read in pieces, and what is wrong with some of them.

A piece depends on where the one before ended and on nothing else, so that a job that
was killed goes on with the same pieces. Only one piece is in memory.
"""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from glassgpt.data.documents import (
    LONGEST_DOCUMENT,
    count_line_ends,
    require_no_mark,
    unreadable,
)
from glassgpt.errors import DataError, GlassGPTError, invalid, missing, shown

# bytes that are read at a time, and that one line or one file may have
PIECE = 4 << 20
LONGEST = 16 << 20
CHUNK = 1 << 20
# where a line ends: of text by the rule of docs/documents.md, of JSON at LF alone
LineEnds = tuple[bytes, ...]
OF_TEXT: LineEnds = (b"\n", b"\r")
OF_JSON: LineEnds = (b"\n",)


@dataclass(frozen=True)
class Position:
    """How far a file is read: bytes of it (rows of Parquet), and lines."""

    offset: int = 0
    line: int = 0


@dataclass(frozen=True)
class Piece:
    """Some documents: lines of text as they stand in the file, or texts."""

    end: Position
    lines: str | None = None
    texts: tuple[str, ...] = ()


def check_file(given: str) -> Path:
    """The path of a file that can be read twice. Raises DataError."""
    path = Path(given)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise bad(given, "it is a folder", "Name the files in it.")
        if not stat.S_ISREG(mode):
            raise bad(given, "it is not a file", "Name a text file.")
        path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        remedy = "Give the paths of the files to prepare."
        raise missing(f"data: {shown(given) or 'no name'}", remedy, DataError) from None
    except OSError as error:
        raise unreadable(given, error) from None
    return path


def digest(given: str, advance: Callable[[int], None]) -> tuple[int, str]:
    """The size of a file and the sha256 of its bytes; `advance` hears of each part."""
    found, size = hashlib.sha256(), 0
    try:
        with Path(given).open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
                size += len(chunk)
                advance(len(chunk))
    except OSError as error:
        raise unreadable(given, error) from None
    return size, found.hexdigest()


def blocks(
    given: str, ends: LineEnds, start: Position, size: int
) -> Iterator[tuple[bytes, Position]]:
    """Whole lines, about `size` bytes of them at a time."""
    offset, line = start.offset, start.line
    with Path(given).open("rb") as file:
        if not offset:
            require_no_mark(file.read(4), given)
        file.seek(offset)
        while raw := file.read(size):
            rest = _rest_of_line(file, ends, raw)
            raw += rest
            if len(rest) >= LONGEST and not rest.endswith(ends):
                raise too_long(given, f"line {line + count_ends(ends, raw) + 1:,}")
            offset, line = offset + len(raw), line + count_ends(ends, raw)
            yield raw, Position(offset, line)


def _rest_of_line(file: BufferedReader, ends: LineEnds, raw: bytes) -> bytes:
    """What follows `raw` in its last line, the end included; about LONGEST at most."""
    rest = b"" if raw.endswith(ends) else file.readline(LONGEST)
    if b"\r" in ends:
        if at := rest.find(b"\r") + 1:
            file.seek(at - len(rest), os.SEEK_CUR)
            rest = rest[:at]
        # a CR and the LF after it are one line end
        if (rest or raw).endswith(b"\r") and file.peek(1).startswith(b"\n"):
            rest += file.read(1)
    return rest


def count_ends(ends: LineEnds, raw: bytes) -> int:
    """How many lines end in some bytes."""
    return count_line_ends(raw) if b"\r" in ends else raw.count(b"\n")


def line_start(given: str, ends: LineEnds, offset: int) -> Position:
    """The first place from an offset on where a line begins; its number is unknown."""
    if not offset:
        return Position()
    with Path(given).open("rb") as file:
        file.seek(offset - 1)
        return Position(offset - 1 + len(_rest_of_line(file, ends, b"")))


def checked_text(given: str, value: object, where: str) -> str:
    """A field's value as text. Raises DataError, with its place, for anything else."""
    if not isinstance(value, str):
        why = f"{where} is no text but {shown(json.dumps(value, default=str), 40)}"
        raise bad(given, why, "Name a field that holds text with --field.")
    try:
        value.encode()
    except UnicodeEncodeError:
        why = f"{where} holds a lone surrogate, which is no text"
        raise bad(given, why, "Take the line out, or repair it.") from None
    return value


def no_field(given: str, why: str, found: Any) -> GlassGPTError:
    """The error where the field with the text is not among those that were found."""
    names = ", ".join(shown(name, 30) for name in list(found)[:8])
    remedy = f"Name one with --field: {names}." if isinstance(found, dict) else ""
    return bad(given, why, remedy or "Each line must be one JSON object.")


def require_length(longest: int, given: str) -> None:
    """Raise DataError for a line of more characters than a document may have."""
    if longest > LONGEST_DOCUMENT:
        why = f"too long: a document of {longest:,} characters"
        remedy = f"A line is a document; break them at {LONGEST_DOCUMENT:,} or sooner."
        raise bad(given, why, remedy)


def too_long(given: str, what: str) -> GlassGPTError:
    """The error for a line, or a file, of more bytes than one may have."""
    why = f"too long: {what} has more than {LONGEST:,} bytes"
    return bad(given, why, "Break it into more documents.")


def bad(given: str, why: str, remedy: str) -> GlassGPTError:
    """The error for a file that cannot be prepared."""
    return invalid("data", given, why, remedy, DataError)
