"""The kernel engine: the C core, on NumPy views of its memory."""

import functools
import math
import random
import threading
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby, takewhile
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, SamplingConfig
from glassgpt.engines.base import Batch, Engine, Tokens, seconds_of
from glassgpt.engines.records import refuse_tensors
from glassgpt.engines.shapes import match_state, num_params, shapes
from glassgpt.errors import DivergedError, invalid
from glassgpt.kernel.bindings.arguments import Ints, Reals
from glassgpt.kernel.bindings.decoding import Decoder, generate_batch
from glassgpt.kernel.bindings.library import open_library
from glassgpt.kernel.bindings.model import Kernel, require_possible
from glassgpt.kernel.bindings.observe import evaluate, numerical_gradients
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, Trainer, train_models
from glassgpt.optim import OPTIMIZERS

# what a core may multiply between two looks at Ctrl-C: some twentieth of a second
_MULTIPLICATIONS = 1e8
_TYPECODES = {"float64": "d", "float32": "f"}
P = ParamSpec("P")
R = TypeVar("R")


def _in_turn(
    method: Callable[Concatenate["KernelEngine", P], R],
) -> Callable[Concatenate["KernelEngine", P], R]:
    """One thread at a time: the activations and the cache are one for all."""

    def held(self: "KernelEngine", /, *args: P.args, **named: P.kwargs) -> R:
        with self.turn:
            return method(self, *args, **named)

    functools.update_wrapper(held, method)
    return held


class KernelEngine(Engine):
    """An engine made of the C kernel."""

    name = "kernel"

    def __init__(self, record: Record, rng: random.Random) -> None:
        super().__init__(record, rng)
        self.kernel = Kernel(record.model, record.train.dtype)
        self.turn = threading.RLock()
        self.in_cache: KernelDecoder | None = None  # whose tokens those are
        generator = Random.like(rng)
        self.kernel.init_weights(generator)
        generator.hand_back(rng)
        self.steps_at_once = _steps_at_once(record)

    @classmethod
    def check(cls, record: Record) -> None:
        """Raise UsageError for a record that this engine cannot compute.

        Raises GlassGPTError where the kernel is not built.
        """
        refuse_tensors(record)
        if record.train.dtype not in _TYPECODES:
            why = "the kernel has float64 and float32"
            raise invalid("dtype", record.train.dtype, why, "Try dtype=float32.")
        open_library(record.train.dtype)
        require_possible(record.model, record.train.dtype)

    @_in_turn
    def weights(self) -> dict[str, Tensor]:
        """A copy of every matrix by name; Step 0's is `counts`."""
        return self._tensors(self.kernel.weights)

    @_in_turn
    def buffers(self) -> dict[str, Tensor]:
        """A copy of what the optimiser remembers: "m.wte", "v.wte" and so on."""
        return {
            f"{kept}.{name}": tensor
            for kept, matrices in self._kept().items()
            for name, tensor in self._tensors(matrices).items()
        }

    @_in_turn
    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""
        match_state(self.record, weights, buffers)
        self.in_cache = None
        for name, matrix in self.kernel.weights.items():
            matrix[:] = _matrix(weights[name])
            for k, matrices in self._kept().items():
                matrices[name][:] = _matrix(buffers[f"{k}.{name}"])

    @_in_turn
    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        self.in_cache = None
        return self.kernel.loss(tokens)

    @_in_turn
    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token: (n,)."""
        losses = [row for part in self._pieces(tokens, "losses") for row in part]
        return [float(loss) for loss in losses]

    @_in_turn
    def sum_of_losses(self, documents: Batch) -> tuple[float, int]:
        """The sum of -ln p over all documents' next tokens, and how many they are."""
        self.in_cache = None
        given = Documents(documents, self.record.model.vocab_size)
        every = np.arange(len(given))
        losses, counts = evaluate(self.kernel, given, every, batched=True)
        return math.fsum(losses), int(counts.sum())

    @_in_turn
    def generate_batch(
        self, start: Tokens, limit: int, config: SamplingConfig, rng: random.Random
    ) -> list[list[int]]:
        """The tokens of DECODE_BATCH documents, written side by side."""
        self.in_cache = None
        generator = Random.like(rng)
        how = config.temperature, config.top_k, config.top_p
        written = generate_batch(self.kernel, generator, start, limit, *how)
        generator.hand_back(rng)
        return written

    @_in_turn
    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size). Step 0 gives ln p."""
        return [row for part in self._pieces(tokens, "logits") for row in part.tolist()]

    @_in_turn
    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back.

        `index` counts through the matrix row by row.
        """
        matrix = self.kernel.weights[name].reshape(-1)
        kept = matrix[index]
        matrix[index] += by
        try:
            return self.loss(tokens)
        finally:
            matrix[index] = kept

    @_in_turn
    def finite_differences(
        self, tokens: Tokens, name: str, places: Sequence[int], eps: float
    ) -> list[float]:
        """The loss's slope along some weights of a matrix, by central differences."""
        self.in_cache = None
        start, found = self._start_of(name), list[float]()
        for first, count in _stretches(places):
            chosen = start + first, count
            slopes = numerical_gradients(self.kernel, tokens, eps, *chosen, True)
            found += map(float, slopes)
        return found

    @_in_turn
    def seconds_a_step(self, batch: Batch) -> float:
        """What a step on such a batch may take: some are made, and taken back."""
        if self.record.model.step == 0:
            return 0.0
        every = self.kernel.weights, self.kernel.m, self.kernel.v
        matrices = [matrix for kept in every for matrix in kept.values()]
        before = [matrix.copy() for matrix in matrices]
        try:
            # where it diverges, the first step will tell of it
            return seconds_of(lambda: train_several([self], 0, [batch]))
        finally:
            for matrix, values in zip(matrices, before, strict=True):
                matrix[:] = values

    @_in_turn
    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""
        self.in_cache = None
        self.kernel.zero_grads()
        loss = self.kernel.gradient(tokens)
        gradients = self._tensors(self.kernel.grads)
        self.kernel.zero_grads()
        return loss, gradients

    def train_step(self, step: int, batch: Batch) -> float:
        """Measure the loss of a batch of documents, then update. `step` is from 0.

        Raises DivergedError, before anything is changed, when the loss or a gradient
        is not a finite number.
        """
        return next(self.train_steps(step, [batch]))

    def train_steps(self, step: int, batches: Sequence[Batch]) -> Iterator[float]:
        """The losses of several steps in a row, all made before the first is given."""
        [(losses, diverged)] = train_several([self], step, batches)
        yield from losses
        if diverged:
            raise diverged

    def decoder(self) -> "KernelDecoder":
        """Begin a new document."""
        return KernelDecoder(self)

    def _start_of(self, name: str) -> int:
        """The place of a matrix's first weight among all weights."""
        every = shapes(self.record.model)
        before = takewhile(lambda other: other != name, every)
        return sum(math.prod(every[other]) for other in before)

    def _kept(self) -> dict[str, Mapping[str, Reals]]:
        if self.record.model.step == 0:
            return {}
        matrices = {"m": self.kernel.m, "v": self.kernel.v}
        names = OPTIMIZERS[self.record.train.optimizer].buffers
        return {name: matrices[name] for name in names}

    def _tensors(self, matrices: Mapping[str, Reals]) -> dict[str, Tensor]:
        code = _TYPECODES[self.record.train.dtype]
        return {
            name: Tensor(matrix.shape, array(code, matrix.tobytes()))
            for name, matrix in matrices.items()
        }

    def _pieces(self, tokens: Tokens, activation: str) -> Iterator[Reals]:
        """An activation at every position; a long document goes through in pieces."""
        self.in_cache = None
        read: Ints = self.kernel.cut(tokens)
        rows = self.kernel.activations[activation]
        for start in range(0, len(read) - 1, len(rows)):
            piece = read[start : start + len(rows) + 1]
            self.kernel.loss(piece)
            yield rows[: len(piece) - 1]


