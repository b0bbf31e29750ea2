"""Questions: asked of the reader's word, answered by the package for every letter."""

import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

from glassgpt.errors import invalid, unknown
from glassgpt.guide import facts
from glassgpt.guide.calls import CALL, check_digits, left
from glassgpt.guide.sources import PageError, read_toml

FIRST_WORD = "emma"


def question_html(
    text: str, words: dict[str, str], inline: Callable[[str], str], number: int = 1
) -> str:
    """A question as HTML, with the answer for every word that can come.

    `number` is its place among the questions of its page.
    """
    given = read_toml(text)
    answers = _answers(given)
    made = {
        key: [answer, inline(working)] for key, (answer, working) in answers.items()
    }
    first = _key(FIRST_WORD, given.get("each", ""))
    data = escape(json.dumps(made, ensure_ascii=False, sort_keys=True))
    each, within = escape(given.get("each", "")), given.get("within", 0)
    ask = _reader(inline(given["ask"]), first)
    kind = ' inputmode="decimal"' if given.get("within") is not None else ""
    place = "" if number == 1 else f"-{number}"
    letters = escape("".join(facts.letters()))
    return (
        f'<section class="question card" aria-labelledby="question{place}">'
        f'<h2 id="question{place}">{escape(words["question"])}</h2>'
        f'<p class="ask">{ask}</p><form data-answers="{data}" data-each="{each}" '
        f'data-within="{within}" data-letters="{letters}">'
        f'<label for="answer{place}">{escape(words["answer"])}</label>'
        f'<input id="answer{place}" name="answer" autocomplete="off" '
        f'spellcheck="false"{kind}>'
        f'<button type="submit">{escape(words["check"])}</button></form>'
        f'<p class="verdict" role="status"></p>'
        f"<details><summary>{escape(words['show_answer'])}</summary>"
        f'<p class="working">{made[first][1]}</p></details></section>\n'
    )


def _key(word: str, each: str) -> str:
    match each:
        case "first":
            return word[0]
        case "last":
            return word[-1]
        case "length":
            return str(len(word))
        case "distinct":
            return str(len(set(word)))
    return ""


def _keys(each: str) -> list[str]:
    match each:
        case "first" | "last":
            return facts.letters()
        case "length":
            return [str(n) for n in range(1, 41)]
        case "distinct":
            return [str(n) for n in range(1, len(facts.letters()) + 1)]
        case "":
            return [""]
    raise unknown("each", each, ["first", "last", "length", "distinct"])


def _answers(given: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The answer and its working for every letter, or every length, that can come."""
    for wanted in ("ask", "answer", "working"):
        if not given.get(wanted):
            raise invalid("question", f"no {wanted}", error=PageError)
    made = {}
    for key in _keys(given.get("each", "")):
        value: Any = int(key) if given.get("each") in ("length", "distinct") else key
        known = {"key": value}

        def answer(found: re.Match[str], known: dict[str, Any] = known) -> str:
            return facts.written(found["call"], known)

        working = given["working"]
        check_digits(left(working))
        for found in list(CALL.finditer(working)):
            told = f"{{fixed {answer(found)} | answered}}"
            working = working.replace(found[0], told)
        working = working.replace("{key}", f"{{fixed {key} | theirs}}")
        made[key] = (CALL.sub(answer, str(given["answer"])), working)
    return made


def _reader(html: str, key: str) -> str:
    """The places where the reader's word, and its letter, will be put."""
    word = f'<b class="word" data-word>{FIRST_WORD}</b>'
    letter = f'<b class="word" data-key>{escape(key)}</b>'
    return html.replace("{word}", word).replace("{key}", letter)
