"""What a page may say of decoding with a cache and without: the kernel's own count."""

import functools

from glassgpt.config import ModelConfig, preset
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import vocab
from glassgpt.kernel.bindings.decoding import Decoder
from glassgpt.kernel.bindings.model import Kernel

STEP = 3


@call
def tokens_read(length: int) -> int:
    """How many tokens a word of so many letters has, BOS first, as far as they fit."""
    return min(length + 1, _model().block_size)


@call
def multiplications(length: int, cache: bool = True) -> int:
    """How many a model of Step 3 makes to read a word of so many letters."""
    return _counted(tokens_read(length), cache)


@call
def saved(length: int) -> int:
    """How many of them the cache saves."""
    return multiplications(length, cache=False) - multiplications(length)


@call
def cached_numbers(length: int) -> int:
    """How many numbers are kept of such a word: a key and a value a token."""
    return 2 * _model().n_embd * tokens_read(length)


@functools.cache
def _counted(tokens: int, cache: bool) -> int:
    reader = Decoder(Kernel(_model()), cache)
    for _ in range(tokens):
        reader.step(0)
    return reader.operations


@functools.cache
def _model() -> ModelConfig:
    return preset(f"step{STEP}").with_vocabulary(vocab()).model
