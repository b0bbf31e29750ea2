"""Flags that several commands share, and the examples in their help texts."""

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

_EXAMPLES = {
    "glassgpt": [
        "glassgpt",
        "glassgpt train --data my-words.txt",
        "glassgpt show 5",
    ],
    "train": [
        "glassgpt train --step 3",
        "glassgpt train --data my-words.txt --steps 500 --out runs/mine",
        "glassgpt train --set n_embd=32 --set n_layer=2",
        "glassgpt train --resume --out runs/mine",
    ],
    "sample": [
        "glassgpt sample runs/step5-1 -n 5 --temperature 0.8",
        "glassgpt sample runs/step5-1 --prompt mar --new-only --unique",
        "glassgpt sample runs/step5-1 -n 100000 --together",
    ],
    "eval": [
        "glassgpt eval runs/step5-1",
        "glassgpt eval runs/step5-1 --text emma",
        "glassgpt eval runs/step5-1 --data other.txt --eval-docs all",
    ],
    "check": ["glassgpt check --step 5", "glassgpt check --all"],
    "compare": [
        "glassgpt compare --out compare.html",
        "glassgpt compare --only 4,5 --steps 5000 --out curves.svg",
        "glassgpt compare --data my-words.txt --set learning_rate=0.3 --only 3,4",
    ],
    "show": ["glassgpt show 0", "glassgpt show 4 --diff 3"],
    "runs": ["glassgpt runs", "glassgpt runs other-folder"],
    "export": [
        "glassgpt export runs/step5-1 --to safetensors model.safetensors",
        "glassgpt export runs/step5-1 --to json model.json",
    ],
    "data": [
        "glassgpt data list",
        "glassgpt data inspect my-words.txt",
        "glassgpt data fetch karpathy-names",
        "glassgpt data prepare book.txt --tokenizer bytes --out prepared",
    ],
    "bench": ["glassgpt bench --quick", "glassgpt bench --json"],
    "guide": [
        "glassgpt guide",
        "glassgpt guide build my-site",
        "glassgpt guide key --word ava",
    ],
}
EXAMPLES = {
    command: "Examples:\n\n" + "\n\n".join(f"  {line}" for line in lines)
    for command, lines in _EXAMPLES.items()
}


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
