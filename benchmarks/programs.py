"""How long each of the six programs takes, from its first line to its last.

    python benchmarks/programs.py

Runs each program once, as a reader would: it reads the names, learns from a thousand of
them, and writes twenty. The seconds are those of the processor, so that other work on
the machine counts for little. Prints the file from which pages of the guide take them,
`src/glassgpt/guide/facts/results/programs.toml`.
"""

import platform
import resource
import subprocess
import sys
from datetime import date

from glassgpt.bench.timing import processor
from glassgpt.lessons import FILES, lesson


def main() -> None:
    """Run all programs, one after another, and print their seconds."""
    print(f"# {date.today()}: python benchmarks/programs.py")
    print(f'machine = "{processor()}"')
    print(f'python = "{platform.python_version()}"')
    print("# of the processor, a program after another")
    seconds = [measure(step) for step in range(len(FILES))]
    print(f"seconds = {[round(each, 2) for each in seconds]}")


def measure(step: int) -> float:
    """The processor's seconds of a step's whole program."""
    begun = spent()
    command = [sys.executable, str(lesson(step).path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return spent() - begun


def spent() -> float:
    """The processor's seconds of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
