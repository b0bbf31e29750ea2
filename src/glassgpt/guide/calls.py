"""Numbers in prose: calls are answered by the package, bare digits are refused."""

import re

from glassgpt.errors import invalid
from glassgpt.guide import facts
from glassgpt.guide.sources import PageError

# the numbers that may stand in prose as they are: a step, a lesson, a year
_ALLOWED = re.compile(
    r"\b[Ss]teps? \d(?:(?:, | and | to | or )\d)*\b|\b[Ll]essons? \d\.\d\b"
    r"|(?<=\b[Ii]n )(?:1[5-9]|20)\d\d\b"
)
CALL = re.compile(r"\{=\s*(?P<call>[^{}]+?)\s*\}")
FIXED = re.compile(r"\{fixed (?P<text>[^|{}]+?)\s*\|\s*(?P<why>[^{}]+?)\s*\}")
_CODE, _MATHS = re.compile(r"`[^`]*`"), re.compile(r"\$[^$]*\$")


def answered(text: str) -> str:
    """The text with every call answered and nothing left bare. Raises GlassGPTError."""
    check_digits(left(text))
    text = FIXED.sub(lambda found: found["text"], text)
    return CALL.sub(lambda found: facts.written(found["call"]), text)


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
    return facts.written(found["call"])
