"""Interleaved rounds and their medians, and what machine they ran on."""

import platform
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# says which case of which round has been measured
Tell = Callable[[str], None]


@dataclass
class Rounds:
    """So many rounds over cases; `stopped` says that somebody pressed Ctrl-C."""

    count: int
    stopped: bool = False

    def medians(
        self, cases: Mapping[str, Callable[[], float]], tell: Tell
    ) -> dict[str, float]:
        """The median of each case; every round takes every case once.

        When stopped, those of what was measured until then.
        """
        found: dict[str, list[float]] = {name: [] for name in cases}
        try:
            for number in range(1, self.count + 1):
                for name, measure in cases.items():
                    tell(f"round {number} of {self.count}: {name}")
                    found[name].append(measure())
        except KeyboardInterrupt:
            self.stopped = True
        return {name: statistics.median(each) for name, each in found.items() if each}


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
