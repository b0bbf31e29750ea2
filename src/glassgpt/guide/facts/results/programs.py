"""What a page may say of the six programs as they stand, and as they were run."""

import ast
import functools
import tomllib
from pathlib import Path
from typing import Any

from glassgpt.guide.facts import call
from glassgpt.lessons import lesson

# measured by benchmarks/programs.py, which prints it
FILE = Path(__file__).with_name("programs.toml")


@functools.cache
def _measured() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@call
def seconds(step: int) -> float:
    """The processor's seconds of a whole program, on the machine that measured it."""
    return float(_measured()["seconds"][step])


@call
def measured_on() -> str:
    """That machine's processor, and the Python that ran the programs."""
    found = _measured()
    return f"{found['machine']}, Python {found['python']}"


@call
def model_function(step: int) -> str:
    """The function that is a program's model: the last in its section."""
    model = lesson(step).nodes("model")
    return [one.name for one in model if isinstance(one, ast.FunctionDef)][-1]
