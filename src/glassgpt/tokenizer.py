"""Turn a document into token ids and back: characters, or bytes; pairs are in `bpe`.

All have one token more than they have symbols: BOS, the last id, which opens a
document and also closes it.
"""

import codecs
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from glassgpt.errors import CheckpointError, GlassGPTError, UsageError, invalid, shown


class Tokenizer(Protocol):
    """What a model needs to know of text: ids from 0 to `vocab_size` - 1."""

    @property
    def bos(self) -> int:
        """The id that opens and closes a document."""

    @property
    def vocab_size(self) -> int:
        """How many ids there are, BOS included."""

    def encode(self, text: str) -> list[int]:
        """BOS, the ids of `text`, BOS: what a document is trained on."""

    def encode_prefix(self, text: str) -> list[int]:
        """BOS, the ids of `text`: what a continuation starts from."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; BOS leaves nothing, wherever it stands."""

    def spelling(self, token_id: int) -> bytes:
        """The UTF-8 bytes that a token stands for; it may be a part of a character."""

    def to_json(self) -> dict[str, Any]:
        """What `tokenizer_from_json` reads."""


class Spelling:
    """Text that comes token by token, when a character may be in parts.

    `feed` gives the characters that a token completes, `end` what is left: U+FFFD for
    a character that never was completed. Together they are what `decode` gives.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token_id: int) -> str:
        """The characters that `token_id` completes, "" where there is none yet."""
        if token_id == self._tokenizer.bos:
            return ""
        return self._decoder.decode(self._tokenizer.spelling(token_id))

    def end(self) -> str:
        """What is left after the last token."""
        return self._decoder.decode(b"", final=True)


@dataclass(frozen=True)
class CharTokenizer:
    """One token a character: id i is `characters[i]`, BOS is the id after the last.

    `characters` are different, one code point each, sorted by code point; otherwise
    UsageError.
    """

    characters: tuple[str, ...]

    def __post_init__(self) -> None:
        whole = all(len(character) == 1 for character in self.characters)
        if not whole or list(self.characters) != sorted(set(self.characters)):
            why = "not single, different characters sorted by code point"
            remedy = "CharTokenizer.from_documents(documents) makes them."
            raise invalid("characters", "".join(self.characters), why, remedy)

    @classmethod
    def from_documents(cls, documents: Sequence[str]) -> "CharTokenizer":
        """The tokenizer of all characters that stand in `documents`."""
        return cls(tuple(sorted(set().union(*documents))))

    @property
    def bos(self) -> int:
        """The id that opens and closes a document: the number of characters."""
        return len(self.characters)

    @property
    def vocab_size(self) -> int:
        """The number of characters, and one for BOS."""
        return len(self.characters) + 1

    def encode(self, text: str) -> list[int]:
        """BOS, an id for each character, BOS; UsageError for an unknown character."""
        bos = len(self.characters)  # all here: each of a run's documents comes by
        try:
            return [bos, *map(self._ids.__getitem__, text), bos]
        except KeyError as error:
            raise self._unknown(error.args[0]) from None

    def encode_prefix(self, text: str) -> list[int]:
        """BOS, an id for each character; UsageError for an unknown character."""
        return self.encode(text)[:-1]

    def decode(self, ids: Iterable[int]) -> str:
        """The characters of `ids` without BOS; UsageError for an id out of range."""
        kept = without_bos(ids, self.bos)
        return "".join(self.characters[token] for token in kept)

    def spelling(self, token_id: int) -> bytes:
        """The bytes of a character."""
        return self.characters[token_id].encode()

    def to_json(self) -> dict[str, Any]:
        """The kind, and the characters as one string."""
        return {"kind": "characters", "characters": "".join(self.characters)}

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters)}

    def _unknown(self, character: str) -> GlassGPTError:
        near = [c for c in _relatives(character) if c in self._ids]
        remedy = f"Did you mean '{near[0]}'? " if near else ""
        remedy += f"There is {shown(''.join(self.characters), 200)}"
        return UsageError(f"unknown character: '{shown(character)}'", remedy)


@dataclass(frozen=True)
class ByteTokenizer:
    """One token a byte of UTF-8: 256 of them, and BOS is 256. No text is unknown."""

    @property
    def bos(self) -> int:
        """The id that opens and closes a document: 256."""
        return 256

    @property
    def vocab_size(self) -> int:
        """256 bytes, and one for BOS."""
        return 257

    def encode(self, text: str) -> list[int]:
        """BOS, the bytes of `text` in UTF-8, BOS."""
        return [*self.encode_prefix(text), self.bos]

    def encode_prefix(self, text: str) -> list[int]:
        """BOS, the bytes of `text` in UTF-8."""
        return [self.bos, *text.encode("utf-8", errors="replace")]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the bytes without BOS; U+FFFD where they are no UTF-8."""
        return spell(self, ids)

    def spelling(self, token_id: int) -> bytes:
        """The byte itself."""
        return bytes([token_id])

    def to_json(self) -> dict[str, Any]:
        """The kind alone."""
        return {"kind": "bytes"}


def tokenizer_from_json(obj: object) -> Tokenizer:
    """The tokenizer that `to_json` described; CheckpointError for anything else."""
    from glassgpt.bpe import BpeTokenizer

    if obj == {"kind": "bytes"}:
        return ByteTokenizer()
    if isinstance(obj, Mapping) and set(obj) == {"kind", "characters"}:
        characters = obj["characters"]
        if obj["kind"] == "characters" and isinstance(characters, str) and characters:
            try:
                return CharTokenizer(tuple(characters))
            except UsageError:
                pass
    if isinstance(obj, Mapping) and set(obj) == {"kind", "tokenizers"}:
        text = obj["tokenizers"]
        if obj["kind"] == "bpe" and isinstance(text, str):
            return BpeTokenizer(text)
    remedy = "The file is damaged or was not written by glassgpt; use another."
    raise invalid("tokenizer", obj, "", remedy, CheckpointError)


def spell(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """The text of tokens that stand for bytes; U+FFFD where they are no UTF-8."""
    kept = without_bos(ids, tokenizer.bos)
    return b"".join(map(tokenizer.spelling, kept)).decode("utf-8", errors="replace")


def without_bos(ids: Iterable[int], bos: int) -> list[int]:
    """The ids that stand for text; UsageError for one that is out of range."""
    kept = []
    for token in ids:
        if not 0 <= token <= bos:
            raise invalid("token id", token, "", f"Ids run from 0 to {bos}.")
        if token != bos:
            kept.append(token)
    return kept


def _relatives(character: str) -> list[str]:
    """The same letter in the other case, and without its accent."""
    bare = unicodedata.normalize("NFD", character)[0]
    return [character.lower(), character.upper(), bare, bare.lower(), bare.upper()]
