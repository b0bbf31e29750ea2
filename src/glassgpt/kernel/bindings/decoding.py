"""Reading token by token and writing new documents, in the kernel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassgpt.errors import invalid
from glassgpt.kernel.bindings.arguments import (
    Floats,
    Ints,
    Reals,
    address,
    number,
    tokens,
    whole,
)
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.random import Random

# how many documents draw in turn where many are generated at once
DECODE_BATCH = 256


@dataclass(frozen=True)
class Draw:
    """How a token was drawn: its probabilities (V,), their running sums, and the point.

    `drawn` is from 0 to below 1; the token is the first whose sum is above drawn times
    the last sum. At temperature 0 nothing is drawn, and it is None.
    """

    token: int
    probs: Floats
    sums: Floats
    drawn: float | None


class Decoder:
    """Reads a document token by token, keeping the keys and values of those before.

    Without the cache every token is computed again, which gives the same numbers and
    takes more `operations`. A model has one decoder at a time: a new one begins anew.
    """

    def __init__(self, kernel: Kernel, cache: bool = True) -> None:
        self.kernel = kernel
        self._step: Any = (
            kernel.call.decode_step if cache else kernel.call.decode_step_uncached
        )
        self.position = -1
        kernel.call.decode_begin(kernel.g)

    def step(self, token: int) -> Reals:
        """One more token; the logits of the next: (V,). Step 0 has ln p.

        Raises UsageError for a token outside the vocabulary and for a full block.
        """
        size = self.kernel.model.vocab_size
        token = whole("token", token, 0, size - 1)
        position = int(self._step(self.kernel.g, token))
        if position < 0:
            block = self.kernel.model.block_size
            raise invalid("position", block, f"the block has {block}", "Begin anew.")
        self.position = position
        logits: Reals = self.kernel.activations["logits"][position]
        return logits.copy()

    def probabilities(self, temperature: float = 1.0) -> Floats:
        """The probability of each token to come next: (V,), after a step."""
        if self.position < 0:
            raise invalid("position", self.position, "no token was read yet")
        temperature = number("temperature", temperature, 1e-6, 1e6)
        probs = np.empty(self.kernel.model.vocab_size)
        self.kernel.call.probabilities(self.kernel.g, temperature, address(probs))
        return probs

    def draw(
        self, rng: Random, temperature: float, top_k: int = 0, top_p: float = 1.0
    ) -> Draw:
        """The next token, drawn, with all that decided it."""
        top_k, top_p = _likely(top_k, top_p)
        probs = self.probabilities(temperature or 1.0)
        if temperature == 0:
            return Draw(int(probs.argmax()), probs, probs.cumsum(), None)
        marks = np.empty(len(probs), np.int32)
        self.kernel.call.filter_probs(
            address(probs), len(probs), top_k, top_p, address(marks)
        )
        token, sums, drawn = rng.choice(probs)
        return Draw(token, probs, sums, drawn)

    @property
    def operations(self) -> int:
        """The multiplications in forward passes since this decoder began."""
        return int(self.kernel.call.operations(self.kernel.g))


def generate(
    kernel: Kernel,
    rng: Random,
    prompt: object,
    limit: int,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
) -> list[int]:
    """The tokens of a new document that goes on from `prompt`, BOS first.

    At most `limit` of them, until BOS or the end of the block. Raises UsageError for a
    prompt that the block can't hold, and for probabilities that are no longer numbers.
    """
    start = checked_prompt(kernel, prompt)
    top_k, top_p = _likely(top_k, top_p)
    temperature = number("temperature", temperature, 0, 1e6)
    written = np.empty(max(1, whole("limit", limit)), np.int32)
    count = kernel.call.generate(
        kernel.g, rng.address, address(start), len(start), limit,
        temperature, top_k, top_p, address(written),
    )  # fmt: skip
    if count < 0:
        raise invalid("probabilities", "nan", "the weights have diverged")
    return [int(token) for token in written[:count]]


def generate_batch(
    kernel: Kernel,
    rng: Random,
    prompt: object,
    limit: int,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
    count: int = DECODE_BATCH,
) -> list[list[int]]:
    """The tokens of `count` documents, as `generate` has them, drawn in another order.

    In groups of DECODE_BATCH, every document that goes on draws one token, in their
    order, then every one its next. Raises UsageError as `generate` does, for a model
    without its mask, and for more memory than there is.
    """
    start = checked_prompt(kernel, prompt)
    if "mask" in kernel.without:
        why = "a token that looks ahead changes with what follows"
        raise invalid("model", "without mask", why, "Write one by one.")
    top_k, top_p = _likely(top_k, top_p)
    temperature = number("temperature", temperature, 0, 1e6)
    limit, count = max(1, whole("limit", limit)), whole("count", count)
    written = np.empty((count, limit), np.int32)
    lengths = np.empty(count, np.int32)
    workspace = kernel.workspace(count, len(start) + limit)
    done = kernel.call.generate_batch(
        kernel.g, rng.address, address(start), len(start), limit, temperature, top_k,
        top_p, count, address(written), address(lengths), address(workspace),
    )  # fmt: skip
    if done < 0:
        raise invalid("probabilities", "nan", "the weights have diverged")
    rows = zip(written.tolist(), lengths.tolist(), strict=True)
    return [row[:length] for row, length in rows]


def checked_prompt(kernel: Kernel, prompt: object) -> Ints:
    """Token ids that a document can go on from. Raises UsageError for others."""
    start = tokens(prompt, kernel.model.vocab_size, 1)
    block = kernel.model.block_size
    if kernel.has_attention and len(start) > block:
        why = f"it has {len(start)} tokens, and the block {block}"
        raise invalid("prompt", prompt, why)
    return start


def _likely(top_k: int, top_p: float) -> tuple[int, float]:
    return whole("top_k", top_k), number("top_p", top_p, 5e-324, 1)
