"""Read documents, one a line, by the rule written in docs/documents.md.

A document is a line of a text file. This module turns bytes into documents and finds
the bytes by name or path.
"""

import difflib
import hashlib
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from glassgpt.data import catalog
from glassgpt.errors import DataError, GlassGPTError, invalid, missing, shown
from glassgpt.files import reason

# the name of documents that have no file
FROM_PYTHON = "documents from Python"
LONGEST_DOCUMENT = 1_000_000
LARGEST_VOCABULARY = 4_096

_SAVE_AS_UTF8 = "Save it as plain UTF-8 text, one document a line."
_BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


@dataclass(frozen=True)
class Corpus:
    """The documents of one file, in its order, duplicates kept.

    `blank` counts the lines that held nothing. `sha256` is that of the documents joined
    by LF as UTF-8: it does not change with line ends, blank lines or trailing spaces.
    `indented` counts the documents that lost spaces at their beginning.
    """

    name: str
    documents: tuple[str, ...]
    blank: int
    sha256: str
    indented: int = 0

    @cached_property
    def distinct(self) -> int:
        """How many different documents there are."""
        return len(set(self.documents))

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """The vocabulary: the different characters, sorted by code point."""
        return characters_of(self.documents)


def characters_of(documents: Sequence[str]) -> tuple[str, ...]:
    """The different characters of `documents`, sorted by code point."""
    return tuple(sorted(set().union(*documents)))


def documents_sha256(documents: Sequence[str]) -> str:
    """The sha256 that names a list of documents, as hexadecimal digits."""
    return hashlib.sha256("\n".join(documents).encode()).hexdigest()


def clean(line: str) -> str:
    """Trim whitespace at both ends, then compose (NFC)."""
    return unicodedata.normalize("NFC", line.strip())


def clean_start(text: str) -> str:
    """Compose the beginning of a line: its inner and its last spaces stay."""
    return unicodedata.normalize("NFC", text.lstrip())


def parse_documents(raw: bytes, name: str) -> Corpus:
    """Turn the bytes of a text file into documents; `name` is for messages.

    Raises DataError for bytes that are not UTF-8 text, for a text without a document
    and for a document of more than a million characters.
    """
    require_no_mark(raw, name)
    given = split_lines(decode(raw, name))
    lines = [clean(line) for line in given]
    documents = tuple(line for line in lines if line)
    blank = len(lines) - len(documents)
    if not documents:
        raise nothing(name, blank)
    longest = max(map(len, documents))
    if longest > LONGEST_DOCUMENT:
        why = f"too long: a document of {longest:,} characters"
        remedy = f"A line is a document; break them at {LONGEST_DOCUMENT:,} or sooner."
        raise _invalid(name, why, remedy)
    indented = sum(
        line[:1].isspace() for line, kept in zip(given, lines, strict=True) if kept
    )
    return Corpus(name, documents, blank, documents_sha256(documents), indented)


def split_lines(text: str) -> list[str]:
    """Split at LF, CR LF and CR and nowhere else; a last line needs no line end."""
    *lines, last = with_plain_ends(text).split("\n")
    return [*lines, last] if last else lines


def with_plain_ends(text: str) -> str:
    """The text with LF at the end of every line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def count_line_ends(raw: bytes) -> int:
    """How many lines end in some bytes: at LF, at CR LF, at CR."""
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


def require_no_mark(raw: bytes, name: str) -> None:
    """Raise DataError for bytes that begin as UTF-16 or UTF-32 does."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            raise _invalid(name, f"it is {encoding}", _SAVE_AS_UTF8)


def decode(raw: bytes, name: str, lines: int = 0, offset: int = 0) -> str:
    """The text of some bytes, which `lines` and `offset` come before.

    A byte order mark at the start of a file is no part of its text. Raises DataError
    for a zero byte, and for what is not UTF-8.
    """
    if (at := raw.find(0)) >= 0:
        raise _invalid(
            name, f"binary: a zero byte at offset {offset + at:,}", _SAVE_AS_UTF8
        )
    try:
        return raw.decode("utf-8" if offset else "utf-8-sig")
    except UnicodeDecodeError as error:
        before, byte = error.object[: error.start], error.object[error.start]
        line = lines + count_line_ends(before) + 1
        why = f"not UTF-8: byte {byte:#04x} in line {line:,}"
        raise _invalid(name, why, _SAVE_AS_UTF8) from None


def nothing(name: str, blank: int) -> GlassGPTError:
    """The error for data without a document."""
    why = "no document: every line is blank" if blank else "no document: it is empty"
    return _invalid(name, why, "Put one document on each line.")


def require_characters(corpus: Corpus) -> None:
    """Raise DataError for more characters than a model of characters may have."""
    vocabulary = len(corpus.characters)
    if vocabulary > LARGEST_VOCABULARY:
        why = f"a vocabulary of {vocabulary:,} characters"
        most = f"use at most {LARGEST_VOCABULARY:,} different ones."
        remedy = f"Add --set tokenizer=bytes, or {most}"
        raise _invalid(corpus.name, why, remedy)


def _invalid(name: str, why: str, remedy: str) -> GlassGPTError:
    return invalid("data", name, why, remedy, DataError)


def read(name_or_path: str) -> Corpus:
    """Read a data set by its name, or else the text file at that path.

    A name wins over a file that is called the same: `./names` is the file. Raises
    DataError with a remedy when there is no such name or file, when the file cannot be
    read, when a named set has not been fetched, and as `parse_documents` does.
    """
    if name_or_path in catalog.NAMES:
        raw = catalog.read(name_or_path)
    else:
        raw = _read_file(name_or_path)
    return parse_documents(raw, name_or_path)


def _read_file(given: str) -> bytes:
    if not given:
        raise _missing(given)
    path = Path(given)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _invalid(given, "it is a folder", "Name a text file in it.")
        # a device such as /dev/zero never ends; a pipe does
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise _invalid(given, "it is not a file", "Name a text file.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _missing(given) from None
    except OSError as error:
        raise unreadable(given, error) from None


def unreadable(given: str, error: OSError) -> GlassGPTError:
    """The error for a file that the system does not let us read."""
    why = f"it cannot be read: {reason(error)}"
    return _invalid(given, why, "Check the path and that you may read the file.")


def _missing(given: str) -> GlassGPTError:
    near = difflib.get_close_matches(given, [*catalog.NAMES, *_neighbours(given)], n=1)
    remedy = f"Did you mean {shown(near[0])}? " if near else ""
    remedy += f"Give the path of a text file, or {' or '.join(catalog.NAMES)}."
    return missing(f"data: {shown(given) or 'no name'}", remedy, DataError)


def _neighbours(given: str) -> list[str]:
    """The files beside the one that is missing, written as it was written."""
    try:
        parent = Path(given).parent
        found = sorted(path for path in parent.iterdir() if path.is_file())
        return [str(path) for path in found[:1_000]]
    except (OSError, ValueError):
        return []
