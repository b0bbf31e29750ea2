"""A page while it is being written: what it is made with, and what comes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.guide import pseudo_locale, templating
from glassgpt.guide.code.listings import Slice
from glassgpt.guide.content.expressions import answered, check_digits
from glassgpt.guide.content.glossary import Glossary, Term, name_terms
from glassgpt.guide.content.pages import PageError, Source
from glassgpt.guide.content.questions import Question
from glassgpt.guide.content.typography import typeset, unbroken
from glassgpt.guide.figures import Figures

Answer = TypeVar("Answer")


@dataclass
class Section:
    """A part of a page for search: its id, heading and text, and what it explains.

    It explains terms, and names of the code.
    """

    place: str
    heading: str
    text: str
    terms: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What came of a page: its HTML and what the rest of the site needs to know.

    `blocks` are its parts in their order, by kind; a hook is one too.
    """

    source: Source
    title: str
    summary: str
    can: str = ""
    html: Markup = field(default_factory=Markup)
    headings: list[tuple[str, str]] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    cells: int = 0
    blocks: list[str] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """What every page is built with: words, figures, terms, the other pages."""

    words: dict[str, str]
    figures: Figures
    titles: dict[str, str]
    language: str = "en"
    sources: Sequence[Source] = ()
    glossary: Glossary = field(default_factory=Glossary)
    meanings: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        """The text in the language that is built, set as in a book."""
        text = typeset(text)
        return pseudo_locale.accented(text) if self.language == "xx" else text

    def place(self, source: Source) -> str:
        """A page as a link to it says: its number and its title."""
        return f"{source.number} {self.say(self.titles[source.path])}".strip()


class Writing:
    """One page, and the place in its file where an error would be told."""

    def __init__(self, source: Source, context: Context, parser: MarkdownIt) -> None:
        self.source, self.context, self.parser = source, context, parser
        self.env = {"writing": self}
        title, summary, can = map(self._front, ("title", "summary", "can"))
        self.page = Page(source, title, summary, can)
        self.unnamed: list[Term] = []  # the page's terms that no paragraph explains

    def _front(self, name: str) -> str:
        text = self.at(-1, answered, str(self.source.front.get(name, "")))
        return self.context.say(text)

    def at(self, line: int, do: Callable[..., Answer], *given: Any) -> Answer:
        """Call, and say of an error where it happened."""
        try:
            return do(*given)
        except PageError as error:
            if str(error).startswith(self.source.name):
                raise
            raise self.placed(line, error) from error
        except GlassGPTError as error:
            raise self.placed(line, error) from error

    def placed(self, line: int, error: GlassGPTError) -> PageError:
        """The error with the page's file and the line in it, counted from its text."""
        number = max(1, line + self.source.first_line)
        return PageError(f"{self.source.name}:{number}: {error}", error.remedy)

    def inline(self, text: str) -> Markup:
        """A line of Markdown as HTML."""
        tokens = self.parser.parseInline(text, self.env)
        for token in tokens:
            self.check(token)
            name_terms(token.children or [], self.unnamed)
        made = self.parser.renderer.render(tokens, self.parser.options, self.env)
        return Markup(made)

    def check(self, token: Token) -> None:
        """Refuse bare digits and silent pictures in a line, and put it in its language.

        Raises PageError.
        """
        for child in token.children or []:
            if child.type == "text":
                check_digits(child.content)
                child.content = unbroken(self.context.say(child.content))
            if child.type == "image" and not child.content.strip():
                raise invalid("image", child.attrs.get("src", ""), "it has no words")

    def html(self, template: str, **given: Any) -> Markup:
        """A block's template filled in, with the interface's words at hand."""
        return templating.render(
            f"blocks/{template}", words=self.context.words, **given
        )
