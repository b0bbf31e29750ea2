"""What every engine can do: eight methods that each writes, and what follows from them.

Token ids come in as plain lists, numbers go out as floats or as tensors by name, so
that the loop, the commands and the tests never need to know which engine computes.
"""

import math
import random
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

from glassgpt import optim
from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, SamplingConfig
from glassgpt.engines.decoding import DECODE_BATCH, Decoder, generate_in_turn

# a step is timed so often, or for so many seconds
_TIMES, _ENOUGH = 9, 0.02
Tokens = Sequence[int]
Batch = Sequence[Tokens]


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


def seconds_of(work: Callable[[], object]) -> float:
    """How long something takes: the median of a few times, or of one that is long."""
    seconds: list[float] = []
    while len(seconds) < _TIMES and sum(seconds) < _ENOUGH:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median_low(seconds)


class Engine(ABC):
    """A model and its optimiser. The same record gives the same numbers on each.

    An engine has a `name`, draws its first weights in `__init__`, and writes the
    methods that are abstract here. It replaces a default where it has a faster way.
    """

    name: str
    # how many steps the loop may hand over at once and still answer Ctrl-C in time
    steps_at_once = 1
    group = ALONE
    # held while a document is written, where threads share what an engine remembers
    turn: AbstractContextManager[object] = nullcontext()
    # whether a checkpoint is written while training goes on
    saves_behind = False

    def __init__(self, record: Record, rng: random.Random) -> None:
        """Check the record; an engine then draws from `rng`, in the lesson's order."""
        self.check(record)
        self.record = record

    @classmethod
    @abstractmethod
    def check(cls, record: Record) -> None:
        """Raise UsageError for a record that this engine cannot compute."""

    @abstractmethod
    def weights(self) -> dict[str, Tensor]:
        """A copy of every matrix by name; Step 0's is `counts`."""

    @abstractmethod
    def buffers(self) -> dict[str, Tensor]:
        """A copy of what the optimiser remembers: "m.wte", "v.wte" and so on."""

    @abstractmethod
    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""

    @abstractmethod
    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token, as many as the block has: (n,)."""

    @abstractmethod
    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""

    @abstractmethod
    def train_step(self, step: int, batch: Batch) -> float:
        """Measure the loss of a batch of documents, then update. `step` is from 0.

        Raises DivergedError, before anything is changed, when the loss or a gradient
        is not a finite number.
        """

    @abstractmethod
    def decoder(self) -> Decoder:
        """Begin a new document."""

    def train_steps(self, step: int, batches: Sequence[Batch]) -> Iterator[float]:
        """The losses of several steps in a row, each updated before it is given.

        An engine may do all of them before it gives the first.
        """
        for place, batch in enumerate(batches):
            yield self.train_step(step + place, batch)

    def state_shard(self) -> StateShard:
        """What this process saves of this moment; all of the group must ask."""
        return StateShard(self.weights(), self.buffers())

    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        losses = self.token_losses(tokens)
        return math.fsum(losses) / len(losses)

    def sum_of_losses(self, documents: Batch) -> tuple[float, int]:
        """The sum of -ln p over all documents' next tokens, and how many they are."""
        losses = [loss for tokens in documents for loss in self.token_losses(tokens)]
        return math.fsum(losses), len(losses)

    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size). Here, as in Step 0, ln p."""
        decoder, count = self.decoder(), len(self.token_losses(tokens))
        read = [decoder.step(token) for token in tokens[:count]]
        return [[math.log(p) if p > 0 else -math.inf for p in probs] for probs in read]

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        train = self.record.train
        return optim.learning_rate_at(
            step,
            train.num_steps,
            train.learning_rate,
            train.schedule,
            train.warmup_steps,
        )

    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back.

        `index` counts through the matrix row by row.
        """
        weights, buffers = self.weights(), self.buffers()
        values = weights[name].values[:]
        values[index] += by
        try:
            moved = Tensor(weights[name].shape, values)
            self.restore({**weights, name: moved}, buffers)
            return self.loss(tokens)
        finally:
            self.restore(weights, buffers)

    def finite_differences(
        self, tokens: Tokens, name: str, places: Sequence[int], eps: float
    ) -> list[float]:
        """The loss's slope along some weights of a matrix, counted row by row.

        By central differences: (loss(w + eps) - loss(w - eps)) / 2 eps.
        """
        above = [self.perturbed_loss(tokens, name, place, eps) for place in places]
        below = [self.perturbed_loss(tokens, name, place, -eps) for place in places]
        return [(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)]

    def generate_batch(
        self, start: Tokens, limit: int, config: SamplingConfig, rng: random.Random
    ) -> list[list[int]]:
        """The tokens of DECODE_BATCH documents after `start`, at most `limit` each.

        See `sampling.generate_batches`.
        """
        decoders = [self.decoder() for _ in range(DECODE_BATCH)]
        return generate_in_turn(decoders, start, limit, config, rng)

    def seconds_a_step(self, batch: Batch) -> float:
        """What a step on such a batch may take, found without changing anything.

        Here by measuring the gradient of one document.
        """
        if self.record.model.step == 0:
            return 0.0
        with suppress(ArithmeticError, ValueError):  # the first step will tell of it
            return seconds_of(lambda: self.gradients(batch[0])) * len(batch)
        return 0.0

    def metrics(self) -> dict[str, float]:
        """What the last step showed besides its loss; empty where nothing is kept.

        tokens, gradient_norm, memory in bytes, flops of the step, peak_flops a second.
        """
        return {}
