"""The command line: one file a subcommand, and one place where errors become lines."""

import contextlib
import os
import sys
import time
from typing import TextIO

from glassgpt.errors import (
    DataError,
    DivergedError,
    GlassGPTError,
    Interrupted,
    UsageError,
)

# what goes wrong in every process of a run alike
_EVERYWHERE = (UsageError, DataError, DivergedError, Interrupted)
_LEADER_SPEAKS = 5.0  # seconds that the others give it, machines being busy


def main(arguments: list[str] | None = None) -> None:
    """Run `glassgpt` and leave with its exit status.

    0 done, 1 a failure with a message, 2 wrong usage, 130 stopped with Ctrl-C.
    """
    status = run(sys.argv[1:] if arguments is None else arguments)
    from glassgpt.engines import processes

    if status and processes() > 1:
        # a process that fails must not wait for the others, which wait for it
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run `glassgpt` and return its exit status. Every error is a line and a remedy."""
    from glassgpt.cli import app
    from glassgpt.cli.view import usage

    try:
        _check_streams()
        app.call(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # whoever read it has seen enough
        return 0
    except GlassGPTError as error:
        return _tell(error, "--json" in arguments)
    except KeyboardInterrupt:
        stopped = Interrupted("stopped", "What was saved stays as it is.")
        return _tell(stopped, "--json" in arguments)
    except OSError as error:
        return _tell(usage.system_error(error), "--json" in arguments)
    return 0


def _check_streams() -> None:
    """No character is too odd to print, and a line is printed when it is whole."""
    closed = sys.stdout is None
    # opened in this order they take the places 1 and 2 that were closed
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    if closed:
        raise GlassGPTError("invalid stdout: closed", "Leave it open, or use > FILE.")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(  # type: ignore[union-attr]
                errors="backslashreplace", line_buffering=True
            )


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def _tell(error: GlassGPTError, json: bool = False) -> int:
    from glassgpt.engines import rank

    if number := rank():
        if isinstance(error, _EVERYWHERE):
            # the leader says it; whoever starts processes ends all with the first
            time.sleep(_LEADER_SPEAKS)
            return error.exit_status
        error.args = (f"rank {number}: {error}",)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        from glassgpt.cli.view.output import say_error, say_json

        say_error(str(error), error.remedy)
        if json:
            facts = {"error": str(error), "remedy": error.remedy}
            say_json({"event": "error", **facts, "status": error.exit_status})
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _drop_output()
    return error.exit_status


def _drop_output() -> None:
    """Send what is still to be written on stdout nowhere: it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
