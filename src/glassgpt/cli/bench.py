"""glassgpt bench: the engines on this machine, as ratios."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from glassgpt.cli.view.options import Json
from glassgpt.cli.view.output import console, in_terminal, say, say_aside, say_json
from glassgpt.data import load_corpus
from glassgpt.errors import invalid
from glassgpt.formatting import format_number


def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rounds and steps: some seconds.")
    ] = False,
    rounds: Annotated[
        int | None, typer.Option("--rounds", help="Rounds to take medians over. [7]")
    ] = None,
    json: Json = False,
) -> None:
    """Measure training and writing on this machine, beside NumPy and PyTorch.

    Every case is measured once in each round, and medians are shown: the ratios
    say more than the times. PyTorch, Node and valgrind take part where they are
    installed. Ctrl-C ends it with what was measured until then.
    """
    from glassgpt.bench import suite

    if rounds is not None and not 1 <= rounds <= 1000:
        raise invalid("--rounds", rounds, "it must be from 1 to 1000", "Try 7.")
    plan = suite.QUICK if quick else suite.Plan()
    if rounds is not None:
        plan = replace(plan, rounds=rounds)
    measured, rows = suite.Bench(load_corpus("names"), plan), []
    if json:
        say_json({"event": "machine", **measured.facts()})
    with _telling(json) as tell:
        for row in measured.rows(tell):
            rows.append(row)
            if json:
                event = "measured" if isinstance(row, suite.Row) else "not run"
                say_json({"event": event, **asdict(row)})
    _show(measured.facts(), rows, suite.ratios(rows), json)
    if measured.stopped:
        raise KeyboardInterrupt


def _show(facts: Any, rows: list[Any], ratios: list[Any], json: bool) -> None:
    """What was measured, and how many times as fast the kernel is."""
    if json:
        for ratio in ratios:
            say_json({"event": "ratio", **ratio})
        return
    for name, value in facts.items():
        say(f"{name}: {value}")
    _table([row for row in rows if hasattr(row, "value")])
    for row in rows:
        if hasattr(row, "why"):
            say(f"{row.what}, {row.engine} {row.dtype}: not run: {row.why}")
    for ratio in ratios:
        line = f"n_embd {ratio['n_embd']}, {ratio['engine']} {ratio['dtype']}: "
        say(f"{line}{format_number(ratio['times'], 0)} times {ratio['peer']}")


@contextmanager
def _telling(json: bool) -> Iterator[Callable[[str], None]]:
    """What is being measured: one changing line in a terminal, else lines on stderr."""
    if json or not in_terminal():
        yield say_aside
        return
    with console(stderr=True).status("") as status:
        yield status.update


def _table(rows: list[Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("what", "engine", "dtype", "n_embd"):
        table.add_column(name)
    for name in ("median", "of the peak"):
        table.add_column(name, justify="right")
    table.add_column("compiler")
    for row in rows:
        digits = 0 if row.value >= 1000 else 2
        value = f"{format_number(row.value, digits)} {row.unit}"
        share = row.share_of_peak
        words = (row.what, row.engine, row.dtype, str(row.n_embd or ""))
        peak = f"{100 * share:.0f} %" if share else ""
        table.add_row(*words, value, peak, row.compiler)
    console().print(table)
