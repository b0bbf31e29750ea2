"""What several commands share: flags, what is read from them, help texts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from glassgpt.errors import invalid

Json = Annotated[
    bool, typer.Option("--json", help="Print JSON, one object a line, nothing else.")
]
# paths are checked where they are used, with our own words: hence readable=False
RunArgument = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run's folder, such as runs/step5-1.", readable=False
    ),
]


def examples(*lines: str) -> str:
    """The end of a command's help text."""
    return "Examples:\n\n" + "\n\n".join(f"  {line}" for line in lines)


def either(names: Iterable[str]) -> str:
    """Names to choose from, as "a", "a or b", "a, b or c"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def key_values(pairs: list[str]) -> dict[str, str]:
    """From key=value words to a dictionary; values stay text."""
    given: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            remedy = "Write it as --set key=value, such as --set n_embd=32."
            raise invalid("--set", pair, "it is no key=value", remedy)
        given[key.strip()] = value.strip()
    return given
