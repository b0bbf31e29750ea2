"""The errors a person meets: one line that says what is wrong, one with the remedy.

The vocabulary is closed: "invalid X: value", "missing X" and "unknown X: value".
"""

import difflib
import math
import shlex
from collections.abc import Iterable


class GlassGPTError(Exception):
    """A failure with a message. `str()` is the line; `remedy` says what to do."""

    exit_status = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class UsageError(GlassGPTError):
    """A flag, key, number or name that the caller gave cannot be used."""

    exit_status = 2


class DataError(GlassGPTError):
    """Documents that cannot be read, or do not suit the model."""


class CheckpointError(GlassGPTError):
    """A checkpoint or run folder that is damaged, foreign, missing or in use."""


class Interrupted(GlassGPTError):  # noqa: N818, nothing went wrong
    """Stopped on request between two steps, after saving."""

    exit_status = 130


class DivergedError(GlassGPTError):
    """A loss that is no longer a number; nothing was updated or saved after it."""

    def __init__(self, step: int, loss: float, learning_rate: float) -> None:
        what = "gradient: infinite" if math.isfinite(loss) else f"loss: {loss}"
        super().__init__(
            f"invalid {what} at step {step + 1}, learning rate {learning_rate:g}",
            f"Train anew with a third of it, in another folder: "
            f"--set learning_rate={learning_rate / 3:.3g} --out DIR",
        )
        self.step = step  # counted from 0
        self.loss = loss
        self.learning_rate = learning_rate


def invalid(
    what: str,
    value: object,
    why: str = "",
    remedy: str = "",
    error: type[GlassGPTError] = UsageError,
) -> GlassGPTError:
    """An error that reads "invalid what: value; why"."""
    line = f"invalid {what}: {shown(value)}"
    return error(f"{line}; {why}" if why else line, remedy)


def missing(
    what: str, remedy: str = "", error: type[GlassGPTError] = UsageError
) -> GlassGPTError:
    """An error that reads "missing what"."""
    return error(f"missing {what}", remedy)


def unknown(
    what: str,
    value: object,
    choices: Iterable[object],
    error: type[GlassGPTError] = UsageError,
) -> GlassGPTError:
    """An error that reads "unknown what: value" and names the nearest choice."""
    names = [str(choice) for choice in choices]
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    remedy = f"Did you mean {near[0]}? " if near else ""
    remedy += f"Choose from {', '.join(names)}." if names else "There is none yet."
    return error(f"unknown {what}: {shown(value)}", remedy)


def command(*words: object) -> str:
    """A command line of ours as it can be pasted: paths with a space are quoted."""
    return " ".join(["glassgpt", *map(pasted, words)])


def pasted(word: object) -> str:
    """A word of a command line, or a path, quoted where a shell would take it apart."""
    return shown(shlex.quote(str(word)), 1000)


def shown(value: object, limit: int = 160) -> str:
    """A value on one line, control characters escaped, its middle cut when long."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value))
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}…{text[half + 1 - limit :]}"
