"""How fast a run goes: tokens a second, the share of the peak, the time left."""

import time
from collections.abc import Mapping

from glassgpt.training.events import Measured

# a line of the log a second is enough
_EVERY = 1.0


class Pace:
    """The time that steps took, without evaluation, saving and what is shown."""

    def __init__(self, num_steps: int) -> None:
        self._num_steps = num_steps
        self.seconds = 0.0
        self._step, self._began = 0, 0.0
        self._steps, self._recent = 0, 0.0  # since the last measurement
        self._told = time.monotonic() - _EVERY / 2

    def add(self, step: int, seconds: float) -> None:
        """Training has come to `step` in so many more seconds."""
        self.seconds += seconds
        self._recent += seconds
        self._steps += max(1, step - self._step) if self._step else 1
        self._step = step

    def measured(self, watched: Mapping[str, float]) -> Measured | None:
        """What to tell now; None where it is too soon, or an engine shows nothing.

        MFU is flops of a step / seconds of a step / peak_flops; None without a peak.
        """
        now, last = time.monotonic(), self._step == self._num_steps
        if not watched or (now - self._told < _EVERY and not last):
            return None
        a_step = max(self._recent / self._steps, 1e-9)
        self._told, self._steps, self._recent = now, 0, 0.0
        peak = watched["peak_flops"]
        return Measured(
            step=self._step,
            tokens_per_second=watched["tokens"] / a_step,
            mfu=watched["flops"] / a_step / peak if peak else None,
            peak_flops=peak,
            gradient_norm=watched["gradient_norm"],
            memory=watched["memory"],
            seconds_left=a_step * (self._num_steps - self._step),
        )
