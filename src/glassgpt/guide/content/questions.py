"""Questions: asked of the reader's word, answered by the package for every letter."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from glassgpt.errors import invalid, unknown
from glassgpt.guide.content.answer_key import LONGEST_WORD
from glassgpt.guide.content.expressions import CALL, check_digits, left, written
from glassgpt.guide.content.pages import PageError, read_toml
from glassgpt.guide.facts import names
from glassgpt.guide.templating import macros

FIRST_WORD = "emma"
_FIELDS = {"ask", "each", "answer", "working", "within", "hint", "predict"}


@dataclass(frozen=True)
class Question:
    """A question as HTML: of each letter, or length, its answer and the working.

    A hint comes after the first wrong answer. A prediction is asked before its figure.
    """

    ask: str
    each: str
    answers: dict[str, tuple[str, str]]
    within: float | None = None
    hint: str = ""
    predict: bool = False


def read_question(text: str, inline: Callable[[str], str]) -> Question:
    """The question that a page's block holds. Raises PageError."""
    given = read_toml(text)
    if unknown_fields := sorted(given.keys() - _FIELDS):
        raise unknown("field of a question", unknown_fields[0], sorted(_FIELDS))
    answers = {
        key: (answer, inline(working))
        for key, (answer, working) in _answers(given).items()
    }
    each, within = str(given.get("each", "")), given.get("within")
    hint, predict = inline(given.get("hint", "")), given.get("predict", False)
    return Question(inline(given["ask"]), each, answers, within, hint, predict is True)


def _keys(each: str) -> list[str]:
    match each:
        case "first" | "last":
            return names.letters()
        case "length" | "repeats":
            return [str(n) for n in range(1, LONGEST_WORD + 1)]
        case "distinct":
            return [str(n) for n in range(1, len(names.letters()) + 1)]
        case "":
            return [""]
    raise unknown("each", each, ["first", "last", "length", "distinct", "repeats"])


def _answers(given: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The answer and its working for every letter, or every length, that can come."""
    for wanted in ("ask", "answer", "working"):
        if not given.get(wanted):
            raise invalid("question", f"no {wanted}", error=PageError)
    made = {}
    for key in _keys(given.get("each", "")):
        value: Any = key if given.get("each") in ("first", "last") else int(key or 0)
        known = {"key": value}

        def answer(found: re.Match[str], known: dict[str, Any] = known) -> str:
            return written(found["call"], known)

        working = given["working"]
        check_digits(left(working))
        for found in list(CALL.finditer(working)):
            told = f"{{fixed {answer(found)} | answered}}"
            working = working.replace(found[0], told)
        working = working.replace("{key}", f"{{fixed {key} | theirs}}")
        made[key] = (CALL.sub(answer, str(given["answer"])), working)
    return made


def with_word(html: str, word: str, key: str) -> Markup:
    """The question of a word: its places are marked, for the page puts others there."""
    html = html.replace("{word}", macros("inline.html").word(word))
    return Markup(html.replace("{key}", macros("inline.html").key(key)))
