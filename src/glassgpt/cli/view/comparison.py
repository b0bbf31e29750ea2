"""How a comparison is shown: one display while it runs, and a table at its end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from textwrap import wrap
from typing import Any

from glassgpt.cli.view.output import console, say_aside, say_json, visible
from glassgpt.cli.view.progress import announcement
from glassgpt.comparison.experiment import (
    TEMPERATURE,
    Comparison,
    Outcome,
    heldout_loss,
    memory,
)
from glassgpt.comparison.notes import notes, written
from glassgpt.curves import smooth, sparkline
from glassgpt.evaluation import Evaluation
from glassgpt.formatting import format_number
from glassgpt.training.events import Event, Noted, Started, Stepped

_HEAD = ("step", "loss", "first", "smoothed", "held-out", "among", "parameters")
_WIDTH = 12  # of a curve


class Display(AbstractContextManager["Display"]):
    """A listener: a bar over all steps in a terminal, else a line for each on stderr.

    With `json` only notes are shown, as objects.
    """

    def __init__(self, json: bool, terminal: bool, count: int) -> None:
        self._json, self._count = json, count
        self._bar: Any = _bar() if terminal and not json else None
        self._task: Any = None
        self._done, self._shown_at = 0, 0.0  # steps of all lessons, and when

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self._begin(event)
            case Stepped():
                self._move()
            case Noted(text=text) if self._json:
                say_json({"event": "note", "text": text})
            case Noted(text=text):
                say_aside(text)

    def _begin(self, event: Started) -> None:
        if self._bar is None:
            if not self._json:
                say_aside(announcement(event))
            return
        if self._task is None:
            total = event.record.train.num_steps * self._count
            name = f"{self._count} lesson{'s' if self._count > 1 else ''}"
            self._task = self._bar.add_task("", total=total, name=name)
            self._bar.start()

    def _move(self) -> None:
        self._done += 1
        now = time.monotonic()
        if self._bar and now - self._shown_at > 0.05:
            self._shown_at = now
            self._bar.update(self._task, completed=self._done)


def _bar() -> Any:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.fields[name]}"),
        BarColumn(bar_width=24),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
    )


def lines(comparison: Comparison) -> Iterator[str]:
    """The table, the baselines beneath it, what to keep in mind, and some names."""
    yield from _aligned([_HEAD, *_rows(comparison)])
    yield f"trained in {comparison.seconds:.2f} s"
    evaluation = comparison.evaluation
    if evaluation:
        yield ""
        yield from _baselines(evaluation)
    yield ""
    yield f"written at temperature {TEMPERATURE}, all from seed {comparison.seed}:"
    for group in comparison.groups():
        numbers = " = ".join(str(outcome.step) for outcome in group)
        words = [sample.text for sample in group[0].samples]
        if words:
            yield f"{numbers:>5}: {', '.join(map(visible, words))}"
    yield ""
    for note in notes(comparison):
        yield from wrap(note, 88)


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    curves = {
        outcome.step: smooth(outcome.losses, memory(comparison.num_steps))
        for outcome in comparison.outcomes
    }
    heights = [loss for curve in curves.values() for loss in curve]
    # a curve that runs away must not flatten the others
    most = max((curve[0] for curve in curves.values() if curve), default=1.0)
    between = min(heights, default=0.0), min(max(heights, default=1.0), most)
    for outcome in comparison.outcomes:
        yield _row(outcome, sparkline(curves[outcome.step], _WIDTH, between))


def _row(outcome: Outcome, curve: str) -> tuple[str, ...]:
    loss = heldout_loss(outcome)
    measured = outcome.evaluation is not None
    return (
        f"{outcome.step} {outcome.title}",
        curve,
        written(outcome.losses[0] if outcome.losses else None),
        "diverged" if outcome.diverged else written(outcome.smoothed),
        written(loss if measured else None),
        format_number(outcome.evaluation.perplexity, 1) if outcome.evaluation else "-",
        format_number(outcome.parameters, 0),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they need to be; words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        words = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(words).rstrip()


def _baselines(evaluation: Evaluation) -> Iterator[str]:
    documents = format_number(evaluation.documents, 0)
    tokens = format_number(evaluation.tokens, 0)
    yield f"held-out: {documents} documents, {tokens} tokens, the same for all;"
    yield "the loss is as good as choosing among that many tokens"
    yield "baselines: " + ", ".join(
        f"{name} {format_number(loss)}" for name, loss in evaluation.baselines.items()
    )
