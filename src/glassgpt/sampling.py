"""Writing new documents: a token is drawn, fed back, and so on until BOS comes."""

import random
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from glassgpt.engines.base import SAMPLE_BATCH, Engine
from glassgpt.errors import GlassGPTError, invalid
from glassgpt.tokenizers import Tokenizer

COLDEST, HOTTEST = 0.05, 2.0
# with --unique or --new-only: how many draws in vain before giving up
_PATIENCE = 1000


@dataclass(frozen=True)
class Taste:
    """How the next token is chosen from its probabilities.

    `temperature` is 0, the most likely, or from 0.05 to 2. `top_k` and `top_p` keep
    only the likeliest tokens: so many, or so much probability. 0 and 1 keep all.
    Raises UsageError for other values.
    """

    temperature: float
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature and not COLDEST <= self.temperature <= HOTTEST:
            why = f"it runs from {COLDEST} to {HOTTEST}, and 0 is the most likely"
            raise invalid("temperature", self.temperature, why, "Try 0.5.")
        if self.top_k < 0:
            raise invalid("top_k", self.top_k, "it is below 0", "0 keeps every token.")
        if not 0 < self.top_p <= 1:
            why = "it must be above 0, at most 1"
            raise invalid("top_p", self.top_p, why, "1 keeps every token.")

    def keep(self, probs: list[float]) -> list[float]:
        """The probabilities with those that are not kept set to 0: (vocab_size,)."""
        if not self.top_k and self.top_p == 1:
            return probs
        ranked = sorted(range(len(probs)), key=lambda i: -probs[i])
        if self.top_k:
            ranked = ranked[: self.top_k]
        kept, total = set(), 0.0
        for i in ranked:
            kept.add(i)
            total += probs[i]
            if total >= self.top_p:
                break
        return [p if i in kept else 0.0 for i, p in enumerate(probs)]

    def choose(self, probs: list[float], rng: random.Random) -> int:
        """The id of the next token. At temperature 0 no random number is used."""
        if self.temperature == 0:
            return max(range(len(probs)), key=probs.__getitem__)
        try:
            return rng.choices(range(len(probs)), weights=self.keep(probs))[0]
        except ValueError:
            why = "the weights have grown too large"
            remedy = "Train again with a smaller learning_rate."
            raise invalid(
                "probability", max(probs), why, remedy, GlassGPTError
            ) from None


@dataclass(frozen=True)
class Sample:
    """A document that was written; `known` says whether it stands in the data."""

    text: str
    known: bool | None


def write(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    taste: Taste,
    prompt: str = "",
    hear: Callable[[str], None] | None = None,
) -> str:
    """One document, at most block_size tokens long, that begins with `prompt`.

    `hear` is told what there is of it, after each token. Raises UsageError for a prompt
    with an unknown character, or too long to go on.
    """
    start = _start(engine, tokenizer, prompt)
    block_size = engine.record.model.block_size
    decoder, written = engine.decoder(), start[1:]
    for token_id in start[:-1]:
        decoder.step(token_id)
    token_id = start[-1]
    while len(written) < block_size:
        probs = decoder.step(token_id, taste.temperature or 1.0)
        token_id = taste.choose(probs, rng)
        if token_id == tokenizer.bos:
            break
        written.append(token_id)
        if hear:
            hear(tokenizer.decode(written))
    return tokenizer.decode(written)


@runtime_checkable
class WritesBatched(Protocol):
    """An engine that writes a group of documents faster than one by one."""

    def write_batched(
        self,
        start: Sequence[int],
        limit: int,
        temperature: float,
        top_k: int,
        top_p: float,
        rng: random.Random,
    ) -> list[list[int]]:
        """The tokens of SAMPLE_BATCH documents after `start`, at most `limit` each."""


def write_batched(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    taste: Taste,
    prompt: str = "",
) -> Iterator[str]:
    """Documents without end, in groups of SAMPLE_BATCH that draw in turn.

    In a group every document that goes on draws its first token, in their order, then
    every one its second. Each is as likely as one of `write`, and all are from the one
    generator, but for the same seed they are others. Raises UsageError as `write` does.
    """
    start = _start(engine, tokenizer, prompt)
    limit = engine.record.model.block_size - (len(start) - 1)
    while True:
        if isinstance(engine, WritesBatched):
            group = engine.write_batched(
                start, limit, taste.temperature, taste.top_k, taste.top_p, rng
            )
        else:
            group = _in_turn(engine, start, limit, taste, rng)
        for written in group:
            yield tokenizer.decode([*start[1:], *written])


def _in_turn(
    engine: Engine, start: list[int], limit: int, taste: Taste, rng: random.Random
) -> list[list[int]]:
    """A group, by as many decoders."""
    decoders = [engine.decoder() for _ in range(SAMPLE_BATCH)]
    group: list[list[int]] = [[] for _ in decoders]
    for decoder in decoders:
        for token_id in start[:-1]:
            decoder.step(token_id)
    going = list(range(SAMPLE_BATCH))
    while going and len(group[going[0]]) < limit:
        for i in list(going):
            token_id = group[i][-1] if group[i] else start[-1]
            probs = decoders[i].step(token_id, taste.temperature or 1.0)
            token_id = taste.choose(probs, rng)
            if token_id == start[0]:
                going.remove(i)
            else:
                group[i].append(token_id)
    return group


def _start(engine: Engine, tokenizer: Tokenizer, prompt: str) -> list[int]:
    """BOS and the prompt's token ids."""
    block_size = engine.record.model.block_size
    start = tokenizer.encode_prefix(prompt)
    if len(start) > block_size:
        why = f"it has {len(start) - 1} tokens, and the block {block_size}"
        raise invalid("prompt", prompt, why, f"Take at most {block_size - 1}.")
    return start


def write_many(
    engine: Engine,
    tokenizer: Tokenizer,
    rng: random.Random,
    taste: Taste,
    count: int,
    known: Container[str] | None = None,
    prompt: str = "",
    new_only: bool = False,
    unique: bool = False,
    together: bool = False,
    hear: Callable[[str], None] | None = None,
) -> Iterator[Sample]:
    """`count` samples, as they are written; `hear` is told of each as it grows.

    `new_only` passes over those in `known`, `unique` over those written before; after a
    thousand draws in vain there are fewer. `together` takes them from `write_batched`.
    """
    seen: set[str] = set()
    in_vain = 0
    texts = write_batched(engine, tokenizer, rng, taste, prompt) if together else None
    while count and in_vain < _PATIENCE:
        if texts:
            text = next(texts)
        else:
            text = write(engine, tokenizer, rng, taste, prompt, hear)
        sample = Sample(text, None if known is None else text in known)
        if (new_only and sample.known) or (unique and text in seen):
            in_vain += 1
            continue
        seen.add(text)
        count, in_vain = count - 1, 0
        yield sample
