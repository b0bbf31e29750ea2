"""Documents token by token: what reads them, and how the next token is chosen."""

import random
from collections.abc import Sequence
from typing import Protocol

from glassgpt.config import SamplingConfig
from glassgpt.errors import GlassGPTError, invalid

# how many documents draw in turn where many are written at once
DECODE_BATCH = 256


class Decoder(Protocol):
    """Reads a document token by token, keeping what it needs of those before."""

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""


def keep_likely(probs: list[float], config: SamplingConfig) -> list[float]:
    """The probabilities with those that are not kept set to 0: (vocab_size,)."""
    if not config.top_k and config.top_p == 1:
        return probs
    ranked = sorted(range(len(probs)), key=lambda i: -probs[i])
    if config.top_k:
        ranked = ranked[: config.top_k]
    kept, total = set(), 0.0
    for i in ranked:
        kept.add(i)
        total += probs[i]
        if total >= config.top_p:
            break
    return [p if i in kept else 0.0 for i, p in enumerate(probs)]


def choose(probs: list[float], config: SamplingConfig, rng: random.Random) -> int:
    """The id of the next token. At temperature 0 no random number is used."""
    if config.temperature == 0:
        return max(range(len(probs)), key=probs.__getitem__)
    try:
        return rng.choices(range(len(probs)), weights=keep_likely(probs, config))[0]
    except ValueError:
        why = "the weights have grown too large"
        remedy = "Train again with a smaller learning_rate."
        raise invalid("probability", max(probs), why, remedy, GlassGPTError) from None


def generate_in_turn(
    decoders: Sequence[Decoder],
    start: Sequence[int],
    limit: int,
    config: SamplingConfig,
    rng: random.Random,
) -> list[list[int]]:
    """The tokens of as many documents after `start`, BOS first, at most `limit` each.

    All that go on draw a token, in their order, then all their next, until BOS comes.
    """
    written: list[list[int]] = [[] for _ in decoders]
    for decoder in decoders:
        for token_id in start[:-1]:
            decoder.step(token_id)
    going = list(range(len(decoders)))
    while going and len(written[going[0]]) < limit:
        for i in list(going):
            token_id = written[i][-1] if written[i] else start[-1]
            probs = decoders[i].step(token_id, config.temperature or 1.0)
            token_id = choose(probs, config, rng)
            if token_id == start[0]:
                going.remove(i)
            else:
                written[i].append(token_id)
    return written
