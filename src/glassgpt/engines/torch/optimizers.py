"""The optimisers of `optim.py` and the lessons, on lists of tensors.

The weights, gradients, m and v here are what one rank holds: whole matrices, or its
rows of them.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw

from glassgpt.config import TrainConfig
from glassgpt.engines.base import buffer_names


class Update:
    """What moves the weights, and what it remembers: `kept["m"][name]` and so on."""

    def __init__(self, weights: Mapping[str, Tensor], train: TrainConfig) -> None:
        self._train = train
        self._weights = list(weights.values())
        self.kept = {
            kind: {name: torch.zeros_like(w) for name, w in weights.items()}
            for kind in buffer_names(train.optimizer)
        }
        # torch's Adam wants the number of the step as a tensor beside each weight
        self._counts = [
            torch.zeros((), dtype=torch.float32, device=w.device) for w in self._weights
        ]

    @torch.no_grad()
    def move(self, gradients: list[Tensor], lr_t: float, step: int) -> None:
        """One update along `gradients`, in the order of the weights. Step from 0."""
        train, w = self._train, self._weights
        m, v = (list(self.kept.get(kind, {}).values()) for kind in "mv")
        match train.optimizer:
            case "sgd":
                torch._foreach_add_(w, gradients, alpha=-lr_t)
            case "momentum":
                torch._foreach_mul_(m, train.momentum)
                torch._foreach_add_(m, gradients)
                torch._foreach_add_(w, m, alpha=-lr_t)
            case "rmsprop":
                torch._foreach_mul_(v, train.beta2)
                torch._foreach_addcmul_(v, gradients, gradients, 1 - train.beta2)
                sizes = torch._foreach_sqrt(v)
                torch._foreach_add_(sizes, train.eps_adam)
                torch._foreach_addcdiv_(w, gradients, sizes, -lr_t)
            case _:
                self._adam(gradients, m, v, lr_t, step)

    def _adam(
        self, g: list[Tensor], m: list[Tensor], v: list[Tensor], lr_t: float, step: int
    ) -> None:
        """The lesson's formula, fused: eps outside the root, both bias corrections."""
        train, counts = self._train, self._counts
        torch._foreach_zero_(counts)
        torch._foreach_add_(counts, float(step))
        decays = train.optimizer == "adamw"
        (adamw if decays else adam)(
            self._weights,
            g,
            m,
            v,
            [],
            counts,
            fused=True,
            amsgrad=False,
            maximize=False,
            beta1=train.beta1,
            beta2=train.beta2,
            lr=lr_t,
            weight_decay=train.weight_decay if decays else 0.0,
            eps=train.eps_adam,
        )
