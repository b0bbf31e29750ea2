"""One token a character."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from glassgpt.errors import GlassGPTError, UsageError, invalid, shown
from glassgpt.tokenizers.base import without_bos


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


def _relatives(character: str) -> list[str]:
    """The same letter in the other case, and without its accent."""
    bare = unicodedata.normalize("NFD", character)[0]
    return [character.lower(), character.upper(), bare, bare.lower(), bare.upper()]
