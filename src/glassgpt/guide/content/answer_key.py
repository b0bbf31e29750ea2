"""The answers to every question, for those who teach: `glassgpt guide key`."""

import html
import json
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from glassgpt.data.documents import clean
from glassgpt.errors import invalid, missing

QUESTIONS = "questions.json"
LONGEST_WORD = 60  # characters that are read of a word, on pages too


def answer_key(site: Path, word: str) -> Iterator[str]:
    """Lines of Markdown: each question of a built site about a word, and its answer.

    The word is read as pages read it. Raises GlassGPTError where nothing of it is left,
    and for a site that was not built.
    """
    try:
        asked = json.loads((site / QUESTIONS).read_text(encoding="utf-8"))
    except OSError as error:
        remedy = "Make it in the source folder: make site"
        raise missing("guide, it was not built", remedy) from error
    of_letters = [one["answers"] for one in asked if one["each"] in ("first", "last")]
    letters = {letter for known in of_letters for letter in known}
    read = read_as(word, letters)
    if not read:
        remedy = f"Give one of some of these: {' '.join(sorted(letters))}"
        raise invalid("word", word, "it has none of the letters of the names", remedy)
    yield f"# Answers for the word {word}{'' if read == word else f', read as {read}'}"
    for question in asked:
        yield from _lines(question, read)


def read_as(word: str, letters: Container[str]) -> str:
    """A word in letters that are known, as pages read it.

    A letter known only in the other case is read in that; one known in neither is left
    out, and what is too long is cut.
    """
    read = ""
    for typed in clean(word)[:LONGEST_WORD]:
        cases = (typed, typed.lower(), typed.upper())
        read += next((one for one in cases if one in letters), "")
    return read


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
        case "repeats":
            return str(word.count(word[0]))
    return ""


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
