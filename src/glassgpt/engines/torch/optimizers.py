"""The optimisers of `optim` and the lessons, on lists of tensors.

The weights, gradients, m and v here are what one rank holds: whole matrices, or its
rows of them.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim.adam import adam as fused_adam
from torch.optim.adamw import adamw as fused_adamw

from glassgpt import optim
from glassgpt.config import TrainConfig


class Optimizer:
    """What moves the weights, and what it remembers: `buffers["m"][name]` and so on."""

    def __init__(self, weights: Mapping[str, Tensor], train: TrainConfig) -> None:
        self.train = train
        self.weights = list(weights.values())
        self.buffers = {
            kind: {name: torch.zeros_like(w) for name, w in weights.items()}
            for kind in optim.OPTIMIZERS[train.optimizer].buffers
        }
        # torch's Adam wants the number of the step as a tensor beside each weight
        self.counts = [
            torch.zeros((), dtype=torch.float32, device=w.device) for w in self.weights
        ]

    def buffer(self, kind: str) -> list[Tensor]:
        """One of the buffers, in the order of the weights."""
        return list(self.buffers[kind].values())

    @torch.no_grad()
    def move(self, gradients: list[Tensor], lr_t: float, step: int) -> None:
        """One update along `gradients`, in the order of the weights. Step from 0."""
        _UPDATES[self.train.optimizer](self, gradients, lr_t, step)


def sgd(on: Optimizer, g: list[Tensor], lr_t: float, step: int) -> None:
    """Straight down the gradient, as Step 2 does."""
    torch._foreach_add_(on.weights, g, alpha=-lr_t)


def momentum(on: Optimizer, g: list[Tensor], lr_t: float, step: int) -> None:
    """See `optim.momentum`."""
    m = on.buffer("m")
    torch._foreach_mul_(m, on.train.momentum)
    torch._foreach_add_(m, g)
    torch._foreach_add_(on.weights, m, alpha=-lr_t)


def rmsprop(on: Optimizer, g: list[Tensor], lr_t: float, step: int) -> None:
    """See `optim.rmsprop`."""
    v, beta2 = on.buffer("v"), on.train.beta2
    torch._foreach_mul_(v, beta2)
    torch._foreach_addcmul_(v, g, g, 1 - beta2)
    sizes = torch._foreach_sqrt(v)
    torch._foreach_add_(sizes, on.train.eps_adam)
    torch._foreach_addcdiv_(on.weights, g, sizes, -lr_t)


def adam(on: Optimizer, g: list[Tensor], lr_t: float, step: int) -> None:
    """Step 5's formula, fused: eps outside the root, both bias corrections.

    AdamW is the same after a pull of every weight towards 0.
    """
    train, decays = on.train, on.train.optimizer == "adamw"
    torch._foreach_zero_(on.counts)
    torch._foreach_add_(on.counts, float(step))
    (fused_adamw if decays else fused_adam)(
        on.weights,
        g,
        on.buffer("m"),
        on.buffer("v"),
        [],
        on.counts,
        fused=True,
        amsgrad=False,
        maximize=False,
        beta1=train.beta1,
        beta2=train.beta2,
        lr=lr_t,
        weight_decay=train.weight_decay if decays else 0.0,
        eps=train.eps_adam,
    )


_UPDATES = {
    "sgd": sgd,
    "momentum": momentum,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
}
