"""Typer's usage errors, and the system's, as a line and a remedy of ours."""

import re
from typing import Any

from glassgpt.errors import GlassGPTError, UsageError, invalid, missing, unknown
from glassgpt.files import reason


def translated(error: Any, arguments: list[str]) -> GlassGPTError:
    """A usage error of Typer's as a line and a remedy of ours."""
    context: Any = getattr(error, "ctx", None)
    text, kind = error.format_message(), type(error).__name__
    if kind == "NoSuchOption":
        flags = [flag for p in context.command.get_params(context) for flag in p.opts]
        return unknown("flag", error.option_name, [f for f in flags if f[:2] == "--"])
    if kind == "BadOptionUsage":
        return missing(f"value of {error.option_name}", _help(context))
    if command := re.match(r"No such command '(.*?)'", text):
        return unknown("command", command[1], context.command.list_commands(context))
    parameter = getattr(error, "param", None)
    if parameter is None:
        return UsageError(f"invalid command line: {text.rstrip('.')}", _help(context))
    flag = max(parameter.opts, key=len)
    name = flag if flag.startswith("-") else parameter.metavar or flag.upper()
    if kind == "MissingParameter":
        return missing(name, _help(context))
    why = _why_not(error.message)
    return invalid(name, _value_of(parameter.opts, arguments), why, _help(context))


def system_error(error: OSError) -> GlassGPTError:
    """An error of the system's that no command foresaw."""
    name = error.filename or "output"
    remedy = "Check the path, your rights there and the room on the disk."
    return invalid("file", name, reason(error), remedy, GlassGPTError)


def _value_of(flags: list[str], arguments: list[str]) -> str:
    """What stands behind a flag on the command line; an argument is not told."""
    for place, word in enumerate(arguments):
        flag, equals, value = word.partition("=")
        if flag in flags:
            return value if equals else "".join(arguments[place + 1 : place + 2])
    return "its value"


def _why_not(message: str) -> str:
    """The parser's reason in our words."""
    if "integer" in message:
        return "it must be a whole number"
    if "number" in message or "float" in message:
        return "it must be a number"
    return message.rstrip(".").lower()


def _help(context: Any) -> str:
    path = context.command_path if context is not None else "glassgpt"
    return f"See: {path} --help"
