"""Files in pieces: lines of text, lines of JSON, whole files, or rows of Parquet.

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
    decode,
    require_no_mark,
    unreadable,
)
from glassgpt.errors import DataError, GlassGPTError, invalid, missing, shown

KINDS = ("lines", "whole", "jsonl", "parquet")
# bytes that are read at a time, and that one line or one file may have
PIECE = 4 << 20
LONGEST = 16 << 20
_CHUNK = 1 << 20
# where a line ends: of text by the rule of docs/documents.md, of JSON at LF alone
_ENDS = {"lines": (b"\n", b"\r"), "jsonl": (b"\n",)}


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
            while chunk := file.read(_CHUNK):
                found.update(chunk)
                size += len(chunk)
                advance(len(chunk))
    except OSError as error:
        raise unreadable(given, error) from None
    return size, found.hexdigest()


def pieces(
    given: str, kind: str, field: str, start: Position, size: int = PIECE
) -> Iterator[Piece]:
    """The pieces of a file from a position on, about `size` bytes each.

    Raises DataError where the file is not what `kind` says.
    """
    try:
        if kind == "parquet":
            yield from _rows(given, field, start, size)
        elif kind == "whole":
            if not start.offset:
                yield _whole(given)
        else:
            for raw, end in _blocks(given, kind, start, size):
                before = end.line - _count_ends(kind, raw)
                text = decode(raw, given, before, end.offset - len(raw))
                if kind == "lines":
                    yield Piece(end, lines=text)
                else:
                    texts = tuple(_fields(given, text, field, before + 1))
                    yield Piece(end, texts=texts)
    except OSError as error:
        raise unreadable(given, error) from None


def _blocks(
    given: str, kind: str, start: Position, size: int
) -> Iterator[tuple[bytes, Position]]:
    """Whole lines, about `size` bytes of them at a time."""
    offset, line = start.offset, start.line
    with Path(given).open("rb") as file:
        if not offset:
            require_no_mark(file.read(4), given)
        file.seek(offset)
        while raw := file.read(size):
            rest = _rest_of_line(file, kind, raw)
            raw += rest
            if len(rest) >= LONGEST and not rest.endswith(_ENDS[kind]):
                raise _too_long(given, f"line {line + _count_ends(kind, raw) + 1:,}")
            offset, line = offset + len(raw), line + _count_ends(kind, raw)
            yield raw, Position(offset, line)


def _rest_of_line(file: BufferedReader, kind: str, raw: bytes) -> bytes:
    """What follows `raw` in its last line, the end included; about LONGEST at most."""
    rest = b"" if raw.endswith(_ENDS[kind]) else file.readline(LONGEST)
    if kind == "lines":
        if at := rest.find(b"\r") + 1:
            file.seek(at - len(rest), os.SEEK_CUR)
            rest = rest[:at]
        # a CR and the LF after it are one line end
        if (rest or raw).endswith(b"\r") and file.peek(1).startswith(b"\n"):
            rest += file.read(1)
    return rest


def _count_ends(kind: str, raw: bytes) -> int:
    return count_line_ends(raw) if kind == "lines" else raw.count(b"\n")


def line_start(given: str, kind: str, offset: int) -> Position:
    """The first place from an offset on where a line begins; its number is unknown."""
    if not offset:
        return Position()
    with Path(given).open("rb") as file:
        file.seek(offset - 1)
        return Position(offset - 1 + len(_rest_of_line(file, kind, b"")))


def _whole(given: str) -> Piece:
    with Path(given).open("rb") as file:
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise _too_long(given, "the file")
    require_no_mark(raw, given)
    return Piece(Position(len(raw)), texts=(decode(raw, given),))


def _fields(given: str, text: str, field: str, first: int) -> Iterator[str]:
    """The text of each line of JSON; blank lines are passed over."""
    for number, line in enumerate(text.split("\n"), start=first):
        line = line.strip("\ufeff \t\r")
        if not line:
            continue
        where = f"line {number:,}"
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            why = getattr(error, "msg", "it nests too deeply")
            remedy = "Each line must be one JSON object; or leave out --jsonl."
            raise bad(given, f"{where} is not JSON: {why.lower()}", remedy) from None
        if not isinstance(found, dict) or field not in found:
            raise _no_field(given, f"{where} has no {shown(field)}", found)
        yield _text(given, found[field], f"{where}, {shown(field)}")


def _text(given: str, value: object, where: str) -> str:
    if not isinstance(value, str):
        why = f"{where} is no text but {shown(json.dumps(value, default=str), 40)}"
        raise bad(given, why, "Name a field that holds text with --field.")
    try:
        value.encode()
    except UnicodeEncodeError:
        why = f"{where} holds a lone surrogate, which is no text"
        raise bad(given, why, "Take the line out, or repair it.") from None
    return value


def _no_field(given: str, why: str, found: Any) -> GlassGPTError:
    names = ", ".join(shown(name, 30) for name in list(found)[:8])
    remedy = f"Name one with --field: {names}." if isinstance(found, dict) else ""
    return bad(given, why, remedy or "Each line must be one JSON object.")


def _rows(given: str, field: str, start: Position, size: int) -> Iterator[Piece]:
    """Rows of a Parquet file, as many at a time as have about `size` bytes."""
    parquet = parquet_library()
    try:
        file = parquet.ParquetFile(given, pre_buffer=False, buffer_size=_CHUNK)
    except (ValueError, OSError) as error:  # pyarrow's own are subclasses of these
        raise bad(given, f"it is no Parquet file: {error}", "Name another.") from None
    with file:
        names = file.schema_arrow.names
        if field not in names:
            found = dict.fromkeys(names)
            raise _no_field(given, f"there is no column {shown(field)}", found)
        done, column = 0, file.schema_arrow.names.index(field)
        for group in range(file.num_row_groups):
            meta = file.metadata.row_group(group)
            # nested columns before this one would shift it; they are then estimated
            heavy = meta.column(
                min(column, meta.num_columns - 1)
            ).total_uncompressed_size
            count = max(1, min(meta.num_rows, size * meta.num_rows // max(1, heavy)))
            if done + meta.num_rows <= start.offset:
                done += meta.num_rows
                continue
            for batch in file.iter_batches(count, row_groups=[group], columns=[field]):
                done += batch.num_rows
                if done > start.offset:
                    first = done - batch.num_rows
                    yield Piece(
                        Position(done), texts=_column(given, batch, field, first)
                    )


def _column(given: str, batch: Any, field: str, first: int) -> tuple[str, ...]:
    values = batch.column(0).to_pylist()
    return tuple(
        _text(given, value, f"row {row:,}, {shown(field)}")
        for row, value in enumerate(values, start=first + 1)
        if value is not None
    )


def parquet_library() -> Any:
    """pyarrow.parquet. Raises GlassGPTError where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        remedy = 'Install it: pip install "glassgpt[parquet]"'
        raise missing("pyarrow, which reads Parquet", remedy, GlassGPTError) from None
    return pyarrow.parquet


def require_length(longest: int, given: str) -> None:
    """Raise DataError for a line of more characters than a document may have."""
    if longest > LONGEST_DOCUMENT:
        why = f"too long: a document of {longest:,} characters"
        remedy = f"A line is a document; break them at {LONGEST_DOCUMENT:,} or sooner."
        raise bad(given, why, remedy)


def _too_long(given: str, what: str) -> GlassGPTError:
    why = f"too long: {what} has more than {LONGEST:,} bytes"
    return bad(given, why, "Break it into more documents.")


def bad(given: str, why: str, remedy: str) -> GlassGPTError:
    """The error for a file that cannot be prepared."""
    return invalid("data", given, why, remedy, DataError)
