"""The reference engine: the lessons' own sections, run at any numbers."""

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from glassgpt import optim
from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record
from glassgpt.data import packing
from glassgpt.engines.base import Batch, Engine, Tokens
from glassgpt.engines.records import refuse_tensors
from glassgpt.engines.reference.model import LessonDecoder, LessonModel, deep_and_quick
from glassgpt.engines.reference.optimizers import Optimizer
from glassgpt.engines.shapes import match_state, shapes
from glassgpt.errors import DivergedError, invalid
from glassgpt.lessons import FOLDER


class ReferenceEngine(Engine):
    """An engine made of a lesson's sections."""

    name = "reference"

    def __init__(
        self, record: Record, rng: random.Random, lessons: Path = FOLDER
    ) -> None:
        super().__init__(record, rng)
        self._model = LessonModel(record.model, rng, lessons)
        self._kept: dict[str, list[float]] = {}
        if record.model.step:
            self._optimizer = Optimizer(self._model, record.train)
            self._kept = self._optimizer.buffers

    @classmethod
    def check(cls, record: Record) -> None:
        """Raise UsageError for a record that this engine cannot compute."""
        refuse_tensors(record)
        if record.train.dtype != "float64":
            why = "the reference engine has float64 only"
            raise invalid("dtype", record.train.dtype, why, "Leave dtype out.")

    def weights(self) -> dict[str, Tensor]:
        """A copy of every matrix by name; Step 0's is `counts`."""
        return self._model.by_name(self._model.values())

    def buffers(self) -> dict[str, Tensor]:
        """A copy of what the optimiser remembers: "m.wte", "v.wte" and so on."""
        return {
            f"{buffer}.{name}": tensor
            for buffer, values in self._kept.items()
            for name, tensor in self._model.by_name(values).items()
        }

    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""
        match_state(self.record, weights, buffers)
        names = list(shapes(self.record.model))
        self._model.set_values([x for name in names for x in weights[name].values])
        for kept, values in self._kept.items():
            values[:] = [x for name in names for x in buffers[f"{kept}.{name}"].values]

    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        return self._model.loss(self._model.cut(tokens))

    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token: (n,); inf where p is 0 or no number."""
        decoder = self._model.decoder()
        pairs = pairwise(self._model.cut(tokens))
        probs = (decoder.step(token)[target] for token, target in pairs)
        return [-math.log(p) if p > 0 else math.inf for p in probs]

    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size). Step 0 gives ln p."""
        decoder = self._model.decoder()
        return [decoder.logits(token_id) for token_id in self._model.cut(tokens)[:-1]]

    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back."""
        return self._model.perturbed_loss(self._model.cut(tokens), name, index, by)

    def loss_with_weights(
        self, tokens: Tokens, weights: Sequence[Sequence[float]]
    ) -> float:
        """-ln p of a token where the last layer's attention has these weights.

        They are (H, p + 1), those of position p, and the token is the one after it.
        """
        read = self._model.cut(tokens)[: len(weights[0]) + 1]
        return self._model.loss_with_weights(read, weights)

    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""
        with deep_and_quick():
            loss, gradient = self._model.gradient([self._model.cut(tokens)], [1.0])
        return loss, self._model.by_name(gradient)

    def decoder(self) -> LessonDecoder:
        """Begin a new document."""
        return self._model.decoder()

    def train_step(self, step: int, batch: Batch) -> float:
        """Measure the loss of a batch of documents, then update. `step` is from 0.

        Raises DivergedError, before anything is changed, when the loss or a gradient
        is not a finite number.
        """
        train = self.record.train
        documents = [self._sequences(tokens) for tokens in batch]
        parts = [sequence for document in documents for sequence in document]
        loss_weights = packing.sequence_weights(documents, train.loss_norm)
        if self.record.model.step == 0:
            losses = [self._model.loss(part) for part in parts]
            for part in parts:
                self._model.count(part)
            return sum(
                loss * weight for loss, weight in zip(losses, loss_weights, strict=True)
            )
        with deep_and_quick():
            loss, gradient = self._finite_gradient(parts, loss_weights, step)
            factor = optim.clip_factor(gradient, train.grad_clip)
            lr_t = self.learning_rate(step)
            self._optimizer.move([g * factor for g in gradient], lr_t, step)
        return loss

    def _sequences(self, tokens: Tokens) -> list[list[int]]:
        if not self.record.model.reads_block:
            return [list(tokens)]
        mode = self.record.train.doc_mode
        return packing.sequences(list(tokens), self.record.model.block_size, mode)

    def _finite_gradient(
        self, parts: list[list[int]], loss_weights: list[float], step: int
    ) -> tuple[float, list[float]]:
        rate = self.record.train.learning_rate
        try:
            loss, gradient = self._model.gradient(parts, loss_weights)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            # ln 0 or 1 / 0: a probability has become 0
            raise DivergedError(step, math.inf, rate) from error
        if not (math.isfinite(loss) and all(map(math.isfinite, gradient))):
            raise DivergedError(step, loss, rate)
        return loss, gradient
