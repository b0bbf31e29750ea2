"""The reference engine: the lessons' own sections, run at any numbers."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from glassgpt import optim
from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record
from glassgpt.data import packing
from glassgpt.engines.base import (
    ALONE,
    Batch,
    StateShard,
    Tokens,
    buffer_names,
    nudged_slopes,
    refuse_tensors,
    seconds_by_gradient,
    summed_losses,
)
from glassgpt.engines.reference.model import LessonDecoder, LessonModel, deep_and_quick
from glassgpt.engines.shapes import match_shapes, shapes
from glassgpt.errors import DivergedError, invalid
from glassgpt.lessons import FOLDER

_ADAM = ("beta1", "beta2", "eps_adam")


class ReferenceEngine:
    """An engine made of a lesson's sections. See `engines.base.Engine`."""

    name = "reference"
    steps_at_once = 1
    group = ALONE
    saves_behind = False

    def __init__(
        self, record: Record, rng: random.Random, lessons: Path = FOLDER
    ) -> None:
        self.check(record)
        self.record = record
        self._model = LessonModel(record.model, rng, lessons)
        self._load_update()

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
            for buffer, values in self._buffers.items()
            for name, tensor in self._model.by_name(values).items()
        }

    def state_shard(self) -> StateShard:
        """All that there is to save."""
        return StateShard(self.weights(), self.buffers())

    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""
        expected = shapes(self.record.model)
        names = {
            kept: [f"{kept}.{name}" for name in expected] for kept in self._buffers
        }
        match_shapes(weights, expected)
        match_shapes(
            buffers,
            {
                name: shape
                for kept in names.values()
                for name, shape in zip(kept, expected.values(), strict=True)
            },
        )
        self._model.set_values([x for name in expected for x in weights[name].values])
        for kept, values in self._buffers.items():
            values[:] = [x for name in names[kept] for x in buffers[name].values]

    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        return self._model.loss(self._model.cut(tokens))

    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token: (n,); inf where p is 0 or no number."""
        decoder = self._model.decoder()
        pairs = pairwise(self._model.cut(tokens))
        probs = (decoder.step(token)[target] for token, target in pairs)
        return [-math.log(p) if p > 0 else math.inf for p in probs]

    def sum_of_losses(self, documents: Batch) -> tuple[float, int]:
        """The sum of -ln p over all documents' next tokens, and how many they are."""
        return summed_losses(self, documents)

    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size). Step 0 gives ln p."""
        decoder = self._model.decoder()
        return [decoder.logits(token_id) for token_id in self._model.cut(tokens)[:-1]]

    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back."""
        return self._model.perturbed_loss(self._model.cut(tokens), name, index, by)

    def finite_differences(
        self, tokens: Tokens, name: str, places: Sequence[int], eps: float
    ) -> list[float]:
        """The loss's slope along some weights of a matrix, by central differences."""
        return nudged_slopes(self, tokens, name, places, eps)

    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""
        with deep_and_quick():
            loss, gradient = self._model.gradient([self._model.cut(tokens)], [1.0])
        return loss, self._model.by_name(gradient)

    def decoder(self) -> LessonDecoder:
        """Begin a new document."""
        return self._model.decoder()

    def seconds_a_step(self, batch: Batch) -> float:
        """What a step on such a batch may take."""
        return seconds_by_gradient(self, batch)

    def metrics(self) -> dict[str, float]:
        """Nothing is kept."""
        return {}

    def train_steps(self, step: int, batches: Sequence[Batch]) -> Iterator[float]:
        """The losses of several steps in a row, each updated before it is given."""
        for place, batch in enumerate(batches):
            yield self.train_step(step + place, batch)

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
        lr_t = optim.learning_rate_at(
            step,
            train.num_steps,
            train.learning_rate,
            train.schedule,
            train.warmup_steps,
        )
        with deep_and_quick():
            loss, gradient = self._finite_gradient(parts, loss_weights, step)
            factor = optim.clip_factor(gradient, train.grad_clip)
            self._move([g * factor for g in gradient], lr_t, step)
        self._model.forget_plain()
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

    def _load_update(self) -> None:
        """Take the update of SGD or Adam from the lesson that teaches it."""
        train, model = self.record.train, self._model
        self._buffers: dict[str, list[float]] = {}
        if self.record.model.step == 0:
            return
        if train.optimizer in ("adam", "adamw"):
            space = model.load_update(5, {name: getattr(train, name) for name in _ADAM})
            self._buffers = {name: space[name] for name in ("m", "v")}
        elif train.optimizer == "sgd":
            space = model.load_update(2, {})
        else:
            names = buffer_names(train.optimizer)
            self._buffers = {name: [0.0] * len(model.cells) for name in names}
            return
        self._update = space["update"]

    def _move(self, gradient: list[float], lr_t: float, step: int) -> None:
        train, kept = self.record.train, self._buffers
        if train.optimizer == "sgd":
            self._update_with(gradient, lr_t)
        elif train.optimizer == "adam":
            self._update_with(gradient, lr_t, step)
        else:
            weights = self._model.values()
            if train.optimizer == "momentum":
                optim.momentum(weights, gradient, kept["m"], lr_t, train.momentum)
            elif train.optimizer == "rmsprop":
                beta2, eps = train.beta2, train.eps_adam
                optim.rmsprop(weights, gradient, kept["v"], lr_t, beta2, eps)
            else:
                optim.decay(weights, lr_t, train.weight_decay)
            self._model.set_values(weights)
            if train.optimizer == "adamw":
                self._update_with(gradient, lr_t, step)

    def _update_with(self, gradient: list[float], *numbers: float) -> None:
        """The lesson's update, which finds a gradient in each weight and clears it."""
        for cell, g in zip(self._model.cells, gradient, strict=True):
            cell.grad = g
        self._update(*numbers)
