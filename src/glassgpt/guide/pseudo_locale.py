"""A language that nobody speaks, accented and longer: it finds words left in code."""

import re

_FROM = "aceinorsuyzACEINORSUYZ"
_TO = "áçéíñóřšúýžÁÇÉÍÑÓŘŠÚÝŽ"
_TABLE = str.maketrans(_FROM, _TO)


def accented(text: str) -> str:
    """The text with accents, and three characters for each ten more of it.

    What stands in braces is kept, for it is filled in later.
    """
    parts = re.split(r"(\{[^{}]*\})", text)
    made = [p if p.startswith("{") else p.translate(_TABLE) for p in parts]
    words = "".join(made)
    letters = sum(char.isalpha() for part in parts[::2] for char in part)
    stripped = words.rstrip()
    more = "ø" * (letters * 3 // 10 + 1)
    return f"{stripped}{more}{words[len(stripped) :]}" if letters else text


def accented_strings(strings: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The same of all words of the interface, by section."""
    return {
        section: {key: accented(text) for key, text in table.items()}
        for section, table in strings.items()
    }
