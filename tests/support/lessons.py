"""Running the lesson programs, and reading what they print."""

import re
import subprocess
import sys
from itertools import islice
from pathlib import Path


def run_program(
    program: Path, *args: object, python: str = sys.executable, limit: int | None = None
) -> list[str]:
    """The lines that a program prints; the first `limit` of them, then it is stopped.

    It runs in its own folder with nothing from this environment (`python -I`), and
    must print nothing on stderr.
    """
    command = [python, "-I", "-u", str(program), *map(str, args)]
    with subprocess.Popen(
        command,
        cwd=program.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout and process.stderr
        lines = [line.rstrip("\n") for line in islice(process.stdout, limit)]
        if limit is not None and len(lines) == limit:
            process.kill()
            return lines
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
    return lines


def shown_losses(lines: list[str]) -> list[str]:
    """The losses in a program's step lines, as printed."""
    return [line.split("loss ")[1] for line in lines if line.startswith("step ")]


def shown_names(lines: list[str]) -> list[str]:
    """The names in a program's sample lines."""
    return [line.split(": ", 1)[1] for line in lines if line.startswith("sample ")]


def with_numbers(source: str, **numbers: float) -> str:
    """A program's text with other numbers in its `name = number` lines, and seed."""
    for name, number in numbers.items():
        pattern = (
            rf"^({name} = )[\d._e-]+" if name != "seed" else r"^(random\.seed\()42"
        )
        source, found = re.subn(pattern, rf"\g<1>{number!r}", source, flags=re.M)
        assert found == 1, f"{found} lines give {name} a number"
    return source
