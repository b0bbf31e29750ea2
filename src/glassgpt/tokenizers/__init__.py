"""Turn a document into token ids and back: by characters, bytes or byte pairs.

All have one token more than they have symbols: BOS, the last id, which opens a
document and also closes it.
"""

from collections.abc import Mapping

from glassgpt.errors import CheckpointError, UsageError, invalid
from glassgpt.tokenizers.base import StreamDecoder, Tokenizer
from glassgpt.tokenizers.bpe import BpeTokenizer
from glassgpt.tokenizers.characters import CharTokenizer
from glassgpt.tokenizers.utf8 import ByteTokenizer

__all__ = [
    "BpeTokenizer",
    "ByteTokenizer",
    "CharTokenizer",
    "StreamDecoder",
    "Tokenizer",
    "from_json",
]


def from_json(obj: object) -> Tokenizer:
    """The tokenizer that `to_json` described; CheckpointError for anything else."""
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
