"""Questions: asked of the reader's word, answered by the package for every letter."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from glassgpt.errors import invalid, unknown
from glassgpt.guide.content.answer_key import key_of
from glassgpt.guide.content.expressions import CALL, check_digits, left, written
from glassgpt.guide.content.pages import PageError, read_toml
from glassgpt.guide.facts import names as facts

FIRST_WORD = "emma"


@dataclass(frozen=True)
class Question:
    """A question as HTML: of each letter, or length, its answer and the working."""

    ask: str
    each: str
    answers: dict[str, tuple[str, str]]
    within: float | None = None


def read_question(text: str, inline: Callable[[str], str]) -> Question:
    """The question that a page's block holds. Raises PageError."""
    given = read_toml(text)
    answers = {
        key: (answer, inline(working))
        for key, (answer, working) in _answers(given).items()
    }
    each, within = str(given.get("each", "")), given.get("within")
    return Question(inline(given["ask"]), each, answers, within)


def question_html(question: Question, words: dict[str, str], number: int = 1) -> str:
    """A question as a card, judged on the page; `number` is its place on the page."""
    first = key_of(FIRST_WORD, question.each)
    made = json.dumps(question.answers, ensure_ascii=False, sort_keys=True)
    data, each = escape(made), escape(question.each)
    within, ask = question.within or 0, with_word(question.ask, FIRST_WORD, first)
    kind = ' inputmode="decimal"' if question.within is not None else ""
    place = "" if number == 1 else f"-{number}"
    letters = escape("".join(facts.letters()))
    return (
        f'<div class="question card" role="group" aria-labelledby="question{place}">'
        f'<h2 id="question{place}">{escape(words["question"])}</h2>'
        f'<p class="ask">{ask}</p><form data-answers="{data}" data-each="{each}" '
        f'data-within="{within}" data-letters="{letters}">'
        f'<label for="answer{place}">{escape(words["answer"])}</label>'
        f'<input id="answer{place}" name="answer" autocomplete="off" '
        f'spellcheck="false"{kind}>'
        f'<button type="submit">{escape(words["check"])}</button></form>'
        f'<p class="verdict" role="status"></p>'
        f"<details><summary>{escape(words['show_answer'])}</summary>"
        f'<p class="working">{question.answers[first][1]}</p></details></div>\n'
    )


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
            return written(found["call"], known)

        working = given["working"]
        check_digits(left(working))
        for found in list(CALL.finditer(working)):
            told = f"{{fixed {answer(found)} | answered}}"
            working = working.replace(found[0], told)
        working = working.replace("{key}", f"{{fixed {key} | theirs}}")
        made[key] = (CALL.sub(answer, str(given["answer"])), working)
    return made


def with_word(html: str, word: str, key: str) -> str:
    """The question of a word: its places are marked, for the page puts others there."""
    whole = f'<b class="word" data-word>{escape(word)}</b>'
    part = f'<b class="word" data-key>{escape(key)}</b>'
    return html.replace("{word}", whole).replace("{key}", part)
