"""What search finds: the parts of every page, and the terms of the glossary."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from itertools import pairwise
from typing import Any

from markdown_it.token import Token

from glassgpt.guide.code.listings import names_in
from glassgpt.guide.content.glossary import PATH as GLOSSARY
from glassgpt.guide.content.writing import Context, Page, Section

_WORDS = {
    *("text", "code_inline", "number", "page_link", "math_inline", "term"),
    *("softbreak", "hardbreak"),
}
_BREAKS = {"softbreak", "hardbreak"}


def sections_of(page: Page, tokens: Sequence[Token]) -> list[Section]:
    """The parts of a page: its beginning, and one for each heading."""
    made, slices = [Section("", page.title, page.summary)], iter(page.slices)
    for i, token in enumerate(tokens):
        now = made[-1]
        if token.type == "heading_open":
            made.append(Section(str(token.attrs["id"]), words_of(tokens[i + 1]), ""))
        elif token.type == "inline" and tokens[i - 1].type != "heading_open":
            now.text = f"{now.text} {words_of(token)}".strip()
            now.terms += _explained(token)
        elif token.type == "fence" and token.info.startswith(("reading", "slice")):
            now.text = f"{now.text} {token.content}".strip()
            now.names += names_in(next(slices))
    return made


def words_of(token: Token) -> str:
    """The words of a line."""
    parts = [
        " " if one.type in _BREAKS else one.content
        for one in token.children or []
        if one.type in _WORDS
    ]
    return " ".join("".join(parts).split())


def _explained(token: Token) -> list[str]:
    """The terms that a line explains: the glossary has named their places."""
    return [
        after.content
        for one, after in pairwise(token.children or [])
        if one.type == "strong_open" and "id" in one.attrs
    ]


def entries(pages: Iterable[Page], context: Context) -> list[list[Any]]:
    """What the page's search reads: path, number, title, and a section's fields."""
    title = context.say(context.titles.get(GLOSSARY, ""))
    found: list[list[Any]] = [
        [page.source.path, page.source.number, page.title, *astuple(one)]
        for page in pages
        for one in page.sections
    ]
    for term in context.glossary.terms:
        told = (context.say(term.name), context.say(term.says))
        found.append([GLOSSARY, "", title, term.anchor, *told, [], []])
    return found
