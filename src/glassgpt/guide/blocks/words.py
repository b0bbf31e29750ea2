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


@block("text", "sh", "python")
def plain(writing: Writing, rest: str, text: str) -> Markup:
    """Text as it is."""
    return writing.html("plain.html", text=text)


@block("note")
def note(writing: Writing, rest: str, text: str) -> Markup:
    """A note in the margin."""
    return writing.html("note.html", said=writing.inline(" ".join(text.split())))


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
    return question_html(writing, asked, len(writing.page.questions))


def question_html(writing: Writing, asked: Question, number: int = 1) -> Markup:
    """A question's card; `number` is its place on the page."""
    first = key_of(FIRST_WORD, asked.each)
    return writing.html(
        "question.html",
        asked=asked,
        ask=with_word(asked.ask, FIRST_WORD, first),
        working=Markup(asked.answers[first][1]),
        answers=as_json(asked.answers, sort_keys=True),
        letters="".join(names.letters()),
        place="" if number == 1 else f"-{number}",
    )
