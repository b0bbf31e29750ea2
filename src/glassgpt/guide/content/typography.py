"""Signs as a book sets them, where what is written has only those of a keyboard."""

import re

_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_MINUS = re.compile(r"(?<![\w-])-(?=\d)|(?<=\de)-(?=\d)")
_STAYS = re.compile(r"(?<=\b[Ss]tep) (?=\d)|(?<=\b[Ss]teps) (?=\d)|^ (?=%)")
_NO_BREAK = "\u00a0"


def with_minus(text: str) -> str:
    """The text with a real minus before its numbers and their exponents."""
    return _MINUS.sub("−", text)


def typeset(text: str) -> str:
    """The text with real minus signs and apostrophes."""
    return with_minus(_APOSTROPHE.sub("’", text))


def unbroken(text: str) -> str:
    """The text of a line whose numbers stay with what they count or multiply."""
    if text == " × ":
        return f"{_NO_BREAK}×{_NO_BREAK}"
    return _STAYS.sub(_NO_BREAK, text)
