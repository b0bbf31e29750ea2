"""Byte-pair tokens: trained and applied by Hugging Face `tokenizers`.

The library is loaded to train and to encode, never to decode: a run that was trained
elsewhere writes its samples without it. Tokens stand for bytes, so that no text is
unknown, and the id after the last is BOS.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from glassgpt.errors import CheckpointError, GlassGPTError, invalid, missing
from glassgpt.tokenizers.base import spell

# 256 bytes and BOS
SMALLEST_VOCABULARY = 257
_REMEDY = "The file is damaged or was not written by glassgpt; use another."


@dataclass(frozen=True)
class BpeTokenizer:
    """Byte-pair tokens; `json` is what `tokenizers` reads and writes.

    Raises CheckpointError for another text.
    """

    json: str

    def __post_init__(self) -> None:
        try:
            model = json.loads(self.json)["model"]
            ids = sorted(model["vocab"].values())
            known = {bytes_of(token) for token in model["vocab"]}
            fits = model["type"] == "BPE" and ids == list(range(len(ids)))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            fits = False
        if not fits or not {bytes([byte]) for byte in range(256)} <= known:
            why = "no byte-level BPE of tokenizers"
            raise invalid("tokenizer", "bpe", why, _REMEDY, CheckpointError)

    @property
    def bos(self) -> int:
        """The id that opens and closes a document: the number of byte-pair tokens."""
        return len(self._spellings)

    @property
    def vocab_size(self) -> int:
        """The number of byte-pair tokens, and one for BOS."""
        return len(self._spellings) + 1

    def encode(self, text: str) -> list[int]:
        """BOS, the ids of `text`, BOS."""
        return [*self.encode_prefix(text), self.bos]

    def encode_prefix(self, text: str) -> list[int]:
        """BOS, the ids of `text`."""
        return [self.bos, *self.engine.encode(_plain(text)).ids]

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        """The ids of each text, without BOS; on all cores."""
        done = self.engine.encode_batch([_plain(text) for text in texts])
        return [one.ids for one in done]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids` without BOS; U+FFFD where the bytes are no UTF-8."""
        return spell(self, ids)

    def spelling(self, token_id: int) -> bytes:
        """The bytes that a token stands for."""
        return self._spellings[token_id]

    def to_json(self) -> dict[str, Any]:
        """The kind, and the JSON of `tokenizers` as one string."""
        return {"kind": "bpe", "tokenizers": self.json}

    @cached_property
    def engine(self) -> Any:
        """The tokenizer of Hugging Face. Raises GlassGPTError where it is missing."""
        try:
            return library().Tokenizer.from_str(self.json)
        except GlassGPTError:
            raise
        except Exception as error:  # the library has no class of its own for this
            why = str(error)
            raise invalid("tokenizer", "bpe", why, _REMEDY, CheckpointError) from None

    @cached_property
    def _spellings(self) -> list[bytes]:
        vocab: dict[str, int] = json.loads(self.json)["model"]["vocab"]
        return [bytes_of(token) for token in sorted(vocab, key=vocab.__getitem__)]


def train(texts: Iterable[str], vocab_size: int) -> BpeTokenizer:
    """Learn at most `vocab_size` tokens, BOS included, from texts.

    The pairs are those of Sennrich, Haddow and Birch 2016, over bytes as in GPT-2.
    Raises UsageError below 257, GlassGPTError without the library.
    """
    if vocab_size < SMALLEST_VOCABULARY:
        why = "256 bytes and BOS are the least"
        raise invalid("--vocab-size", vocab_size, why, "Try 4096.")
    hf = library()
    tokenizer = hf.Tokenizer(hf.models.BPE())
    tokenizer.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = hf.decoders.ByteLevel()
    trainer = hf.trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        initial_alphabet=sorted(_ALPHABET),
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(_plain, texts), trainer)
    return BpeTokenizer(tokenizer.to_str())


def library() -> Any:
    """Hugging Face `tokenizers`. Raises GlassGPTError where it is not installed."""
    try:
        import tokenizers
        from tokenizers import decoders, models, pre_tokenizers, trainers
    except ImportError:
        remedy = 'Install it: pip install "glassgpt[bpe]"'
        raise missing("tokenizers, which bpe needs", remedy, GlassGPTError) from None
    assert decoders and models and pre_tokenizers and trainers
    return tokenizers


def bytes_of(token: str) -> bytes:
    """The bytes that a byte-level token is written for; KeyError for another."""
    return bytes(_ALPHABET[character] for character in token)


def _plain(text: str) -> str:
    """The text without lone surrogates, which are no UTF-8."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _alphabet() -> Iterator[tuple[str, int]]:
    """The character that writes each byte: itself, where it can be seen (GPT-2)."""
    unseen = 0
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255:
            yield chr(byte), byte
        else:
            yield chr(256 + unseen), byte
            unseen += 1


_ALPHABET = dict(_alphabet())
