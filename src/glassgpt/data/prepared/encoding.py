"""Token ids of many documents at once, by the rules of docs/documents.md.

A piece of text becomes an array of code points; where lines begin and end, what is
trimmed and which id each character has are then array operations.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glassgpt.data.documents import clean, split_lines, with_plain_ends
from glassgpt.data.prepared.pieces import Piece
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer, Tokenizer
from glassgpt.tokenizers.bpe import BpeTokenizer

Points = NDArray[Any]
Numbers = NDArray[np.int64]
Ids = NDArray[Any]
_LF = 10
# what str.strip() takes off, of which U+3000 is the last
_TRIMMED = np.zeros(0x110000, bool)
_TRIMMED[[point for point in range(0x3001) if chr(point).isspace()]] = True


@dataclass(frozen=True)
class Encoded:
    """Documents as ids, BOS before each; `ends` says where each ends, blank how many
    had nothing in them, `longest` the characters of the longest."""

    ids: Ids
    ends: Numbers
    blank: int
    longest: int


@dataclass(frozen=True)
class Spans:
    """Documents in an array of code points: from `starts` up to `ends`."""

    text: str
    points: Points
    starts: Numbers
    ends: Numbers
    blank: int

    @property
    def longest(self) -> int:
        """The characters of the longest document, 0 where there is none."""
        return int((self.ends - self.starts).max(initial=0))


def spans(piece: Piece) -> Spans:
    """The documents of a piece, trimmed and composed (NFC) as `data.clean` does."""
    if piece.lines is not None:
        return _of_lines(piece.lines)
    texts = [unicodedata.normalize("NFC", text) for text in piece.texts]
    kept = [text for text in texts if text.strip()]
    text = "".join(kept)
    ends = np.cumsum(np.array([*map(len, kept)], np.int64))
    starts = ends - np.array([*map(len, kept)], np.int64)
    return Spans(text, code_points(text), starts, ends, len(texts) - len(kept))


def _of_lines(text: str) -> Spans:
    # a line end composes with nothing, so that lines can be composed together
    text = unicodedata.normalize("NFC", with_plain_ends(text))
    points = code_points(text)
    (ends,) = np.nonzero(points == _LF)
    if len(points) and points[-1] != _LF:
        ends = np.append(ends, len(points))
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    starts, ends = _trimmed(text, points, starts, ends)
    kept = ends > starts
    return Spans(text, points, starts[kept], ends[kept], int((~kept).sum()))


def _trimmed(
    text: str, points: Points, starts: Numbers, ends: Numbers
) -> tuple[Numbers, Numbers]:
    """The lines without what is trimmed at their ends."""
    if not len(points):
        return starts, ends
    at_start = _TRIMMED[points[np.minimum(starts, len(points) - 1)]]
    at_end = _TRIMMED[points[np.maximum(ends - 1, 0)]]
    starts, ends = starts.copy(), ends.copy()
    for k in np.nonzero((at_start | at_end) & (ends > starts))[0].tolist():
        line = text[starts[k] : ends[k]]
        starts[k] = ends[k] - len(line.lstrip())
        ends[k] = starts[k] + len(line.strip())
    return starts, ends


def code_points(text: str) -> Points:
    """The code point of each character: uint8 for ASCII, else uint32."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


class Encoder(Protocol):
    """Makes ids of pieces."""

    def encode(self, piece: Piece) -> Encoded:
        """The ids of a piece's documents."""


class CharEncoder:
    """Ids of characters, looked up in a table."""

    def __init__(self, tokenizer: CharTokenizer, dtype: str) -> None:
        self.tokenizer = tokenizer
        # a character that there was not when they were counted becomes BOS
        self._table = np.full(0x110000, tokenizer.bos, dtype)
        points = [*map(ord, tokenizer.characters)]
        self._table[points] = np.arange(len(points))

    def encode(self, piece: Piece) -> Encoded:
        """The ids of a piece's documents."""
        found = spans(piece)
        ids = self._table[found.points]
        return _joined(found, ids, found.starts, found.ends, self.tokenizer.bos)


