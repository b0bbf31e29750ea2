"""What a model needs to know of text, and what several tokenizers share."""

import codecs
from collections.abc import Iterable
from typing import Any, Protocol

from glassgpt.errors import invalid


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
        """What `tokenizers.from_json` reads."""


class StreamDecoder:
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
