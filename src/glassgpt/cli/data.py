"""glassgpt data: the documents to train on."""

from pathlib import Path
from typing import Annotated

import typer

from glassgpt import datasets, inspection
from glassgpt.cli.inspection import inspection_lines
from glassgpt.cli.options import EXAMPLES, Json
from glassgpt.cli.output import say, say_json
from glassgpt.data import load
from glassgpt.numbers import format_number

data_app = typer.Typer(
    help="The documents to train on: list, fetch or look at them.",
)


@data_app.command("list", epilog=EXAMPLES["data"])
def list_command(json: Json = False) -> None:
    """List the data sets that have a name."""
    for status in datasets.datasets():
        dataset = status.dataset
        if json:
            facts = {"name": dataset.name, "documents": dataset.documents}
            facts |= {"state": status.state, "source": dataset.source}
            say_json({**facts, "licence": dataset.licence})
            continue
        documents = format_number(dataset.documents, 0) if dataset.documents else "?"
        say(f"{dataset.name:16} {documents:>7} documents  {status.state}")
        say(f"{'':16} {dataset.source} ({dataset.licence})")


@data_app.command(epilog=EXAMPLES["data"])
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The data set's name.")],
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Use a local copy.", readable=False
        ),
    ] = None,
) -> None:
    """Download a data set, verify its sha256 and keep it for later."""
    path = datasets.fetch(name, from_file)
    say(f"{name}: {path}")
    say(f"Train on it with: glassgpt train --data {name}")


@data_app.command(epilog=EXAMPLES["data"])
def inspect(
    file: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A data set or a text file.")
    ],
    block_size: Annotated[
        int, typer.Option("--block-size", help="The block to measure cuts by.")
    ] = 16,
    json: Json = False,
) -> None:
    """Say what a text holds before training on it."""
    found = inspection.inspect(load(file), block_size)
    if json:
        say_json(found.to_json())
        return
    for line in inspection_lines(found):
        say(line)
