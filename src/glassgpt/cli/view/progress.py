"""What is shown while a model trains: a bar in a terminal, lines, or JSON."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from glassgpt import curves
from glassgpt.cli.view.output import console, evaluation_lines, say, say_aside, say_json
from glassgpt.config import Record
from glassgpt.formatting import format_number
from glassgpt.training.events import (
    Evaluated,
    Event,
    Measured,
    Noted,
    Saved,
    Started,
    Stepped,
)

# a training that takes longer than this says so first
_LONG = 5.0
_MOST_LINES = 20
_PACE_EVERY = 10.0  # seconds
_MOST_AVERAGES = 2048


def announcement(event: Started) -> str:
    """What is about to happen, and how long it may take."""
    record, left = event.record, event.record.train.num_steps - event.step
    line = f"step {record.model.step}: {format_number(left, 0)} training steps"
    line += f" on the {event.engine} engine"
    if event.seconds > _LONG:
        line += f", about {_duration(event.seconds)}"
    return line


def pace_line(event: Measured) -> str:
    """How fast training goes, and what that is a share of."""
    line = f"step {event.step} | {format_number(event.tokens_per_second, 0)} tokens/s"
    if event.mfu is not None:
        line += f" | MFU {event.mfu:.1%} of {event.peak_flops / 1e12:.3g} TFLOP/s"
    line += f" | gradient norm {event.gradient_norm:.3g}"
    line += f" | memory {event.memory / 2**30:.2f} GiB"
    if event.seconds_left >= 1:
        line += f" | {_duration(event.seconds_left)} left"
    return line


class PlainLines:
    """The lines of a lesson, for a pipe or a file."""

    def __init__(self) -> None:
        self._num_steps, self._every, self._first = 0, 1, 1
        self._paced_at = self._began = time.monotonic()
        self._told_left = False

    def _is_time(self) -> bool:
        """Whether a line on the pace is due; a training of seconds has none."""
        if time.monotonic() - self._paced_at < _PACE_EVERY:
            return False
        self._paced_at = time.monotonic()
        return True

    def _tell_left(self, step: int) -> None:
        """Once, when some seconds have shown how fast it goes: how many are left."""
        seconds = time.monotonic() - self._began
        if self._told_left or seconds < _LONG:
            return
        self._told_left = True
        left = seconds / (step - self._first + 1) * (self._num_steps - step)
        if left >= _LONG:
            say_aside(f"step {step}: about {_duration(left)} left")

    def __call__(self, event: Event) -> None:
        match event:
            case Started(record=record, step=done):
                self._num_steps, self._first = record.train.num_steps, done + 1
                self._began = time.monotonic()
                self._every = max(1, self._num_steps // _MOST_LINES)
                say_aside(announcement(event))
            case Stepped(step=step, loss=loss):
                if step % self._every == 0 or step in (self._first, self._num_steps):
                    say(f"step {step} / {self._num_steps} | loss {loss:.4f}")
                self._tell_left(step)
            case Evaluated(step=step, evaluation=evaluation) if step < self._num_steps:
                say(f"step {step} | held-out loss {evaluation.loss:.4f}")
            case Measured() if self._is_time():
                say_aside(pace_line(event))
            case Noted(text=text):
                say_aside(text)


class JsonLines:
    """Each event as an object on a line."""

    def __call__(self, event: Event) -> None:
        match event:
            case Started(record=record, engine=engine, step=step, seconds=seconds):
                facts = {"step": step, "engine": engine, "seconds": seconds}
                facts |= record.to_json()
                say_json({"event": "started", **facts})
            case Stepped(step=step, loss=loss):
                say_json({"event": "step", "step": step, "loss": loss})
            case Evaluated(step=step, evaluation=evaluation):
                measured = evaluation.to_json()
                say_json({"event": "evaluated", "step": step, "heldout": measured})
            case Saved(step=step):
                say_json({"event": "saved", "step": step})
            case Measured():
                say_json({"event": "pace", **event.log_entry()})
            case Noted(text=text):
                say_json({"event": "note", "text": text})


class Bar(AbstractContextManager["Bar"]):
    """A bar with the smoothed loss, its curve and the time left, in a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.fields[count]}"),
            BarColumn(bar_width=24),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("{task.fields[curve]}"),
            TextColumn("{task.fields[pace]}"),
            TimeRemainingColumn(),
            console=console(),
        )
        self._smoother = curves.Smoother()
        self._averages: list[float] = []  # at most a few thousand, evenly spread
        self._done, self._apart = 0, 1
        self._shown_at = 0.0
        self._start, self._num_steps = 0, 0
        self._task: Any = None

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Started(record=record, step=step):
                console().print(announcement(event))
                self._begin(record, step)
            case Stepped(loss=loss):
                self._advance(self._smoother.add(loss))
            case Evaluated(step=step, evaluation=evaluation) if step < self._num_steps:
                line = evaluation_lines(evaluation)[0]
                self._progress.console.print(f"step {step}: {line}")
            case Measured(tokens_per_second=rate, mfu=mfu):
                share = "" if mfu is None else f", MFU {mfu:.0%}"
                pace = f"{format_number(rate, 0)} tokens/s{share}"
                self._progress.update(self._task, pace=pace)
            case Noted(text=text):
                self._progress.console.print(text, style="yellow")

    def _begin(self, record: Record, step: int) -> None:
        self._start, self._num_steps = step, record.train.num_steps
        empty: dict[str, Any] = dict.fromkeys(("count", "loss", "curve", "pace"), "")
        self._task = self._progress.add_task(
            "", total=self._num_steps, completed=step, **empty
        )
        self._progress.start()

    def _advance(self, average: float) -> None:
        """One more step: keep its average for the curve, and show where we are."""
        self._done += 1
        if self._done % self._apart == 0:
            self._averages.append(average)
        if len(self._averages) == _MOST_AVERAGES:
            self._averages, self._apart = self._averages[1::2], 2 * self._apart
        now, done = time.monotonic(), self._start + self._done
        if now - self._shown_at < 0.05 and done < self._num_steps:
            return
        self._shown_at = now
        self._progress.update(
            self._task,
            completed=done,
            count=f"step {done:,} / {self._num_steps:,}",
            loss=format_number(average),
            curve=curves.sparkline(self._averages),
        )


@contextmanager
def ticking(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar that moves by what it is told, and leaves no trace."""
    from rich.progress import Progress

    with Progress(console=console(), transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda done: progress.advance(task, done)


def display(json: bool, terminal: bool) -> AbstractContextManager[Any]:
    """The listener that suits the output, to be entered before training."""
    if json:
        return nullcontext(JsonLines())
    return Bar() if terminal else nullcontext(PlainLines())


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"
