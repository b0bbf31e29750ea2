"""The updates that the lessons do not hold, on plain floats, one definition of each.

SGD and Adam are not here: they are the lessons' own. `lr_t` is the learning rate of
this step, `m` and `v` a number a weight.
"""

import math
from collections.abc import Sequence

Floats = list[float]


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
