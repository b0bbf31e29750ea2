"""The formats that can be prepared: a row of READERS each.

A new format is a function here, or in a file of its own, that yields the pieces of a
file from a position on; and a flag of `glassgpt data prepare`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glassgpt.data.documents import decode, require_no_mark, unreadable
from glassgpt.data.prepared import parquet
from glassgpt.data.prepared.pieces import (
    LONGEST,
    OF_JSON,
    OF_TEXT,
    PIECE,
    LineEnds,
    Piece,
    Position,
    bad,
    blocks,
    checked_text,
    count_ends,
    no_field,
    too_long,
)
from glassgpt.errors import shown


@dataclass(frozen=True)
class Reader:
    """How a format is read.

    `pieces(given, field, start, size)` reads the file of that name from a position on,
    about `size` bytes at a time. `has_field`: the text is in a field or a column that
    has a name. `line_ends`: what ends a line, where reading may begin at any line, so
    that a sample is taken evenly. `in_bytes`: positions count bytes. `require` raises
    GlassGPTError where something that it needs is not installed.
    """

    pieces: Callable[[str, str, Position, int], Iterator[Piece]]
    has_field: bool = False
    line_ends: LineEnds = ()
    in_bytes: bool = True
    require: Callable[[], object] = lambda: None


def lines(given: str, field: str, start: Position, size: int) -> Iterator[Piece]:
    """Each line is a document."""
    for text, end, _ in _text_blocks(given, OF_TEXT, start, size):
        yield Piece(end, lines=text)


def whole(given: str, field: str, start: Position, size: int) -> Iterator[Piece]:
    """The file is a document."""
    if start.offset:
        return
    with Path(given).open("rb") as file:
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise too_long(given, "the file")
    require_no_mark(raw, given)
    yield Piece(Position(len(raw)), texts=(decode(raw, given),))


def json_lines(given: str, field: str, start: Position, size: int) -> Iterator[Piece]:
    """Each line is a JSON object with a document in a field."""
    for text, end, before in _text_blocks(given, OF_JSON, start, size):
        yield Piece(end, texts=tuple(_fields(given, text, field, before + 1)))


READERS = {
    "lines": Reader(lines, line_ends=OF_TEXT),
    "whole": Reader(whole),
    "jsonl": Reader(json_lines, has_field=True, line_ends=OF_JSON),
    "parquet": Reader(
        parquet.rows, has_field=True, in_bytes=False, require=parquet.library
    ),
}


def pieces(
    given: str, kind: str, field: str, start: Position, size: int = PIECE
) -> Iterator[Piece]:
    """The pieces of a file from a position on, about `size` bytes each.

    Raises DataError where the file is not what `kind` says.
    """
    try:
        yield from READERS[kind].pieces(given, field, start, size)
    except OSError as error:
        raise unreadable(given, error) from None


def _text_blocks(
    given: str, ends: LineEnds, start: Position, size: int
) -> Iterator[tuple[str, Position, int]]:
    """Whole lines as text, where they end, and how many were before them."""
    for raw, end in blocks(given, ends, start, size):
        before = end.line - count_ends(ends, raw)
        yield decode(raw, given, before, end.offset - len(raw)), end, before


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
            raise no_field(given, f"{where} has no {shown(field)}", found)
        yield checked_text(given, found[field], f"{where}, {shown(field)}")
