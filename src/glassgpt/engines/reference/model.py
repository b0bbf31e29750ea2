"""A lesson's model, compiled from its sections at the numbers of a record.

Nothing here knows how a model computes: the weights are the lesson's own objects, the
forward pass and the gradient are its functions.
"""

import gc
import math
import random
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import mul
from pathlib import Path
from typing import Any

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import ModelConfig
from glassgpt.engines.base import Tokens
from glassgpt.engines.reference.number import Number
from glassgpt.engines.shapes import shapes
from glassgpt.errors import invalid
from glassgpt.lessons import FOLDER, lesson

_SECTIONS = ("parameters", "model", "loss of a document")
_MORE_SECTIONS = {0: ("update",), 1: ("gradient",)}
_ATTENTION = ("n_embd", "init_std", "block_size", "rms_eps")
_NUMBERS: tuple[tuple[str, ...], ...] = (
    ("smoothing",),
    ("n_embd", "init_std"),
    ("n_embd", "init_std"),
    _ATTENTION,
    (*_ATTENTION, "n_head", "n_layer"),
    (*_ATTENTION, "n_head", "n_layer"),
)
# graphs deepen with the vocabulary, the width and the layers, but not to this
_RECURSION_LIMIT = 10_000_000


class LessonModel:
    """The weights and the functions of a step's lesson. `cells` are the weights."""

    def __init__(
        self, config: ModelConfig, rng: random.Random, folder: Path = FOLDER
    ) -> None:
        self.config = config
        self._folder = folder
        self._space = self._load(rng)
        self._plain: dict[str, Any] | None = None
        self.cells = self._make_cells()

    def load_update(self, step: int, numbers: dict[str, float]) -> dict[str, Any]:
        """The update section of a step's lesson, over the weights of this model."""
        given = {"params": self.cells}
        return lesson(step, self._folder).load(["update"], given, numbers)

    def forget_plain(self) -> None:
        """Say that weights have moved, so that the copy without graphs is stale."""
        self._plain = None

    def values(self) -> list[float]:
        """Every number that is learned, in the order of `shapes`."""
        if self.config.step:
            return [cell.data for cell in self.cells]
        return [float(count) for row in self._space["counts"] for count in row]

    def set_values(self, values: Sequence[float]) -> None:
        """Replace every number that is learned."""
        if self.config.step == 0:
            width = self.config.vocab_size
            for i, row in enumerate(self._space["counts"]):
                row[:] = map(int, values[i * width : (i + 1) * width])
        for cell, value in zip(self.cells, values, strict=False):
            cell.data = value
        self.forget_plain()

    def cut(self, tokens: Tokens) -> list[int]:
        """The tokens of a document that the model reads and predicts."""
        size = self.config.block_size
        return list(tokens[: size + 1] if self.config.reads_block else tokens)

    def loss(self, tokens: list[int]) -> float:
        """The lesson's loss of a document, without a graph."""
        forward = self._plain_space()["forward"]
        try:
            return _data(forward(tokens, len(tokens) - 1))
        except (ValueError, OverflowError):
            return math.inf  # a probability has become 0

    def perturbed_loss(
        self, tokens: list[int], name: str, index: int, by: float
    ) -> float:
        """The loss with one weight moved for as long as it is measured."""
        space = self._plain_space()
        rows = space["state_dict"][name]
        row, j = rows[index // len(rows[0])], index % len(rows[0])
        kept, row[j] = row[j], row[j] + by
        try:
            return _data(space["forward"](tokens, len(tokens) - 1))
        finally:
            row[j] = kept

    def loss_with_weights(
        self, tokens: list[int], weights: Sequence[Sequence[float]]
    ) -> float:
        """-ln p of the last token, the last layer's attention having these weights.

        A row a head, for the token before the last: the lesson's softmax gives them.
        """
        space, decoder = self._plain_space(), self.decoder()
        softmax, heads = space["softmax"], self.config.n_head
        for token_id in tokens[:-2]:
            decoder.logits(token_id)
        before = (self.config.n_layer - 1) * heads
        given = iter([None] * before + [list(map(Number, row)) for row in weights])
        try:
            space["softmax"] = lambda scores: next(given) or softmax(scores)
            logits = decoder.logits(tokens[-2])
        finally:
            space["softmax"] = softmax
        return -math.log(_data(softmax(list(map(Number, logits)))[tokens[-1]]))

    def count(self, tokens: list[int]) -> None:
        """Step 0's update: one more for each pair."""
        self._space["update"](tokens, len(tokens) - 1)

    def gradient(
        self, parts: list[list[int]], loss_weights: list[float]
    ) -> tuple[float, list[float]]:
        """The weighted mean loss of some sequences, and its gradient: (num_params,)."""
        if self.config.step == 0:
            raise invalid("step", 0, "it counts, and has no gradient", "Take 1 to 5.")
        if self.config.step == 1:
            return self._gradient_by_hand(parts, loss_weights)
        losses = [self._space["forward"](part, len(part) - 1) for part in parts]
        loss = losses[0]
        if len(losses) > 1:
            loss = sum(
                one * weight for one, weight in zip(losses, loss_weights, strict=True)
            )
        loss.backward()
        gradient = [cell.grad for cell in self.cells]
        for cell in self.cells:
            cell.grad = 0.0
        return loss.data, gradient

    def decoder(self) -> "LessonDecoder":
        """Begin a new document."""
        return LessonDecoder(self._plain_space(), self.config)

    def by_name(self, values: Sequence[float]) -> dict[str, Tensor]:
        """A number a weight, as tensors by name."""
        tensors, start = {}, 0
        for name, shape in shapes(self.config).items():
            end = start + math.prod(shape)
            tensors[name] = Tensor(shape, array("d", values[start:end]))
            start = end
        return tensors

    def _gradient_by_hand(
        self, parts: list[list[int]], loss_weights: list[float]
    ) -> tuple[float, list[float]]:
        analytic_gradient = self._space["analytic_gradient"]
        found = [analytic_gradient(part, len(part) - 1) for part in parts]
        if len(found) == 1:
            return found[0][0], found[0][1]
        loss = sum(
            one * weight for (one, _), weight in zip(found, loss_weights, strict=True)
        )
        columns = zip(*(gradient for _, gradient in found), strict=True)
        return loss, [sum(map(mul, column, loss_weights)) for column in columns]

    def _load(self, rng: Any, number: type | None = None) -> dict[str, Any]:
        step = self.config.step
        sections = [*_SECTIONS, *_MORE_SECTIONS.get(step, ())]
        given = {"math": math, "random": rng, "vocab_size": self.config.vocab_size}
        if number is not None:
            given["Value"] = number
        elif step >= 2:
            sections.insert(0, "autograd")
        numbers = {name: getattr(self.config, name) for name in _NUMBERS[step]}
        return lesson(step, self._folder).load(sections, given, numbers)

    def _make_cells(self) -> list[Any]:
        """The weights as objects with data and grad, which updates move."""
        if self.config.step == 0:
            return []
        params: list[Any] = self._space["params"]
        return [Cell(row, j) for row, j in params] if self.config.step == 1 else params

    def _plain_space(self) -> dict[str, Any]:
        """The lesson on numbers that keep no graph, with the weights of this moment."""
        if self.config.step < 2:
            return self._space
        if self._plain is None:
            self._plain = self._load(_Zeros(), Number)
            self._plain["state_dict"].update(
                (name, [[Number(p.data) for p in row] for row in rows])
                for name, rows in self._space["state_dict"].items()
            )
        return self._plain


class LessonDecoder:
    """Reads a document token by token with the lesson's own keys and values."""

    def __init__(self, space: dict[str, Any], config: ModelConfig) -> None:
        self._space, self._step = space, config.step
        self._caches = [_empty_cache(config), _empty_cache(config)]
        self._pos_id = 0

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""
        if self._step == 0:
            powers = [p ** (1 / temperature) for p in self._space["bigram"](token_id)]
            total = sum(powers)
            return [power / total for power in powers]
        logits = [logit / temperature for logit in self._forward(token_id)]
        return [_data(p) for p in self._space["softmax"](logits)]

    def logits(self, token_id: int) -> list[float]:
        """The logits of each token to come next: (vocab_size,). Step 0 has ln p."""
        if self._step == 0:
            return [math.log(p) for p in self._space["bigram"](token_id)]
        return [_data(logit) for logit in self._forward(token_id)]

    def _forward(self, token_id: int) -> list[Any]:
        if self._step < 3:
            return list(self._space["mlp"](token_id))
        position, self._pos_id = self._pos_id, self._pos_id + 1
        return list(self._space["gpt"](token_id, position, *self._caches))


class Cell:
    """A weight of Step 1, where it stands in its row, with the face of a Value."""

    __slots__ = ("grad", "j", "row")

    def __init__(self, row: list[float], j: int) -> None:
        self.row, self.j, self.grad = row, j, 0.0

    @property
    def data(self) -> float:
        """The weight itself."""
        return self.row[self.j]

    @data.setter
    def data(self, value: float) -> None:
        self.row[self.j] = value


@contextmanager
def deep_and_quick() -> Iterator[None]:
    """Room for deep graphs, and no search for the cycles that they do not have."""
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


class _Zeros:
    """Stands in for `random` where the weights are about to be replaced."""

    def gauss(self, mu: float, sigma: float) -> float:
        return 0.0


def _empty_cache(config: ModelConfig) -> list[Any]:
    return [[] for _ in range(config.n_layer)] if config.step > 3 else []


def _data(number: Any) -> float:
    return number if isinstance(number, float) else float(number.data)
