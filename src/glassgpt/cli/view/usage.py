"""Typer's usage errors, and the system's, as a line and a remedy of ours."""

import ast
import re
from typing import Any

from glassgpt.cli.view import foreign
from glassgpt.errors import (
    GlassGPTError,
    UsageError,
    invalid,
    missing,
    shown,
    unknown,
)
from glassgpt.files import reason


def translated(error: Any) -> GlassGPTError:
    """A usage error of Typer's as a line and a remedy of ours."""
    context: Any = getattr(error, "ctx", None)
    kind = type(error).__name__
    if kind == "NoSuchOption":
        flags = [flag for p in context.command.get_params(context) for flag in p.opts]
        names = [flag for flag in flags if flag[:2] == "--"]
        if ours := foreign.flag(error.option_name, flags):
            return _called("flag", error.option_name, ours, context)
        return unknown("flag", error.option_name, names)
    if kind == "BadOptionUsage":
        return _without_its_value(error.option_name, error.message)
    if kind == "MissingParameter":
        return missing(_name(error.param), _help(context))
    if kind == "BadParameter" and getattr(error, "param", None):
        value, why = _given(error.message)
        return invalid(_name(error.param), value, why, _help(context))
    return _of_the_command_line(error.format_message(), context)


def system_error(error: OSError) -> GlassGPTError:
    """An error of the system's that no command foresaw."""
    if not error.filename:
        remedy = "Make room, or send the output elsewhere."
        return invalid("output", "stdout", reason(error), remedy, GlassGPTError)
    remedy = "Check the path, your rights there and the room on the disk."
    return invalid("file", error.filename, reason(error), remedy, GlassGPTError)


def _of_the_command_line(text: str, context: Any) -> GlassGPTError:
    """An error in the words themselves, rather than in the value of one."""
    if command := re.match(r"No such command (['\"])(.*?)\1\.", text):
        if ours := foreign.command(command[2]):
            return _called("command", command[2], ours, context)
        return unknown("command", command[2], context.command.list_commands(context))
    if text.startswith("Missing command"):
        names = ", ".join(context.command.list_commands(context))
        return missing("command", f"Choose from {names}. {_help(context)}")
    if extra := re.search(r"unexpected extra argument.*? \((.*)\)$", text, re.DOTALL):
        why = "nothing more is expected there"
        return invalid("argument", extra[1], why, _help(context))
    return UsageError(f"invalid command line: {text.rstrip('.')}", _help(context))


def _called(what: str, given: str, ours: str, context: Any) -> GlassGPTError:
    """The error for what other programs call so, with our own name for it."""
    remedy = f"Here it is {ours}. {_help(context)}"
    return UsageError(f"unknown {what}: {shown(given)}", remedy)


def _without_its_value(flag: str, message: str) -> GlassGPTError:
    if "not take a value" in message:
        return invalid("flag", flag, "it takes no value", f"Write {flag} alone.")
    return missing(f"value of {flag}", f"Write it as {flag} VALUE.")


def _name(parameter: Any) -> str:
    """A flag as it may be written, or the argument's name in the help text."""
    flags = [name for name in parameter.opts if name.startswith("-")]
    return "/".join(flags) or parameter.metavar or parameter.name.upper()


def _given(message: str) -> tuple[object, str]:
    """The value that a parser refused, and why, in our words."""
    said = re.fullmatch(r"(['\"].*['\"]) (is not .*?)\.?", message, re.DOTALL)
    if said is None:
        return "its value", message.rstrip(".").lower()
    value, why = ast.literal_eval(said[1]), said[2]
    if why.startswith("is not a valid int"):
        return value, "it must be a whole number"
    if why == "is not a valid float":
        return value, "it must be a number"
    return value, why.replace("is not", "it is not", 1)


def _help(context: Any) -> str:
    path = context.command_path if context is not None else "glassgpt"
    return f"See: {path} --help"
