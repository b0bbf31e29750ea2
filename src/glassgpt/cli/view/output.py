"""What is printed, and where: JSON, plain lines, or colour in a terminal."""

import functools
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glassgpt.errors import shown
from glassgpt.evaluation import Evaluation
from glassgpt.formatting import format_number
from glassgpt.sampling import Sample
from glassgpt.training.events import Event, Noted

if TYPE_CHECKING:
    from rich.console import Console


@functools.cache
def console(stderr: bool = False) -> "Console":
    """Rich's view of stdout or stderr; made at first use, for it loads slowly."""
    from rich.console import Console

    # paths and documents may hold [brackets] and :colons: of their own
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True
    )


def in_terminal() -> bool:
    """Whether a person is looking at stdout."""
    return sys.stdout.isatty()


def say(line: str = "") -> None:
    """A line on stdout."""
    sys.stdout.write(f"{line}\n")


def say_json(value: Mapping[str, Any]) -> None:
    """A JSON object on a line of stdout, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def say_aside(line: str) -> None:
    """A line on stderr: what is not the result."""
    sys.stderr.write(f"{line}\n")


def say_note(event: Event) -> None:
    """What a person should know while a run is loaded, on stderr."""
    if isinstance(event, Noted):
        say_aside(event.text)


def visible(text: str) -> str:
    """A document on one line; control characters are escaped, not obeyed."""
    return shown(text, limit=sys.maxsize)


def say_error(line: str, remedy: str) -> None:
    """A failure on stderr: what is wrong, then what to do."""
    sys.stdout.flush()
    if sys.stderr.isatty():
        from rich.text import Text

        console(stderr=True).print(Text(line, style="bold red"))
    else:
        sys.stderr.write(f"{line}\n")
    if remedy:
        sys.stderr.write(f"{remedy}\n")


def say_sample(number: int, sample: "Sample") -> None:
    """A sample, and in a terminal whether it is in the data."""
    if not in_terminal():
        say(f"sample {number}: {sample.text}")
        return
    GrowingSample().end(number, sample)


class GrowingSample:
    """A sample in a terminal, shown while it is written."""

    def __init__(self) -> None:
        self._number, self._shown = 1, ""

    def __call__(self, text: str) -> None:
        """Show what is there by now; a character that is not whole yet waits."""
        line = f"sample {self._number}: {visible(text)}"
        if line.startswith(self._shown) and not text.endswith("\ufffd"):
            sys.stdout.write(line[len(self._shown) :])
            sys.stdout.flush()
            self._shown = line

    def end(self, number: int, sample: "Sample") -> None:
        """Show the rest of it, and whether it is in the data."""
        line = f"sample {number}: {visible(sample.text)}"
        if not line.startswith(self._shown):
            say()
            self._shown = ""
        rest = line[len(self._shown) :]
        self._number, self._shown = number + 1, ""
        if sample.known is None:
            say(rest)
            return
        from rich.text import Text

        mark = Text(" known", style="dim") if sample.known else Text(" new", "green")
        padding = " " * (28 - len(line))
        console().print(Text(rest + padding) + mark)


def say_known(samples: "list[Sample]") -> None:
    """How many samples are new, and which are in the data."""
    if not samples or samples[0].known is None:
        return
    known = sorted({sample.text for sample in samples if sample.known})
    new = sum(not sample.known for sample in samples)
    line = f"new: {new} of {len(samples)}"
    say(f"{line}; known: {', '.join(map(visible, known))}" if known else line)


def evaluation_lines(evaluation: "Evaluation") -> list[str]:
    """A held-out loss in words, beside its baselines."""
    documents = format_number(evaluation.documents, 0)
    tokens = format_number(evaluation.tokens, 0)
    choices = format_number(evaluation.perplexity, 1)
    baselines = ", ".join(
        f"{name} {format_number(loss)}" for name, loss in evaluation.baselines.items()
    )
    measured = f"held-out loss {format_number(evaluation.loss)}"
    over = f"({documents} documents, {tokens} tokens)"
    line = f"{measured} {over}: as good as choosing among {choices} tokens"
    return [line, f"baselines: {baselines}"] if baselines else [line]
