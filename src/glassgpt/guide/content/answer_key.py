"""The answers to every question, for those who teach: `glassgpt guide key`."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glassgpt.errors import invalid, missing

QUESTIONS = "questions.json"


def answer_key(site: Path, word: str) -> Iterator[str]:
    """Lines of Markdown: each question of a built site about a word, and its answer.

    Raises GlassGPTError for a word of no letter, and for a site that was not built.
    """
    if not word.strip():
        raise invalid("word", word, "it is empty", "Give one of at least one letter.")
    try:
        asked = json.loads((site / QUESTIONS).read_text(encoding="utf-8"))
    except OSError as error:
        remedy = "Make it in the source folder: make site"
        raise missing("guide, it was not built", remedy) from error
    yield f"# Answers for the word {word}"
    for question in asked:
        yield from _lines(question, word)


def _lines(question: dict[str, Any], word: str) -> Iterator[str]:
    key = key_of(word, question["each"])
    ask, hint = (
        _plain(question[part].replace("{word}", word).replace("{key}", key))
        for part in ("ask", "hint")
    )
    kind = "Prediction: " if question["predict"] else ""
    yield f"\n## {question['title']}\n\n{kind}{ask}\n"
    if hint:
        yield f"Hint: {hint}\n"
    if key not in question["answers"]:
        yield f"There is no answer for this word: {key or word}"
        return
    answer, working = question["answers"][key]
    within = f" (within {question['within']})" if question["within"] else ""
    yield f"Answer: {answer}{within}\n\nWorking: {_plain(working)}"


def key_of(word: str, each: str) -> str:
    """What of a word its answer hangs on: a letter, a length, or nothing."""
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


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