def train_several(
    engines: Sequence[KernelEngine], step: int, batches: Sequence[Batch]
) -> list[tuple[list[float], DivergedError | None]]:
    """The same steps of several models, in one call of the kernel.

    Of each its losses, up to the step that diverged, if one did, and its error. They
    have the same vocabulary, batch_docs and dtype.
    """
    vocab_size = engines[0].record.model.vocab_size
    documents = Documents(
        [document for batch in batches for document in batch], vocab_size
    )
    with ExitStack() as turns:
        trainers = []
        for engine in engines:
            turns.enter_context(engine.turn)
            engine.in_cache = None
            trainers.append(Trainer(engine.kernel, documents, engine.record.train))
        errors = train_models(trainers, step, np.arange(len(documents)))
    losses = [trainer.losses.tolist() for trainer in trainers]
    return list(zip(losses, errors, strict=True))


class KernelDecoder:
    """Reads with the kernel's cache, which is the reader's that used it last."""

    def __init__(self, engine: KernelEngine) -> None:
        self._engine = engine
        self._tokens: list[int] = []
        self._reader: Decoder | None = None

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""
        with self._engine.turn:
            if self._engine.in_cache is not self or self._reader is None:
                self._reader = Decoder(self._engine.kernel)
                for token in self._tokens:
                    self._reader.step(token)
                self._engine.in_cache = self
            self._reader.step(token_id)
            self._tokens.append(token_id)
            return [float(p) for p in self._reader.probabilities(temperature)]


def _matrix(tensor: Tensor) -> Reals:
    return np.asarray(tensor.values).reshape(tensor.shape)


def _stretches(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places that follow each other: where each stretch begins, and how long it is."""
    numbered = enumerate(places)
    for _, stretch in groupby(numbered, lambda pair: pair[1] - pair[0]):
        first, *rest = (place for _, place in stretch)
        yield first, 1 + len(rest)


def _steps_at_once(record: Record) -> int:
    positions = record.model.block_size * record.train.batch_docs
    each = 3 * max(1, num_params(record.model)) * positions
    return max(1, min(1000, int(_MULTIPLICATIONS / each)))
