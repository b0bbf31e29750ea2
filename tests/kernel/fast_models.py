"""Models that fast paths are tried on: their shapes, documents and tolerances."""

from typing import Any

import numpy as np
from kernels import started

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.train import Documents, Trained, Trainer
from glassgpt.optim import OPTIMIZERS

VOCAB = 27
DTYPES = ("float64", "float32")
RULES = tuple(OPTIMIZERS)
PARTS = ("positions", "attention", "residuals", "norms", "mlp", "scale", "mask")
# gradients, and weights after some steps
NEAR = {
    "float64": {"rtol": 1e-10, "atol": 1e-12},
    "float32": {"rtol": 2e-3, "atol": 2e-6},
}
AFTER = {
    "float64": {"rtol": 1e-7, "atol": 1e-10},
    "float32": {"rtol": 1e-2, "atol": 2e-4},
}


def model_of(step: int = 5, **numbers: Any) -> ModelConfig:
    """A lesson's model, large enough for every vector."""
    shape = {"n_embd": 16, "n_head": 4 if step > 3 else 1, "block_size": 16}
    return ModelConfig(step=step, vocab_size=VOCAB, **(shape | numbers))


def word(length: int, seed: int = 3) -> list[int]:
    """A document of that many predictions."""
    rng = np.random.default_rng([seed, length])
    return [VOCAB - 1, *rng.integers(0, VOCAB - 1, length - 1).tolist(), VOCAB - 1]


WORDS = [word(length) for length in (7, 4, 12, 1, 8, 20, 6)]


def trained(
    model: ModelConfig, train: TrainConfig, docs: list[list[int]], norms: bool = True,
    mistakes: tuple[str, ...] = (), **options: Any,
) -> tuple[Kernel, Trained]:  # fmt: skip
    """A model after all its steps, each on the next document."""
    kernel = started(model, **options)
    trainer = Trainer(kernel, Documents(docs, VOCAB), train, mistakes=mistakes)
    order = [k % len(docs) for k in range(train.num_steps * train.batch_docs)]
    return kernel, trainer.steps(0, order, norms=norms)


def gradients(model: ModelConfig, doc: list[int], **options: Any) -> Kernel:
    """A model with the gradients of one document, as a step leaves them."""
    still = TrainConfig(optimizer="sgd", num_steps=1, learning_rate=1e-12)
    return trained(model, still, [doc], **options)[0]
