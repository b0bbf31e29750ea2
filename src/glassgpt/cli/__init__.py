"""The command line: one file a subcommand, and one place where errors become lines."""

import contextlib
import os
import sys

from glassgpt.errors import GlassGPTError, Interrupted


def main(arguments: list[str] | None = None) -> None:
    """Run `glassgpt` and leave with its exit status.

    0 done, 1 a failure with a message, 2 wrong usage, 130 stopped with Ctrl-C.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run `glassgpt` and return its exit status. Every error is a line and a remedy."""
    from glassgpt.cli import app, usage

    try:
        _check_stdout()
        app.call(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has seen enough; the rest is not for the screen
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except GlassGPTError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return _tell(Interrupted("stopped", "What was saved stays as it is."))
    except OSError as error:
        return _tell(usage.system_error(error))
    return 0


def _check_stdout() -> None:
    if sys.stdout is None:
        raise GlassGPTError("invalid stdout: closed", "Leave it open, or use > FILE.")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _tell(error: GlassGPTError) -> int:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        from glassgpt.cli.output import say_error

        say_error(str(error), error.remedy)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        return error.exit_status
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left cannot be written
    return error.exit_status
