"""What every engine can do, and the order of its weights.

Token ids come in as plain lists, numbers go out as floats or as tensors by name, so
that the loop, the commands and the tests never need to know which engine computes.
"""

import functools
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record
from glassgpt.errors import invalid

Tokens = Sequence[int]
Batch = Sequence[Tokens]
# how many documents draw in turn where many are written at once
SAMPLE_BATCH = 256


class Decoder(Protocol):
    """Reads a document token by token, keeping what it needs of those before."""

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""


class ProcessGroup:
    """The processes that train one run together: this one, alone.

    The first, of rank 0, leads: it alone talks and keeps the log.
    """

    rank = 0
    size = 1

    @property
    def is_leader(self) -> bool:
        """Whether this process is the one that talks."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all have come here."""

    def any(self, flag: bool) -> bool:
        """Whether it is so on any of them; all must ask."""
        return flag

    def leave(self) -> None:
        """Part from the others at the end, so that none takes it for a failure."""


ALONE = ProcessGroup()


@dataclass(frozen=True)
class StateShard:
    """What one process saves of a moment: tensors that no other process saves.

    They are whole once `wait` has returned, and stay so until the next is taken.
    """

    weights: dict[str, Tensor]
    buffers: dict[str, Tensor]
    wait: Callable[[], None] = lambda: None


class Engine(Protocol):
    """A model and its optimiser. The same record gives the same numbers on each."""

    name: str
    record: Record
    # how many steps the loop may hand over at once and still answer Ctrl-C in time
    steps_at_once: int
    group: ProcessGroup
    # whether a checkpoint is written while training goes on
    saves_behind: bool

    @classmethod
    def check(cls, record: Record) -> None:
        """Raise UsageError for a record that this engine cannot compute."""

    def __init__(self, record: Record, rng: random.Random) -> None:
        """Draw the first weights from `rng`, in the lesson's order."""

    def weights(self) -> dict[str, Tensor]:
        """A copy of every matrix by name; Step 0's is `counts`."""

    def buffers(self) -> dict[str, Tensor]:
        """A copy of what the optimiser remembers: "m.wte", "v.wte" and so on."""

    def state_shard(self) -> StateShard:
        """What this process saves of this moment; all of the group must ask."""

    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""

    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""

    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token: (n,)."""

    def sum_of_losses(self, documents: Batch) -> tuple[float, int]:
        """The sum of -ln p over all documents' next tokens, and how many they are."""

    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size). Step 0 gives ln p."""

    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back.

        `index` counts through the matrix row by row.
        """

    def finite_differences(
        self, tokens: Tokens, name: str, places: Sequence[int], eps: float
    ) -> list[float]:
        """The loss's slope along some weights of a matrix, counted row by row.

        By central differences: (loss(w + eps) - loss(w - eps)) / 2 eps.
        """

    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""

    def train_step(self, step: int, batch: Batch) -> float:
        """Measure the loss of a batch of documents, then update. `step` is from 0.

        Raises DivergedError, before anything is changed, when the loss or a gradient
        is not a finite number.
        """

    def train_steps(self, step: int, batches: Sequence[Batch]) -> Iterator[float]:
        """The losses of several steps in a row, each updated before it is given.

        An engine may do all of them before it gives the first.
        """

    def decoder(self) -> Decoder:
        """Begin a new document."""

    def seconds_a_step(self, batch: Batch) -> float:
        """What a step on such a batch may take, found without changing anything."""

    def metrics(self) -> dict[str, float]:
        """What the last step showed besides its loss; empty where nothing is kept.

        tokens, gradient_norm, memory in bytes, flops of the step, peak_flops a second.
        """


def seconds_by_gradient(engine: Engine, batch: Batch) -> float:
    """What a step may take, by measuring the gradient of one document."""
    if engine.record.model.step == 0:
        return 0.0
    start = time.perf_counter()
    with suppress(ArithmeticError, ValueError):  # the first step will tell of it
        engine.gradients(batch[0])
    return (time.perf_counter() - start) * len(batch)


# fields that say how a batch is computed on tensors, and what other engines do: nothing
FOR_TENSORS: dict[str, Any] = {
    "micro_batch": 0,
    "compile": "off",
    "remat": "off",
    "shard": "none",
}


def to_read(record: Record) -> Record:
    """The record as any engine may load it, to read and to write with its weights.

    Without what only training in tensors asks for; bfloat16 has float32 weights.
    """
    changed = dict(FOR_TENSORS)
    if record.train.dtype == "bfloat16":
        changed["dtype"] = "float32"
    return replace(record, train=replace(record.train, **changed))


def refuse_tensors(record: Record) -> None:
    """Raise UsageError for a record that asks for what only the torch engine does."""
    for name, plain in FOR_TENSORS.items():
        value = getattr(record.train, name)
        if value != plain:
            why, remedy = "only the torch engine has it", f"Leave {name} out."
            raise invalid(name, value, why, remedy)


@functools.cache
def buffer_names(optimizer: str) -> tuple[str, ...]:
    """What an optimiser remembers for each weight."""
    return {
        "sgd": (),
        "momentum": ("m",),
        "rmsprop": ("v",),
        "adam": ("m", "v"),
        "adamw": ("m", "v"),
    }[optimizer]


def nudged_slopes(
    engine: Engine, tokens: Tokens, name: str, places: Sequence[int], eps: float
) -> list[float]:
    """`slopes` of an engine that computes a loss at a time."""
    above = [engine.perturbed_loss(tokens, name, place, eps) for place in places]
    below = [engine.perturbed_loss(tokens, name, place, -eps) for place in places]
    return [(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)]


def summed_losses(engine: Engine, documents: Batch) -> tuple[float, int]:
    """`sum_of_losses` of an engine that reads one document after the other."""
    losses = [loss for tokens in documents for loss in engine.token_losses(tokens)]
    return math.fsum(losses), len(losses)
