"""glassgpt export: a model's weights as one file."""

from pathlib import Path
from typing import Annotated

import typer

from glassgpt.cli.view.options import RunArgument, either
from glassgpt.cli.view.output import say, say_note
from glassgpt.errors import invalid, pasted, unknown
from glassgpt.export import FORMATS
from glassgpt.files import cannot_write, check_writable, replace_file
from glassgpt.runs.run import load


def export(
    run: RunArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write it.", readable=False)
    ],
    to: Annotated[str, typer.Option("--to", help=f"{either(FORMATS)}.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it is there.")
    ] = False,
) -> None:
    """Write a model to one file, with its record and its vocabulary."""
    if to not in FORMATS:
        raise unknown("format", to, FORMATS)
    if file.is_dir():
        raise invalid(
            "FILE", file, "it is a folder", f"Try {pasted(file / ('model.' + to))}"
        )
    if file.exists() and not force:
        raise invalid("FILE", file, "it is there already", "--force replaces it.")
    check_writable(file, "FILE")
    if not file.parent.is_dir():
        why, remedy = f"there is no folder {file.parent}", "Make it first, with mkdir."
        raise invalid("FILE", file, why, remedy)
    content = FORMATS[to](load(run, say_note))
    try:
        replace_file(file, content)
    except OSError as error:
        raise cannot_write("FILE", file, error) from error
    say(f"{file}: {len(content):,} bytes")
