"""How weights move: the table of optimisers, their updates, the rate of each step.

Of each optimiser: what it remembers of every weight. Which fields of the record it
reads stands at those fields, in `config.record`.
"""

from glassgpt.optim.optimizers import clip_factor, decay, momentum, rmsprop
from glassgpt.optim.schedules import learning_rate_at

__all__ = ["clip_factor", "decay", "learning_rate_at", "momentum", "rmsprop"]
