"""Write the held-out losses into the README's table of the six steps.

A tool for development. It trains the six lessons on the built-in names with seed 42 and
puts what was measured into the last column. Run it from the root of the repository:

    python tools/readme_table.py
"""

import re
from collections.abc import Mapping
from pathlib import Path

from glassgpt import data
from glassgpt.comparison.experiment import compare, heldout_loss
from glassgpt.formatting import format_number

README = Path(__file__).parents[1] / "README.md"
HEAD = "held-out loss"
_ROW = re.compile(r"^\| (\d) ")
_COLUMNS = 5  # before the one that is written here


def measured() -> dict[int, float]:
    """The held-out loss of each step, in nats a token."""
    found = compare(data.load_corpus("names"), seed=42)
    return {outcome.step: heldout_loss(outcome) for outcome in found.outcomes}


def with_losses(readme: str, losses: Mapping[int, float]) -> str:
    """The README's text with these losses in the last column of its table."""
    lines = readme.splitlines()
    for i, line in enumerate(lines):
        if row := _ROW.match(line):
            lines[i] = _with_cell(line, format_number(losses[int(row[1])]))
        elif line.startswith("| step |"):
            lines[i] = _with_cell(line, HEAD)
            lines[i + 1] = "|---" * (_COLUMNS + 1) + "|"
    return "\n".join(lines) + "\n"


def _with_cell(line: str, cell: str) -> str:
    cells = line.strip("|").split("|")[:_COLUMNS]
    return f"|{'|'.join(cells)}| {cell} |"


def main() -> None:
    """Rewrite the README and say what changed."""
    before = README.read_text(encoding="utf-8")
    after = with_losses(before, measured())
    README.write_text(after, encoding="utf-8")
    print("README.md is up to date" if after == before else "README.md was changed")


if __name__ == "__main__":
    main()
