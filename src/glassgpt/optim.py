"""What the lessons do not hold: other optimisers, schedules, batches and clipping.

On plain floats, one definition of each. SGD and Adam are not here: they are the
lessons' own. `lr_t` is the learning rate of this step, `m` and `v` a number a weight.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

Floats = list[float]
Tokens = Any  # a list of token ids, or an array of them; a slice is of the same kind


def learning_rate_at(
    step: int, num_steps: int, learning_rate: float, schedule: str, warmup_steps: int
) -> float:
    """The rate of a step, counted from 0.

    It climbs in a straight line for `warmup_steps`, then follows the schedule over the
    steps that are left. Without a warm-up, "linear" is what the lessons do.
    """
    if step < warmup_steps:
        return learning_rate * (step + 1) / warmup_steps
    done = (step - warmup_steps) / (num_steps - warmup_steps)
    if schedule == "linear":
        return learning_rate * (1 - done)
    if schedule == "cosine":
        return learning_rate * 0.5 * (1 + math.cos(math.pi * done))
    return learning_rate


def momentum(w: Floats, g: Floats, m: Floats, lr_t: float, momentum: float) -> None:
    """Gradient descent that keeps some of its speed. Changes w and m in place.

    Source: Polyak 1964.
    """
    for i, gi in enumerate(g):
        m[i] = momentum * m[i] + gi
        w[i] -= lr_t * m[i]


def rmsprop(
    w: Floats, g: Floats, v: Floats, lr_t: float, beta2: float, eps: float
) -> None:
    """Each gradient measured by its usual size. Changes w and v in place.

    Source: Tieleman and Hinton 2012.
    """
    for i, gi in enumerate(g):
        v[i] = beta2 * v[i] + (1 - beta2) * gi**2
        w[i] -= lr_t * gi / (v[i] ** 0.5 + eps)


def decay(w: Floats, lr_t: float, weight_decay: float) -> None:
    """Pull every weight towards 0, apart from its gradient: the W in AdamW.

    Source: Loshchilov and Hutter 2019. Adam's own update follows it.
    """
    for i, wi in enumerate(w):
        w[i] = wi - lr_t * weight_decay * wi


def clip_factor(g: Sequence[float], grad_clip: float) -> float:
    """What to multiply gradients by so that their norm is at most `grad_clip`.

    The norm is over all weights together; 0 as the limit means no limit.
    """
    if not grad_clip:
        return 1.0
    norm = math.sqrt(math.fsum(gi * gi for gi in g))
    return grad_clip / norm if norm > grad_clip else 1.0


def sequences(tokens: Tokens, block_size: int, doc_mode: str) -> list[Tokens]:
    """A document's token ids as the sequences that the model reads.

    "truncate" keeps the first block_size predictions. "chunk" keeps all: each piece
    starts with the last token of the one before, and remembers nothing else of it.
    "pack" takes what is given, block_size + 1 ids of the joined documents, as it is.
    """
    if doc_mode in ("truncate", "pack"):
        return [tokens[: block_size + 1]]
    cuts = [*range(0, len(tokens) - 1, block_size), len(tokens) - 1]
    return [tokens[start : end + 1] for start, end in pairwise(cuts)]


def sequence_weights(
    batch: Sequence[Sequence[Sequence[int]]], loss_norm: str
) -> list[float]:
    """How much the mean loss of each sequence counts in the loss of the step.

    `batch` holds the sequences of each document. With "document" every document counts
    the same, with "token" every predicted token.
    """
    counts = [[len(sequence) - 1 for sequence in document] for document in batch]
    if loss_norm == "token":
        total = sum(n for document in counts for n in document)
        return [n / total for document in counts for n in document]
    return [n / (sum(document) * len(batch)) for document in counts for n in document]
