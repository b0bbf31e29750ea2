"""Interleaved rounds and their medians, and what machine they ran on."""

import platform
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

# says which case of which round has been measured
Tell = Callable[[str], None]


def medians(
    cases: Mapping[str, Callable[[], float]], rounds: int, tell: Tell
) -> dict[str, float]:
    """The median of each case over some rounds; each round takes every case once."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(1, rounds + 1):
        for name, measure in cases.items():
            tell(f"round {number} of {rounds}: {name}")
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
