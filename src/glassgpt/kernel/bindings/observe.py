"""What a figure wants to see of a model: terms, gradients, norms, entropies."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from glassgpt.errors import invalid
from glassgpt.kernel.bindings.arguments import (
    Floats,
    Reals,
    address,
    floats,
    number,
    reals,
    whole,
)
from glassgpt.kernel.bindings.library import constants
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.train import Documents, Trainer


@dataclass(frozen=True)
class Terms:
    """The terms of an update of one weight, in the order of their computation.

    `grad` is what is left after clipping, which multiplied it by `clip`.
    """

    grad: float
    m: float
    v: float
    m_hat: float
    v_hat: float
    learning_rate: float
    before: float
    after: float
    change: float
    clip: float


def update_terms(trainer: Trainer, step: int, weight: int) -> Terms:
    """What an update at this step would do to a weight. Nothing is changed."""
    kernel = trainer.kernel
    kernel.require_gradient()
    step = whole("step", step, 0, trainer.train.num_steps - 1)
    weight = _weight(kernel, weight)
    terms = np.empty(len(fields(Terms)))
    kernel.call.update_terms(kernel.g, trainer.how, step, weight, address(terms))
    return Terms(*map(float, terms))


def numerical_gradients(
    kernel: Kernel,
    document: object,
    eps: float,
    first: int = 0,
    count: int | None = None,
    central: bool = False,
) -> Floats:
    """The gradient of `count` weights from `first` on, by finite differences: (count,).

    One forward pass a weight, two when central. Each weight is put back.
    """
    first = whole("first weight", first, 0, kernel.num_weights)
    left = kernel.num_weights - first
    count = whole("count", left if count is None else count, 0, left)
    eps = number("eps", eps, 1e-300, 1e300)
    read, grads = kernel.cut(document), np.empty(count)
    kernel.call.numerical_gradients(
        kernel.g, address(read), len(read) - 1, first, count, eps, central,
        address(grads),
    )  # fmt: skip
    return grads


def loss_along(kernel: Kernel, document: object, weight: int, values: object) -> Floats:
    """The loss with one weight at each of `values`, and back: (len(values),)."""
    read, wanted = kernel.cut(document), floats("values", values)
    losses, weight = np.empty_like(wanted), _weight(kernel, weight)
    kernel.call.loss_along(
        kernel.g, address(read), len(read) - 1, weight, address(wanted), len(wanted),
        address(losses),
    )  # fmt: skip
    return losses


def evaluate(
    kernel: Kernel,
    documents: Documents,
    chosen: object,
    doc_mode: str = "truncate",
    batched: bool = False,
) -> tuple[Floats, Floats]:
    """The sum of -ln p over each chosen document, and its predictions: (n,), (n,).

    `batched` measures document beside document: the same numbers, sooner.
    """
    if documents.vocab_size != kernel.model.vocab_size:
        why = f"the model's is {kernel.model.vocab_size}"
        raise invalid("vocabulary of the documents", documents.vocab_size, why)
    indices = documents.order(chosen)
    losses, counts = np.zeros(len(indices)), np.zeros(len(indices), np.int32)
    given = (
        kernel.g, constants()[doc_mode.upper()], address(documents.tokens),
        address(documents.offsets), address(indices), len(indices), address(losses),
        address(counts),
    )  # fmt: skip
    if batched and len(indices):
        workspace = kernel.workspace(1, kernel.model.block_size)
        kernel.call.evaluate_batch(*given, address(workspace))
    elif len(indices):
        kernel.call.evaluate(*given)
    return losses, counts.astype(np.float64)


def norm(kernel: Kernel, numbers: Any) -> float:
    """The square root of the sum of squares."""
    given = reals("numbers", numbers, kernel.dtype, np.shape(numbers))
    return float(kernel.call.norm(address(given), given.size))


def relative_changes(kernel: Kernel, before: Reals) -> dict[str, float]:
    """How far each matrix is from `before` (P,), as a share: |w - w0| / |w0|."""
    given = reals("weights before", before, kernel.dtype, (kernel.num_weights,))
    return {
        name: float(kernel.call.relative_change(kernel.g, tensor, address(given)))
        for tensor, name in enumerate(kernel.weights)
    }


def attention_entropies(kernel: Kernel, positions: int) -> Floats:
    """The entropy of each attention weight row of the last pass, in nats: (L, H, n).

    A plain average over p tokens has ln p. Raises UsageError without attention.
    """
    _require_attention(kernel)
    n = whole("positions", positions, 1, kernel.model.block_size)
    entropies = np.empty((kernel.model.n_layer, kernel.model.n_head, n))
    kernel.call.attention_entropies(kernel.g, n, address(entropies))
    return entropies


def loss_with_weights(
    kernel: Kernel, document: object, position: int, weights: object
) -> float:
    """-ln p of the token after `position`, attention having other weights there.

    They are (H, position + 1), a row a head, in the last layer. Raises UsageError
    without attention and for another shape.
    """
    _require_attention(kernel)
    read = kernel.cut(document)
    position = whole("position", position, 0, len(read) - 2)
    shape = (kernel.model.n_head, position + 1)
    given = reals("weights", weights, kernel.dtype, shape)
    loss = kernel.call.loss_with_weights
    return float(loss(kernel.g, address(read), position, address(given)))


def _require_attention(kernel: Kernel) -> None:
    if not kernel.has_attention or "attention" in kernel.without:
        raise invalid("step", kernel.model.step, "it has no attention", "Take 3 to 5.")


def _weight(kernel: Kernel, weight: int) -> int:
    return whole("weight", weight, 0, kernel.num_weights - 1)
