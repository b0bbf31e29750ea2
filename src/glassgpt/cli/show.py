"""glassgpt show: a step's program, or its difference from another."""

import difflib
from typing import Annotated

import typer

from glassgpt.cli.view.output import console, in_terminal, say
from glassgpt.lessons import Lesson, changes, lesson


def show(
    step: Annotated[int, typer.Argument(metavar="N", help="The step, 0 to 5.")],
    diff: Annotated[
        int | None, typer.Option("--diff", metavar="M", help="Against this step.")
    ] = None,
) -> None:
    """Print a step's program, or how it differs from another's.

    Between neighbours the reasons for each difference are printed first.
    """
    program = lesson(step)
    if diff is None:
        _code(program.source, "python")
        return
    other = lesson(diff)
    for line in _reasons(step, diff):
        _say_reason(line)
    _code(_difference(other, program), "diff")


def _difference(old: Lesson, new: Lesson) -> str:
    lines = difflib.unified_diff(
        old.source.splitlines(keepends=True),
        new.source.splitlines(keepends=True),
        old.path.name,
        new.path.name,
    )
    return "".join(lines)


def _reasons(step: int, diff: int) -> list[str]:
    """What changes between neighbours and why, from changes.toml; later step first."""
    if step - diff != 1:
        return []
    table = changes()[step]
    lines = [table["summary"], ""]
    for kind, mark in (("adds", "+"), ("changes", "~"), ("drops", "-")):
        lines += [f"{mark} {part}: {why}" for part, why in table.get(kind, {}).items()]
    return [*lines, ""]


def _say_reason(line: str) -> None:
    if not in_terminal():
        say(line)
        return
    from rich.text import Text

    style = {"+": "green", "~": "yellow", "-": "red"}.get(line[:1], "")
    console().print(Text(line, style=style))


def _code(text: str, language: str) -> None:
    text = text.rstrip("\n")
    if not in_terminal():
        say(text)
        return
    from rich.syntax import Syntax

    console().print(
        Syntax(text, language, theme="ansi_dark", background_color="default")
    )
