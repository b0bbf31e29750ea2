"""Blocks of words: notes, questions, the glossary, a word's tokens, plain text."""

from markupsafe import Markup

from glassgpt.guide.blocks.registry import block
from glassgpt.guide.content.answer_key import key_of
from glassgpt.guide.content.questions import (
    FIRST_WORD,
    Question,
    read_question,
    with_word,
)
from glassgpt.guide.content.writing import Writing
from glassgpt.guide.facts import names
from glassgpt.guide.templating import as_json

# where the reader's word can be typed
_WORD_PATH = "/step/0/2/"


@block("text", "sh", "python")
def plain(writing: Writing, rest: str, text: str) -> Markup:
    """Text as it is."""
    return writing.html("plain.html", text=text)


@block("note")
def note(writing: Writing, rest: str, text: str) -> Markup:
    """A note in the margin."""
    return _said(writing, "note", text)


@block("bridge")
def bridge(writing: Writing, rest: str, text: str) -> Markup:
    """A lesson's last lines, which lead to the next."""
    return _said(writing, "bridge", text)


@block("tokens")
def tokens(writing: Writing, rest: str, text: str) -> Markup:
    """A word's tokens and their ids."""
    word = rest or text.strip()
    ids = names.tokenizer().encode(word)
    shown = [(names.character_of(one), one) for one in ids]
    label = writing.context.words["tokens_of"].replace("{word}", word)
    return writing.html("tokens.html", label=label, tokens=shown)


@block("glossary")
def glossary(writing: Writing, rest: str, text: str) -> Markup:
    """All terms, each with a link to where it is explained."""
    context = writing.context
    return writing.html(
        "glossary.html",
        terms=context.glossary.terms,
        say=context.say,
        place=context.place,
    )


@block("question")
def question(writing: Writing, rest: str, text: str) -> Markup:
    """A question as a card, judged on the page."""
    asked = read_question(text, writing.inline)
    writing.page.questions.append(asked)
    first, number = key_of(FIRST_WORD, asked.each), len(writing.page.questions)
    return writing.html(
        "question.html",
        asked=asked,
        label=writing.context.words[_label(writing, asked)],
        ask=with_word(asked.ask, FIRST_WORD, first),
        hint=with_word(asked.hint, FIRST_WORD, first) or _usual_hint(writing, asked),
        word_read=_with_letters(writing, "word_read"),
        no_word=_with_letters(writing, "no_word"),
        word_path=_WORD_PATH if _WORD_PATH in writing.context.titles else "",
        working=Markup(asked.answers[first][1]),
        answers=as_json(asked.answers, sort_keys=True),
        letters="".join(names.letters()),
        place="" if number == 1 else f"-{number}",
    )


def _label(writing: Writing, asked: Question) -> str:
    """What stands over a question: whether a figure comes after it, or came before."""
    if asked.predict:
        return "predict"
    before = "```figure" in writing.source.text and not writing.page.figures
    return "before_you_look" if before else "question"


def _with_letters(writing: Writing, name: str) -> str:
    """Words that say from which letter to which the built-in names are written."""
    first, *_, last = names.letters()
    told = writing.context.words[name]
    return told.replace("{first}", first).replace("{last}", last)


def _usual_hint(writing: Writing, asked: Question) -> str:
    return writing.context.words["predict_hint" if asked.predict else "hint"]


def _said(writing: Writing, kind: str, text: str) -> Markup:
    said = writing.inline(" ".join(text.split()))
    return writing.html("said.html", kind=kind, said=said)
