"""glassgpt compare: the lessons side by side, on the same documents."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from glassgpt import __version__
from glassgpt.cli.view import output
from glassgpt.cli.view.comparison import Display, lines
from glassgpt.cli.view.options import Json, key_values
from glassgpt.cli.view.output import say, say_json
from glassgpt.comparison.experiment import Comparison, compare
from glassgpt.comparison.page import page
from glassgpt.comparison.plot import draw
from glassgpt.config.fields import EVERY_STEP
from glassgpt.data import load_corpus
from glassgpt.errors import invalid, pasted, unknown
from glassgpt.files import cannot_write, check_writable, json_bytes, replace_file


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")  # a file's name may be odd


_FORMATS: dict[str, Callable[[Comparison], bytes]] = {
    ".svg": lambda comparison: _bytes(draw(comparison)),
    ".html": lambda comparison: _bytes(page(comparison, __version__)),
    ".json": lambda comparison: json_bytes(comparison.to_json()),
}


def compare_command(
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="NAME|FILE",
            help="A data set's name or a text, one document a line.",
        ),
    ] = "names",
    steps: Annotated[
        int | None, typer.Option("--steps", help="Training steps of each. [1000]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of order, weights, samples. [42]")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="auto, reference or kernel.")
    ] = "auto",
    holdout: Annotated[
        float | None,
        typer.Option("--holdout", help="Share of documents to keep out, to 0.9. [0]"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A field, for the steps that read it."
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="N,N", help="Some steps. [0 to 5]")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write a .svg, .html or .json."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Train the six steps on the same documents and compare them.

    The held-out documents are the same for all, and so is the temperature of the
    samples. With --out the curves become a picture or a page.
    """
    if out is not None:
        _check_out(out, force)
    numbers = {"num_steps": steps, "seed": seed}
    given = {name: value for name, value in numbers.items() if value is not None}
    pairs = key_values(settings or [])
    if holdout is not None:
        pairs["holdout"] = str(holdout)
    chosen, corpus = _steps(only), load_corpus(data)
    with Display(json, output.in_terminal(), len(chosen)) as listen:
        found = compare(corpus, chosen, pairs, engine, listen, **given)
    if out is not None:
        _write(out, found)
    _print(found, out, json)


def _print(found: Comparison, out: Path | None, json: bool) -> None:
    if json:
        for outcome in found.outcomes:
            say_json({"event": "compared", **outcome.to_json()})
        result = found.to_json() | {"out": str(out) if out else None}
        del result["steps"]
        say_json({"event": "result", **result})
        return
    for line in lines(found):
        say(line)
    if out is not None:
        say(f"{output.visible(str(out))}: {out.stat().st_size:,} bytes")


def _steps(only: str | None) -> tuple[int, ...]:
    """From "1,4,5" to numbers."""
    if only is None:
        return EVERY_STEP
    words = [word.strip() for word in only.split(",")]
    for word in words:
        if word not in map(str, EVERY_STEP):
            raise unknown("step", word, EVERY_STEP)
    return tuple(sorted({int(word) for word in words}))


def _check_out(out: Path, force: bool) -> None:
    """Refuse, before the work, a file that could not be written after it."""
    if out.suffix.lower() not in _FORMATS:
        raise unknown("ending of --out", out.suffix or out.name, _FORMATS)
    if out.is_dir():
        raise invalid(
            "--out", out, "it is a folder", f"Try {pasted(out / 'compare.html')}"
        )
    if out.exists() and not force:
        raise invalid("--out", out, "it is there already", "--force replaces it.")
    if not out.parent.is_dir():
        raise invalid("--out", out, "there is no such folder", "Make it first.")
    check_writable(out, "FILE")


def _write(out: Path, found: Comparison) -> None:
    try:
        replace_file(out, _FORMATS[out.suffix.lower()](found))
    except OSError as error:
        raise cannot_write("FILE", out, error) from error
