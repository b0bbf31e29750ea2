"""glassgpt sample: new documents from a trained model."""

from collections.abc import Container
from dataclasses import asdict
from typing import Annotated

import typer

from glassgpt.cli.view.options import Json, RunArgument
from glassgpt.cli.view.output import (
    GrowingSample,
    in_terminal,
    say_aside,
    say_json,
    say_known,
    say_note,
    say_sample,
)
from glassgpt.errors import DataError
from glassgpt.runs.run import Run, load


def sample(
    run: RunArgument,
    count: Annotated[int, typer.Option("-n", "--count", help="How many.")] = 20,
    temperature: Annotated[
        float | None,
        typer.Option(help="0.05 to 2; 0 is the most likely. [the lesson's]"),
    ] = None,
    top_k: Annotated[
        int, typer.Option("--top-k", help="Only the K likeliest tokens; 0 is all.")
    ] = 0,
    top_p: Annotated[
        float, typer.Option("--top-p", help="Only the likeliest, up to P together.")
    ] = 1.0,
    prompt: Annotated[
        str, typer.Option(metavar="TEXT", help="What each one begins with.")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same samples. [the run's]")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="NAME|FILE",
            help="The run's own documents, where they are now.",
        ),
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="None that are in the data.")
    ] = False,
    unique: Annotated[
        bool, typer.Option("--unique", help="None of them twice.")
    ] = False,
    together: Annotated[
        bool,
        typer.Option(
            "--together", help="For many: faster, other samples for the same seed."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write new documents with a trained model.

    Each is marked: known, if it is in the data, or new.
    """
    loaded = load(run, say_note, documents=data)
    known = _known(loaded, new_only)
    samples = []
    # what may still be passed over is shown when it is whole
    growing = None
    if in_terminal() and not (json or new_only or unique or together):
        growing = GrowingSample()
    written = loaded.write(
        count,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        prompt=prompt,
        seed=seed,
        new_only=new_only,
        unique=unique,
        known=known,
        together=together,
        hear=growing,
    )
    for number, one in enumerate(written, start=1):
        samples.append(one)
        if json:
            say_json(asdict(one))
        elif growing:
            growing.end(number, one)
        else:
            say_sample(number, one)
    if not json:
        say_known(samples)
    if len(samples) < count:
        say_aside(f"{len(samples)} of {count}: a thousand draws brought no other")


def _known(loaded: Run, required: bool) -> Container[str] | None:
    """The documents to tell from new ones; None where they cannot be read."""
    try:
        return loaded.known
    except DataError as error:
        if required:
            raise
        say_aside(f"{error}: samples are not marked known or new")
        return None
