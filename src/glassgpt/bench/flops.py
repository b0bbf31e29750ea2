"""How many multiplications and additions a training step takes."""

from collections.abc import Iterable

from glassgpt.config import ModelConfig


def step_flops(model: ModelConfig, predictions: int) -> int:
    """FLOPs of a step of Adam on one document with so many predictions.

    A multiplication or addition counts 1, as do a square root and a division. Of the
    forward pass: the products of matrices, and scores and weighted values with those
    positions that attention looks at. The backward pass takes each product twice.
    Norms, softmax and the like are left out: they are a few in a hundred.
    """
    n, c = min(predictions, model.block_size), model.n_embd
    matrices = model.n_layer * 12 * c * c + model.vocab_size * c
    looked_at = n * (n + 1) // 2
    products = n * matrices + model.n_layer * 2 * c * looked_at
    weights = matrices + (model.vocab_size + model.block_size) * c
    return 3 * 2 * products + ADAM * weights


# m: 3, v: 4, the two corrections 2, square root, eps, division, rate, subtraction
ADAM = 14


def mean_flops(model: ModelConfig, documents: Iterable[list[int]]) -> float:
    """FLOPs of a step, on average over the documents that are trained on."""
    counts = [step_flops(model, len(tokens) - 1) for tokens in documents]
    return sum(counts) / len(counts)
