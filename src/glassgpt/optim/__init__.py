"""How weights move: the table of optimisers, their updates, the rate of each step.

A new optimiser is a row here and a function in `optim.optimizers`; then one in
`engines/torch/optimizers.py` and a case in the kernel.
"""

from collections.abc import Callable
from dataclasses import dataclass

from glassgpt.optim.optimizers import clip_factor, decay, momentum, rmsprop
from glassgpt.optim.schedules import learning_rate_at

__all__ = [
    "OPTIMIZERS",
    "Optimizer",
    "clip_factor",
    "decay",
    "learning_rate_at",
    "momentum",
    "readers_of",
    "rmsprop",
]


@dataclass(frozen=True)
class Optimizer:
    """What an optimiser remembers of every weight, and what of the record it reads.

    `update(w, g, *buffers, lr_t, *fields)` moves the weights in place, with buffers and
    fields in the order of the row. It is None where a lesson holds the update.
    """

    buffers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    update: Callable[..., None] | None = None


_ADAM = ("beta1", "beta2", "eps_adam")
OPTIMIZERS = {
    "sgd": Optimizer(),
    "momentum": Optimizer(("m",), ("momentum",), momentum),
    "rmsprop": Optimizer(("v",), ("beta2", "eps_adam"), rmsprop),
    "adam": Optimizer(("m", "v"), _ADAM),
    "adamw": Optimizer(("m", "v"), (*_ADAM, "weight_decay")),
}


def readers_of(field: str) -> tuple[str, ...]:
    """The optimisers that read a field of the record; all, where no row names it."""
    named = tuple(name for name, row in OPTIMIZERS.items() if field in row.fields)
    return named or tuple(OPTIMIZERS)
