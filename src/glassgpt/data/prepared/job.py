"""What is asked of a preparation: which files, read how, by which tokenizer."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassgpt.data.documents import LARGEST_VOCABULARY, nothing
from glassgpt.data.prepared import encoding
from glassgpt.data.prepared.pieces import (
    PIECE,
    Piece,
    Position,
    bad,
    check_file,
    digest,
    line_start,
)
from glassgpt.data.prepared.readers import READERS, Reader, pieces
from glassgpt.errors import DataError, invalid, missing, unknown
from glassgpt.files import json_bytes
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer, Tokenizer, bpe

TOKENIZERS = ("char", "bytes", "bpe")
VOCABULARY = 4096
# megabytes of text that byte-pair tokens are learned from
SAMPLE = 32
SHARD = 1 << 24
_SMALLEST_SHARD, _LARGEST_SHARD = 1, 1 << 30
# a sample is taken in parts of this many bytes, evenly spread
_PART = 256 << 10


@dataclass(frozen=True)
class Job:
    """Raises UsageError for choices that cannot be, DataError for files of no use.

    `kind` is a name in READERS; `text_field` the field or column with the text, for a
    kind that has some. `vocab_size` and `sample`, in megabytes, are for bpe.
    """

    files: tuple[str, ...]
    tokenizer: str = "char"
    kind: str = "lines"
    text_field: str = "text"
    vocab_size: int = VOCABULARY
    sample: int = SAMPLE
    shard: int = SHARD
    found: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.files:
            raise missing("FILES", "Name the text files to prepare.")
        if self.tokenizer not in TOKENIZERS:
            raise unknown("tokenizer", self.tokenizer, TOKENIZERS)
        if self.kind not in READERS:
            raise unknown("kind of file", self.kind, READERS)
        if not _SMALLEST_SHARD <= self.shard <= _LARGEST_SHARD:
            why = f"it must be from {_SMALLEST_SHARD:,} to {_LARGEST_SHARD:,}"
            raise invalid("--shard-tokens", self.shard, why, f"Try {SHARD}.")
        if self.tokenizer == "bpe":
            if not bpe.SMALLEST_VOCABULARY <= self.vocab_size <= 1_000_000:
                why = f"it must be from {bpe.SMALLEST_VOCABULARY} to 1,000,000"
                raise invalid("--vocab-size", self.vocab_size, why, "Try 4096.")
            if self.sample < 1:
                raise invalid("--sample", self.sample, "it is below 1", "Try 32.")
            bpe.library()
        self.reader.require()
        for given in self.files:
            check_file(given)

    @property
    def reader(self) -> Reader:
        """How the files are read."""
        return READERS[self.kind]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(size for size, _ in self.found)

    @property
    def piece(self) -> int:
        """How many bytes are read at a time: no more than about a shard."""
        return min(PIECE, self.shard)

    def to_json(self) -> dict[str, Any]:
        """What the data depends on, and no path: the same words, the same shards."""
        facts: dict[str, Any] = {
            "tokenizer": self.tokenizer,
            "kind": self.kind,
            "shard": self.shard,
            "sources": [
                {"size": size, "sha256": sha256} for size, sha256 in self.found
            ],
        }
        if self.reader.has_field:
            facts["field"] = self.text_field
        if self.tokenizer == "bpe":
            facts |= {"vocab_size": self.vocab_size, "sample": self.sample}
        return facts

    @property
    def sha256(self) -> str:
        """The name of the job, as hexadecimal digits."""
        return hashlib.sha256(json_bytes(self.to_json())).hexdigest()

    def pieces(self, source: int, start: Position) -> Iterator[Piece]:
        """What a file holds from a position on.

        Raises DataError where it has changed since its sha256 was computed.
        """
        given = self.files[source]
        yield from pieces(given, self.kind, self.text_field, start, self.piece)
        if Path(given).stat().st_size != self.found[source][0]:
            why = "it changed while it was read"
            raise bad(given, why, "Let it be written, then try again.")

    def fraction(self, source: int, position: Position) -> float:
        """How much of all files is read; one of rows counts when it is done."""
        before = sum(size for size, _ in self.found[:source])
        inside = position.offset if self.reader.in_bytes else 0
        return (before + inside) / max(1, self.size)

    def survey(self, on_progress: Callable[[float], None]) -> None:
        """Compute the sha256 of each file; `on_progress` gets the fraction done."""
        total, done = sum(Path(given).stat().st_size for given in self.files), 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            on_progress(min(1.0, done / max(1, total)))

        self.found[:] = [digest(given, advance) for given in self.files]

    def sampled(self) -> Iterator[str]:
        """The documents that byte-pair tokens are learned from, evenly spread."""
        fraction = min(1.0, self.sample * 1_000_000 / max(1, self.size))
        for source, (size, _) in enumerate(self.found):
            if fraction < 1 and self.reader.line_ends:
                yield from self._spread(source, size, fraction)
            else:
                yield from self._first(source, size * fraction)

    def _first(self, source: int, most: float) -> Iterator[str]:
        left = most
        for piece in self.pieces(source, Position()):
            for text in encoding.documents(piece)[0]:
                yield text if left >= len(text) else text[: int(left)]
                left -= len(text)
            if left <= 0:
                return

    def _spread(self, source: int, size: int, fraction: float) -> Iterator[str]:
        given, parts = self.files[source], max(1, round(size * fraction / _PART))
        for part in range(parts):
            start = line_start(given, self.reader.line_ends, part * size // parts)
            found = pieces(given, self.kind, self.text_field, start, _PART)
            try:
                texts, _ = encoding.documents(next(found, Piece(start)))
            except DataError:
                if not part:
                    raise
                continue  # told of, with its line, when all is read
            yield from texts


def learn(job: Job, on_progress: Callable[[float], None]) -> Tokenizer:
    """The tokenizer for a job: for char and bpe from the text itself.

    `on_progress` gets the fraction that is read. Raises DataError where there are no
    documents.
    """
    if job.tokenizer == "bytes":
        return ByteTokenizer()
    if job.tokenizer == "bpe":
        return bpe.train(job.sampled(), job.vocab_size)
    characters = encoding.seen(_all_pieces(job, on_progress))
    name = job.files[0]
    if not characters:
        read = _all_pieces(job, on_progress)
        raise nothing(name, sum(bool(piece.lines or piece.texts) for piece in read))
    if len(characters) > LARGEST_VOCABULARY:
        why = f"a vocabulary of {len(characters):,} characters"
        remedy = f"char takes {LARGEST_VOCABULARY:,}; add --tokenizer bytes, or bpe."
        raise bad(name, why, remedy)
    return CharTokenizer(characters)


def _all_pieces(job: Job, on_progress: Callable[[float], None]) -> Iterator[Piece]:
    for source in range(len(job.files)):
        for piece in job.pieces(source, Position()):
            yield piece
            on_progress(job.fraction(source, piece.end))
