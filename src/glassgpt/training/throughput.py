"""How fast a run goes: tokens a second, the share of the peak, the time left."""

import time
from collections.abc import Mapping

from glassgpt.training.events import Measured

# a line of the log a second is enough
_EVERY = 1.0


class Throughput:
    """A stopwatch of training steps, and what they come to in a second.

    `start` and `stop` it around the steps: evaluation, saving and what is shown do not
    count. `step` is how many steps were done before.
    """

    def __init__(self, num_steps: int, step: int = 0) -> None:
        self.seconds = 0.0
        self._num_steps = num_steps
        self._told_at, self._told_step = time.monotonic() - _EVERY / 2, step
        self._recent = 0.0  # seconds since it was told last
        self._started = 0.0

    def start(self) -> None:
        """Training goes on."""
        self._started = time.perf_counter()

    def stop(self) -> None:
        """Something else begins."""
        seconds = time.perf_counter() - self._started
        self.seconds += seconds
        self._recent += seconds

    def measured(self, step: int, metrics: Mapping[str, float]) -> Measured | None:
        """What to tell after `step` steps; None too soon, or where there is nothing.

        MFU is flops of a step / seconds of a step / peak_flops; None without a peak.
        """
        now, last = time.monotonic(), step == self._num_steps
        if not metrics or (now - self._told_at < _EVERY and not last):
            return None
        a_step = max(self._recent / max(1, step - self._told_step), 1e-9)
        self._told_at, self._told_step, self._recent = now, step, 0.0
        peak = metrics["peak_flops"]
        return Measured(
            step=step,
            tokens_per_second=metrics["tokens"] / a_step,
            mfu=metrics["flops"] / a_step / peak if peak else None,
            peak_flops=peak,
            gradient_norm=metrics["gradient_norm"],
            memory=metrics["memory"],
            seconds_left=a_step * (self._num_steps - step),
        )
