"""One token a byte of UTF-8."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from glassgpt.tokenizers.base import spell


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
