"""How long 1,000 steps take: the kernel beside the lesson, in one run.

    python benchmarks/train.py [ROUNDS]

Rounds are interleaved; each figure is the median over them. "command" is the whole of
`glassgpt train`, from the start of Python to its end; "training" is what it says it
spent from the first step's start to the last step's end. The lesson's own code trains
fewer steps, for it is slow, and is given for 1,000 of the same. Prints a table in
Markdown, to go into RESULTS.md as it stands.
"""

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from glassgpt.bench.timing import processor

STEPS = 1000
LESSON_STEPS = 30


@dataclass(frozen=True)
class Case:
    """A way to train Step 5, and how many steps of it are timed."""

    name: str
    flags: tuple[str, ...]
    steps: int


CASES = (
    Case("kernel, float64", ("--engine", "kernel"), STEPS),
    Case("kernel, float32", ("--engine", "kernel", "--set", "dtype=float32"), STEPS),
    Case("reference, the lesson's code", ("--engine", "reference"), LESSON_STEPS),
)


def measure(case: Case, folder: Path) -> tuple[float, float]:
    """Seconds of the whole command, and of training, for 1,000 steps."""
    command = [sys.executable, "-m", "glassgpt", "train", "--json", "--steps"]
    command += [str(case.steps), "--out", str(folder), *case.flags]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    whole = time.perf_counter() - start
    result = json.loads(done.stdout.splitlines()[-1])
    training = result["train_seconds"] * STEPS / case.steps
    return whole, training


def main() -> None:
    """Measure all cases in interleaved rounds and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    times: dict[str, list[tuple[float, float]]] = {case.name: [] for case in CASES}
    with tempfile.TemporaryDirectory() as root:
        for number in range(rounds):
            for place, case in enumerate(CASES):
                run = Path(root) / f"{number}-{place}"
                times[case.name].append(measure(case, run))
                print(f"round {number + 1} of {rounds}: {case.name}", file=sys.stderr)
    lesson = statistics.median(t for _, t in times[CASES[-1].name])
    print(f"{date.today()}, {processor()}, Python {platform.python_version()},")
    print(f"median of {rounds} interleaved rounds, 1,000 steps of Step 5 on `names`:\n")
    print("| engine | training | against the lesson | command |")
    print("|---|---|---|---|")
    for case in CASES:
        whole, training = map(statistics.median, zip(*times[case.name], strict=True))
        command = f"{whole:.2f} s" if case.steps == STEPS else "not run"
        ratio = f"{lesson / training:,.0f} times as fast"
        print(f"| {case.name} | {1000 * training:,.1f} ms | {ratio} | {command} |")


if __name__ == "__main__":
    main()