class ByteEncoder:
    """The bytes of UTF-8."""

    def __init__(self, tokenizer: ByteTokenizer, dtype: str) -> None:
        self.tokenizer = tokenizer
        self._dtype = dtype

    def encode(self, piece: Piece) -> Encoded:
        """The ids of a piece's documents."""
        found = spans(piece)
        ids = np.frombuffer(found.text.encode(), np.uint8)
        starts, ends = found.starts, found.ends
        if len(ids) > len(found.points):
            places = np.concatenate([[0], np.cumsum(_utf8_lengths(found.points))])
            starts, ends = places[starts], places[ends]
        return _joined(found, ids.astype(self._dtype), starts, ends, self.tokenizer.bos)


class BpeEncoder:
    """Byte-pair tokens, by Hugging Face `tokenizers`."""

    def __init__(self, tokenizer: BpeTokenizer, dtype: str) -> None:
        self.tokenizer = tokenizer
        self._dtype = dtype

    def encode(self, piece: Piece) -> Encoded:
        """The ids of a piece's documents."""
        texts, blank = documents(piece)
        bos = self.tokenizer.bos
        many = self.tokenizer.encode_many(texts)
        ids = [np.array([bos, *one], self._dtype) for one in many]
        ends = np.cumsum(np.array([*map(len, ids)], np.int64))
        joined = np.concatenate(ids) if ids else np.zeros(0, self._dtype)
        return Encoded(joined, ends, blank, max(map(len, texts), default=0))


def encoder_of(tokenizer: Tokenizer, dtype: str) -> Encoder:
    """The encoder for a tokenizer, of ids as `dtype`."""
    match tokenizer:
        case CharTokenizer():
            return CharEncoder(tokenizer, dtype)
        case BpeTokenizer():
            return BpeEncoder(tokenizer, dtype)
        case ByteTokenizer():
            return ByteEncoder(tokenizer, dtype)
    raise TypeError(f"no encoder for {tokenizer}")


def documents(piece: Piece) -> tuple[list[str], int]:
    """The texts of a piece's documents, and how many were blank."""
    if piece.lines is not None:
        texts = [clean(line) for line in split_lines(piece.lines)]
        kept = [text for text in texts if text]
    else:
        texts = [unicodedata.normalize("NFC", text) for text in piece.texts]
        kept = [text for text in texts if text.strip()]
    return kept, len(texts) - len(kept)


def seen(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """The different characters of all documents, sorted by code point."""
    found = np.zeros(0x110000, bool)
    for piece in pieces:
        one = spans(piece)
        if _are_lines(one.starts, one.ends):
            # what is between them is line ends, which no line holds
            points = one.points[one.starts[0] : one.ends[-1]]
            is_small = points.dtype == np.uint8
            found[np.nonzero(np.bincount(points))[0] if is_small else points] = True
            found[_LF] = False
        else:
            found[one.points[_inside(len(one.points), one.starts, one.ends)]] = True
    return tuple(map(chr, np.nonzero(found)[0].tolist()))


def _joined(
    found: Spans, ids: Ids, starts: Numbers, ends: Numbers, bos: int
) -> Encoded:
    """What is between starts and ends, a BOS before each."""
    lengths = ends - starts
    after = np.cumsum(lengths + 1)
    joined = np.full(int(after[-1]) if len(after) else 0, bos, ids.dtype)
    if _are_lines(starts, ends):
        joined[1:] = ids[starts[0] : ends[-1]]
        joined[after - lengths - 1] = bos
    else:
        free = np.ones(len(joined), bool)
        free[after - lengths - 1] = False
        joined[free] = ids[_inside(len(ids), starts, ends)]
    return Encoded(joined, after, found.blank, found.longest)


def _are_lines(starts: Numbers, ends: Numbers) -> bool:
    """Whether one place is between documents, the usual case: it becomes the BOS."""
    return len(starts) > 1 and bool((starts[1:] - ends[:-1] == 1).all())


def _inside(size: int, starts: Numbers, ends: Numbers) -> NDArray[np.bool_]:
    """Which of `size` places are between a start and its end."""
    steps = np.zeros(size + 1, np.int8)
    steps[starts] = 1
    steps[ends] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8).astype(bool)


def _utf8_lengths(points: Points) -> Points:
    """How many bytes of UTF-8 each code point takes."""
    two, three, four = points >= 0x80, points >= 0x800, points >= 0x10000
    return np.ones(len(points), np.int64) + two + three + four
