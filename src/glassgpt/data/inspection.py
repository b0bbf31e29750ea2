"""What a person wants to know about documents before training on them.

Only facts are gathered here; showing them is the command line's work.
"""

import statistics
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glassgpt.data.documents import Corpus
from glassgpt.errors import invalid

COMMONEST = 5
RARE = 0.001
_EXCERPT = 40
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class OddCharacter:
    """A character worth a look: rare in the documents, or one that cannot be seen.

    `documents` counts those that hold it; `example` is from the first, 40 characters at
    most.
    """

    character: str
    code: str
    name: str
    documents: int
    example: str


@dataclass(frozen=True)
class Lengths:
    """How many characters the documents have; `histogram` is length -> documents."""

    shortest: int
    median: float
    mean: float
    longest: int
    histogram: dict[int, int]


@dataclass(frozen=True)
class Cut:
    """What a model of `block_size` would not see.

    A document of L characters is L + 1 predictions: its characters and the BOS that
    closes it. Only the first `block_size` are made. A document with exactly
    `block_size` characters loses its end and no character.
    """

    block_size: int
    documents: int
    characters: int


@dataclass(frozen=True)
class Inspection:
    """The facts about one corpus; `vocabulary` is character -> times it occurs."""

    name: str
    sha256: str
    documents: int
    distinct: int
    duplicates: int
    commonest: tuple[tuple[str, int], ...]
    blank: int
    indented: int
    vocabulary: dict[str, int]
    odd: tuple[OddCharacter, ...]
    lengths: Lengths
    longest_document: str
    cut: Cut

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain lists, numbers and strings."""
        facts = asdict(self)
        histogram = self.lengths.histogram
        facts["lengths"]["histogram"] = {str(n): k for n, k in histogram.items()}
        facts["commonest"] = [list(pair) for pair in self.commonest]
        facts["odd"] = list(facts["odd"])
        return facts


def inspect(corpus: Corpus, block_size: int = 16) -> Inspection:
    """Describe a corpus; `block_size` is in tokens, and UsageError if it is below 1."""
    if block_size < 1:
        raise invalid("block_size", block_size, "it is below 1", "Try 16.")
    documents = corpus.documents
    return Inspection(
        name=corpus.name,
        sha256=corpus.sha256,
        documents=len(documents),
        distinct=corpus.distinct,
        duplicates=len(documents) - corpus.distinct,
        commonest=_commonest(documents),
        blank=corpus.blank,
        indented=corpus.indented,
        vocabulary=_vocabulary(documents),
        odd=_odd_characters(documents),
        lengths=_lengths(documents),
        longest_document=max(documents, key=len),
        cut=_cut(documents, block_size),
    )


def _commonest(documents: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The texts that stand there most often, as far as they stand there twice."""
    repeated = [item for item in Counter(documents).items() if item[1] > 1]
    return tuple(sorted(repeated, key=lambda item: (-item[1], item[0]))[:COMMONEST])


def _vocabulary(documents: Sequence[str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(document)
    return dict(sorted(counts.items()))


def _odd_characters(documents: Sequence[str]) -> tuple[OddCharacter, ...]:
    """Invisible characters, and rare ones that are no lower-case ASCII letter."""
    holding: Counter[str] = Counter()
    example: dict[str, str] = {}
    for document in documents:
        for character in set(document):
            holding[character] += 1
            example.setdefault(character, document)
    return tuple(
        OddCharacter(c, f"U+{ord(c):04X}", _name(c), holding[c], _around(c, example[c]))
        for c in sorted(holding)
        if _is_odd(c, holding[c] / len(documents))
    )


def _is_odd(character: str, share: float) -> bool:
    if character in string.ascii_lowercase:
        return False
    return share < RARE or unicodedata.category(character) in _INVISIBLE


def _around(character: str, document: str) -> str:
    """The part of a long document where the character stands."""
    start = max(0, document.index(character) - _EXCERPT // 2)
    return document[start : start + _EXCERPT]


def _name(character: str) -> str:
    if unicodedata.category(character) == "Cc":
        return "control character"
    return unicodedata.name(character, "unnamed").lower()


def _lengths(documents: Sequence[str]) -> Lengths:
    lengths = [len(document) for document in documents]
    return Lengths(
        shortest=min(lengths),
        median=float(statistics.median(lengths)),
        mean=sum(lengths) / len(lengths),
        longest=max(lengths),
        histogram=dict(sorted(Counter(lengths).items())),
    )


def _cut(documents: Sequence[str], block_size: int) -> Cut:
    return Cut(
        block_size=block_size,
        documents=sum(len(document) + 1 > block_size for document in documents),
        characters=sum(max(0, len(document) - block_size) for document in documents),
    )
