"""The learning rate of each step."""

import math


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
