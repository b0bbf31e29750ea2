"""Numbers in prose: calls are answered by the package, bare digits are refused."""

import math
import re
from collections.abc import Callable
from typing import Any

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.formatting import format_number
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.content.stations import station_lessons
from glassgpt.guide.facts import calls

# the numbers that may stand in prose as they are: a step, a lesson, a year
_ALLOWED = re.compile(
    r"\b[Ss]teps? \d(?:(?:, | and | to | or )\d)*\b|\b[Ll]essons? \d\.\d\b"
    r"|(?<=\b[Ii]n )(?:1[5-9]|20)\d\d\b"
)
CALL = re.compile(r"\{=\s*(?P<call>[^{}]+?)\s*\}")
FIXED = re.compile(r"\{fixed (?P<text>[^|{}]+?)\s*\|\s*(?P<why>[^{}]+?)\s*\}")
_CODE, _MATHS = re.compile(r"`[^`]*`"), re.compile(r"\$[^$]*\$")


def dec(value: float, digits: int) -> str:
    """A number with so many decimals; for tables, where a bar ends the cell."""
    return format_number(float(value), digits)


# what pages may call besides the facts
_PLAIN: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *(dec, math.log, math.exp, len, round, min, max, sum, sorted),
        station_lessons,
    )
}


def evaluate(expression: str, given: dict[str, Any] | None = None) -> Any:
    """The value of an expression over the calls. Raises GlassGPTError, with why."""
    space = {"__builtins__": {}, **calls(), **_PLAIN, **(given or {})}
    try:
        return eval(compile(expression.strip(), "<page>", "eval"), space)
    except GlassGPTError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise invalid("expression", expression.strip(), why) from error


def written(expression: str, given: dict[str, Any] | None = None) -> str:
    """The same as a page writes it; after a bar, how many decimals: `loss("a") | 2`."""
    formula, _, digits = expression.partition("|")
    value = evaluate(formula, given)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return format_number(value, 0)
    return format_number(float(value), int(digits) if digits.strip() else 4)


def answered(text: str) -> str:
    """The text with every call answered and nothing left bare. Raises GlassGPTError."""
    check_digits(left(text))
    text = FIXED.sub(lambda found: found["text"], text)
    return CALL.sub(lambda found: written(found["call"]), text)


def left(text: str) -> str:
    """What is left of a line without calls, code and maths, where digits may stand."""
    for other in (CALL, FIXED, _CODE, _MATHS):
        text = other.sub("", text)
    return text


def check_digits(text: str) -> None:
    """Raise PageError for a digit that no call gave."""
    if found := re.search(r"\S*\d\S*", _ALLOWED.sub("", text)):
        remedy = "Write {= call } or {fixed 27 | why}."
        raise invalid("bare number", found[0], "", remedy, PageError)


def answer(found: re.Match[str]) -> str:
    """What stands in the place of a call, or of a fixed number."""
    if "text" in found.groupdict():
        return found["text"]
    return written(found["call"])
