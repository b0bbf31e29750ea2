"""The glossary: what terms mean, the page that explains each, and links both ways.

A term is explained where it stands in bold, in the first lesson that has it so. Other
pages link the first place where they use it, with its meaning at hand.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from markdown_it.token import Token

from glassgpt.errors import invalid
from glassgpt.guide.content.expressions import answered
from glassgpt.guide.content.pages import PageError, Source, read_toml

PATH = "/glossary/"
# where a term that is used is not linked: in its own list, and where all is links
_PLAIN = {"/", PATH}


@dataclass(frozen=True)
class Term:
    """A term, its meaning, the forms in which it is used, and where it is explained."""

    name: str
    says: str
    forms: tuple[str, ...]
    source: Source

    @property
    def anchor(self) -> str:
        """Its id on the glossary's page, and on the page that explains it."""
        return "term-" + re.sub(r"\W+", "-", self.name.lower())

    def meets(self, text: str) -> bool:
        """Whether a text in bold is this term."""
        return text.lower() in {form.lower() for form in self.forms}


@dataclass(frozen=True)
class Glossary:
    """All terms, in the order of the alphabet."""

    terms: tuple[Term, ...] = ()
    by_form: dict[str, Term] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path, pages: Sequence[Source]) -> "Glossary":
        """The terms of a file. Raises PageError for one that no page explains."""
        if not file.is_file():
            return cls()
        terms = [
            _term(name, given, pages)
            for name, given in read_toml(file.read_text(encoding="utf-8")).items()
        ]
        terms.sort(key=lambda term: term.name.lower())
        return cls(tuple(terms), {form: term for term in terms for form in term.forms})

    def mark(self, tokens: Sequence[Token], source: Source) -> list[Term]:
        """Name the places where this page explains terms, and link those it uses.

        The terms come back that no paragraph explains: another block does.
        """
        own = [term for term in self.terms if term.source.path == source.path]
        left = {} if source.path in _PLAIN else dict(self.by_form)
        for term in own:
            for form in term.forms:
                left.pop(form, None)
        for before, token in pairwise(tokens):
            if before.type != "paragraph_open":
                continue
            name_terms(token.children or [], own)
            token.children = _linked(token.children or [], left)
        return own


def _term(name: str, given: dict[str, object], pages: Sequence[Source]) -> Term:
    also = given.get("also", [])
    if not isinstance(also, list) or not isinstance(given.get("says"), str):
        raise invalid("term", name, "says is a text, also a list", error=PageError)
    forms = (name, f"{name}s", *map(str, also))
    bold = re.compile(
        rf"\*\*(?:{'|'.join(map(re.escape, forms))})\*\*", flags=re.IGNORECASE
    )
    explained = [page for page in pages if bold.search(page.text)]
    if not explained:
        remedy = f"Write **{name}** where a page says what it is."
        raise PageError(f"unknown term, explained nowhere: {name}", remedy)
    lessons = [page for page in explained if page.number]
    return Term(name, answered(str(given["says"])), forms, [*lessons, *explained][0])


def name_terms(children: Iterable[Token], own: list[Term]) -> None:
    """Give the bold words that explain a term its id; what is named leaves the list."""
    children = list(children)
    for token, after in pairwise(children):
        if token.type != "strong_open":
            continue
        found = next((term for term in own if term.meets(after.content)), None)
        if found:
            token.attrSet("id", found.anchor)
            own.remove(found)


def _linked(children: list[Token], left: dict[str, Term]) -> list[Token]:
    """The same line with the first use of each term as a token of its own."""
    made: list[Token] = []
    inside = 0
    for token in children:
        inside += {"link_open": 1, "strong_open": 1, "link_close": -1}.get(
            token.type, 0
        )
        inside -= token.type == "strong_close"
        if token.type != "text" or inside:
            made.append(token)
            continue
        made += _cut(token.content, left)
    return made


def _cut(text: str, left: dict[str, Term]) -> list[Token]:
    made: list[Token] = []
    while left:
        longest = sorted(left, key=len, reverse=True)
        found = re.search(rf"\b(?:{'|'.join(map(re.escape, longest))})\b", text)
        if not found:
            break
        term = left[found[0]]
        for form in term.forms:
            left.pop(form, None)
        made += [_text(text[: found.start()]), _used(found[0], term)]
        text = text[found.end() :]
    return [*made, _text(text)]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _used(content: str, term: Term) -> Token:
    meta = {"link": f"{PATH}#{term.anchor}", "says": term.says}
    return Token("term", "", 0, content=content, meta=meta)
