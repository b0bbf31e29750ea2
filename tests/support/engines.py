"""Engines at the beginning of a lesson, and gradients by nudging each weight."""

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, preset
from glassgpt.data.documents import read
from glassgpt.data.order import shuffled
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.tokenizers import CharTokenizer


@dataclass
class Started:
    """An engine at step 0, and the documents it is to read, as a lesson begins."""

    engine: Engine
    documents: list[list[int]]
    tokenizer: CharTokenizer
    rng: random.Random

    def batch(self, step: int) -> list[list[int]]:
        """The token ids of the documents of a step, from 0."""
        size = self.engine.record.train.batch_docs
        draws = range(step * size, (step + 1) * size)
        return [self.documents[k % len(self.documents)] for k in draws]

    def train(self, steps: int, start: int = 0) -> list[float]:
        """The losses of some steps."""
        counted = range(start, start + steps)
        return [self.engine.train_step(step, self.batch(step)) for step in counted]

    def sample(self, temperature: float) -> str:
        """A name, drawn as the lessons draw it."""
        bos, reader = self.tokenizer.bos, self.engine.decoder()
        written = [bos]
        for _ in range(self.engine.record.model.block_size):
            probs = reader.step(written[-1], temperature)
            written += self.rng.choices(range(len(probs)), weights=probs)
            if written[-1] == bos:
                break
        return self.tokenizer.decode(written)


def record_of(step: int, **settings: object) -> Record:
    """The record of a lesson with other values."""
    return preset(f"step{step}").with_settings(**settings)


def start(record: Record, file: Path) -> Started:
    """Seed, shuffle and draw the weights, in the order of the lessons."""
    rng = random.Random(record.train.seed)
    documents = shuffled(read(str(file)).documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    model = replace(record.model, vocab_size=tokenizer.vocab_size)
    record = replace(record, model=model)
    tokens = [tokenizer.encode(text) for text in documents]
    return Started(ReferenceEngine(record, rng), tokens, tokenizer, rng)


def central_differences(
    engine: Engine,
    documents: Sequence[list[int]],
    shares: Sequence[float] = (),
    eps: float = 1e-5,
) -> dict[str, Tensor]:
    """How the loss of documents moves with each weight, by nudging each weight.

    The loss is the mean over the documents, or their sum with these shares.
    """
    weights, buffers = engine.weights(), engine.buffers()
    shares = shares or [1 / len(documents)] * len(documents)

    def loss_with(name: str, index: int, value: float) -> float:
        values = weights[name].values[:]
        values[index] = value
        nudged = Tensor(weights[name].shape, values)
        engine.restore({**weights, name: nudged}, buffers)
        return math.fsum(map(mul, shares, map(engine.loss, documents)))

    def slope(name: str, index: int, value: float) -> float:
        above = loss_with(name, index, value + eps)
        return (above - loss_with(name, index, value - eps)) / (2 * eps)

    found = {}
    for name, tensor in weights.items():
        slopes = [slope(name, i, value) for i, value in enumerate(tensor.values)]
        found[name] = Tensor(tensor.shape, array("d", slopes))
    engine.restore(weights, buffers)
    return found
