"""Writing new documents: a token is drawn, fed back, and so on until BOS comes."""

import random
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from glassgpt.config import SamplingConfig
from glassgpt.engines.base import Engine
from glassgpt.engines.decoding import choose
from glassgpt.errors import invalid
from glassgpt.tokenizers import Tokenizer

# with --unique or --new-only: how many draws in vain before giving up
_PATIENCE = 1000


@dataclass(frozen=True)
class Sample:
    """A document that was written; `known` says whether it is in the data."""

    text: str
    known: bool | None


def generate(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    config: SamplingConfig,
    prompt: str = "",
    on_text: Callable[[str], None] | None = None,
) -> str:
    """One document, at most block_size tokens long, that begins with `prompt`.

    `on_text` is told what there is of it, after each token. Raises UsageError for a
    prompt with an unknown character, or too long to go on.
    """
    start = _start(engine, tokenizer, prompt)
    block_size = engine.record.model.block_size
    with engine.turn:
        decoder, written = engine.decoder(), start[1:]
        for token_id in start[:-1]:
            decoder.step(token_id)
        token_id = start[-1]
        while len(written) < block_size:
            probs = decoder.step(token_id, config.temperature or 1.0)
            token_id = choose(probs, config, rng)
            if token_id == tokenizer.bos:
                break
            written.append(token_id)
            if on_text:
                on_text(tokenizer.decode(written))
    return tokenizer.decode(written)


def generate_batches(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    config: SamplingConfig,
    prompt: str = "",
) -> Iterator[str]:
    """Documents without end, in batches of DECODE_BATCH that draw in turn.

    In a batch every document that goes on draws its first token, in their order, then
    every one its second. Each is as likely as one of `generate`, and all are from one
    generator, but for the same seed they are others. Raises UsageError as it does.
    """
    start = _start(engine, tokenizer, prompt)
    limit = engine.record.model.block_size - (len(start) - 1)
    while True:
        for written in engine.generate_batch(start, limit, config, rng):
            yield tokenizer.decode([*start[1:], *written])


def sample(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    n: int,
    config: SamplingConfig,
    *,
    prompt: str = "",
    known: Container[str] | None = None,
    new_only: bool = False,
    unique: bool = False,
    batched: bool = False,
    on_text: Callable[[str], None] | None = None,
) -> Iterator[Sample]:
    """`n` samples, as they are written; `on_text` is told of each as it grows.

    `new_only` passes over those in `known`, `unique` over those written before; after a
    thousand draws in vain there are fewer. `batched` takes them a batch at a time.
    """
    seen: set[str] = set()
    in_vain = 0
    given = engine, tokenizer, rng, config, prompt
    texts = generate_batches(*given) if batched else None
    while n and in_vain < _PATIENCE:
        text = next(texts) if texts else generate(*given, on_text)
        one = Sample(text, None if known is None else text in known)
        if (new_only and one.known) or (unique and text in seen):
            in_vain += 1
            continue
        seen.add(text)
        n, in_vain = n - 1, 0
        yield one


def _start(engine: Engine, tokenizer: Tokenizer, prompt: str) -> list[int]:
    """BOS and the prompt's token ids."""
    block_size = engine.record.model.block_size
    start = tokenizer.encode_prefix(prompt)
    if len(start) > block_size:
        why = f"it has {len(start) - 1} tokens, and the block {block_size}"
        raise invalid("prompt", prompt, why, f"Take at most {block_size - 1}.")
    return start
