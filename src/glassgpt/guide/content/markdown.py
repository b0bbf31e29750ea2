"""Markdown into HTML by the guide's own rules: calls, slices, figures, questions.

A bare digit, an unknown name, a figure without words: each is an error that names the
page and the line.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

import latex2mathml.converter
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from glassgpt.errors import GlassGPTError, invalid, unknown
from glassgpt.guide import pseudo_locale
from glassgpt.guide.code import cells, listings
from glassgpt.guide.content.expressions import (
    CALL,
    FIXED,
    answer,
    answered,
    check_digits,
    evaluate,
    written,
)
from glassgpt.guide.content.glossary import Glossary
from glassgpt.guide.content.pages import PageError, Source, read_toml
from glassgpt.guide.content.questions import Question, question_html, read_question
from glassgpt.guide.facts import names as facts
from glassgpt.guide.fallbacks import picture_name
from glassgpt.guide.figures import Figures, figure_html
from glassgpt.lessons import lesson
from glassgpt.tokenizers import CharTokenizer

# a formula and the sign that ends it: no line begins with a comma
_CLOSED = re.compile(
    r'(<span class="math inline">(?:(?!</span>).)*</span>[,.;:!?)]+)', re.S
)
_PAGE = re.compile(r"\[\[(?P<number>\d\.\d)\]\]")


@dataclass
class Section:
    """A part of a page for search: its id, heading and text, and what it explains."""

    place: str
    heading: str
    text: str
    terms: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What came of a page: its HTML and what the rest of the site needs to know."""

    source: Source
    title: str
    summary: str
    html: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    slices: list[listings.Slice] = field(default_factory=list)
    runs: int = 0
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """What a page is built with: words, figures, the other pages, ready-made parts."""

    words: dict[str, str]
    figures: Figures
    titles: dict[str, str]
    language: str = "en"
    blocks: dict[str, Any] = field(default_factory=dict)
    glossary: Glossary = field(default_factory=Glossary)

    def say(self, text: str) -> str:
        """The text in the language that is built."""
        return pseudo_locale.accented(text) if self.language == "xx" else text


def render(source: Source, context: Context) -> Page:
    """A page's HTML. Raises PageError with the file, and the line where it is known."""
    return _Writer(source, context).page()


class _Writer:
    def __init__(self, source: Source, context: Context) -> None:
        self.source, self.context = source, context
        self.page_made = Page(source, self._front("title"), self._front("summary"))
        self._md = MarkdownIt("commonmark", {"html": False, "typographer": True})
        self._md.enable(["table", "replacements", "smartquotes"])
        self._md.use(dollarmath_plugin, renderer=self._math, allow_digits=True)
        self._md.inline.ruler.before("link", "page", self._page_rule)
        self._md.inline.ruler.before("link", "call", self._call_rule)
        for kind, rule in {
            "fence": self._fence,
            "value": self._value,
            "page_link": self._value,
            "term": self._term,
            "code_inline": self._code,
        }.items():
            rules: dict[str, Any] = vars(self._md.renderer)["rules"]
            rules[kind] = functools.partial(self._ruled, rule)

    def page(self) -> Page:
        made = self.page_made
        tokens = self._at(1, self._md.parse, self.source.text)
        self.context.glossary.mark(tokens, self.source)
        for token in tokens:
            self._at(token.map[0] if token.map else 0, self._look, token)
        self._name_headings(tokens)
        html = self._md.renderer.render(tokens, self._md.options, {})
        made.html = _CLOSED.sub(r'<span class="nobr">\1</span>', html)
        made.sections = self._sections(tokens)
        return made

    def _front(self, name: str) -> str:
        text = self._at(-1, answered, str(self.source.front[name]))
        return self.context.say(text)

    def _at(self, line: int, do: Any, *given: Any) -> Any:
        """Call, and say of an error where it happened."""
        try:
            return do(*given)
        except PageError as error:
            if str(error).startswith(self.source.name):
                raise
            raise self._placed(line, error) from error
        except GlassGPTError as error:
            raise self._placed(line, error) from error

    def _placed(self, line: int, error: GlassGPTError) -> PageError:
        number = max(1, line + self.source.first_line)
        return PageError(f"{self.source.name}:{number}: {error}", error.remedy)

    def _ruled(self, rule: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
        place = tokens[i].map
        return str(self._at(place[0] if place else 0, rule, tokens[i]))

    # what may stand in a line

    def _look(self, token: Token) -> None:
        for child in token.children or []:
            if child.type == "text":
                check_digits(child.content)
                child.content = self.context.say(child.content)
            if child.type == "image" and not child.content.strip():
                raise invalid("image", child.attrs.get("src", ""), "it has no words")

    def _call_rule(self, state: StateInline, silent: bool) -> bool:
        text = state.src[state.pos :]
        found = CALL.match(text) or FIXED.match(text)
        if not found:
            return False
        if not silent:
            token = state.push("value", "", 0)
            token.content = self._at(0, answer, found)
            token.meta = {"fixed": "text" in found.groupdict()}
        state.pos += found.end()
        return True

    def _page_rule(self, state: StateInline, silent: bool) -> bool:
        found = _PAGE.match(state.src[state.pos :])
        if not found:
            return False
        if not silent:
            path = "/step/{}/{}/".format(*found["number"].split("."))
            if path not in self.context.titles:
                known = self.context.titles
                raise self._placed(0, unknown("lesson", found["number"], known))
            token = state.push("page_link", "", 0)
            title = self.context.say(self.context.titles[path])
            token.content = f"{found['number']} {title}"
            token.meta = {"path": path}
        state.pos += found.end()
        return True

    def _value(self, token: Token) -> str:
        text = escape(token.content, quote=False)
        if token.type == "page_link":
            return f'<a href="{token.meta["path"]}">{text}</a>'
        return f'<span class="num">{text}</span>'

    def _term(self, token: Token) -> str:
        text, says = map(self.context.say, (token.content, token.meta["says"]))
        return (
            f'<a class="term" href="{token.meta["link"]}" data-says="{escape(says)}">'
            f"{escape(text, quote=False)}</a>"
        )

    def _code(self, token: Token) -> str:
        return f'<code translate="no">{escape(token.content, quote=False)}</code>'

    def _math(self, content: str, options: dict[str, Any]) -> str:
        text = CALL.sub(lambda found: written(found["call"]), content.strip())
        for number in re.findall(r"\d+(?:\.\d+)?", CALL.sub("", content)):
            if number not in {"0", "1", "2"}:
                raise self._placed(0, invalid("bare number in maths", number))
        display = "block" if options.get("display_mode") else "inline"
        made = latex2mathml.converter.convert(text, display=display)
        return (
            f'<div class="maths" tabindex="0">{made}</div>'
            if display == "block"
            else made
        )

    # headings and what search finds

    def _name_headings(self, tokens: list[Token]) -> None:
        taken: set[str] = set()
        for i, token in enumerate(tokens):
            if token.type != "heading_open":
                continue
            words = _plain(tokens[i + 1])
            name = re.sub(r"\W+", "-", tokens[i + 1].content.lower()).strip("-")
            if name in taken or not name:
                raise self._placed(0, invalid("heading", words, "it is there twice"))
            taken.add(name)
            token.attrSet("id", name)
            if token.tag == "h2":
                self.page_made.headings.append((name, words))

    def _sections(self, tokens: list[Token]) -> list[Section]:
        """Every part of the page, for search."""
        made = [Section("", self.page_made.title, self.page_made.summary)]
        for i, token in enumerate(tokens):
            now = made[-1]
            if token.type == "heading_open":
                made.append(Section(str(token.attrs["id"]), _plain(tokens[i + 1]), ""))
            elif token.type == "inline" and tokens[i - 1].type != "heading_open":
                now.text = f"{now.text} {_plain(token)}".strip()
                now.terms += _explained(token)
            elif token.type == "fence" and token.info.startswith(("reading", "slice")):
                now.text = f"{now.text} {token.content}".strip()
        return made

    # fenced blocks

    def _fence(self, token: Token) -> str:
        kind, _, rest = token.info.strip().partition(" ")
        blocks = {
            "figure": self._figure,
            "reading": self._reading,
            "slice": self._slice,
            "run": self._run,
            "tokens": self._tokens,
            "question": self._question,
            "note": self._note,
        }
        if kind in blocks:
            return blocks[kind](rest.strip(), token.content)
        if kind in self.context.blocks:
            return str(self.context.blocks[kind](rest.strip(), self.inline))
        if kind in ("text", "sh", "python"):
            return f'<pre class="plain" tabindex="0">{escape(token.content)}</pre>\n'
        raise unknown("block", kind, [*blocks, *self.context.blocks])

    def inline(self, text: str) -> str:
        """A line of Markdown as HTML."""
        tokens = self._md.parseInline(text)
        for token in tokens:
            self._look(token)
        return str(self._md.renderer.render(tokens, self._md.options, {}))

    def _figure(self, name: str, text: str) -> str:
        given = read_toml(text)
        for wanted in ("id", "alt"):
            if not given.get(wanted):
                why = "it has no words for those who cannot see it"
                raise invalid(f"figure {name}", f"no {wanted}", why, error=PageError)
        if given.keys() - {"id", "alt", "hint", "height", "props"}:
            raise invalid(f"figure {name}", ", ".join(given), error=PageError)
        figures = self.context.figures
        props = figures.props(name, _worked_out(given.get("props", {})))
        identity = str(given["id"])
        if identity in self.page_made.figures:
            raise invalid("figure id", identity, "it is there twice")
        self.page_made.figures[identity] = {"name": name, "props": props}
        hints = "".join(f"<li>{self.inline(one)}</li>" for one in given.get("hint", []))
        return figure_html(
            name,
            identity,
            props,
            figures.height(name, given.get("height")),
            self.inline(given["alt"]),
            f'<ol class="hint">{hints}</ol>' if hints else "",
            self.context.words,
            figures.wide(name),
            figures.pictures.get(picture_name(self.source.path, identity), ""),
        )

    def _run(self, rest: str, text: str) -> str:
        name, quote, given = rest.rpartition('"')
        one = self._named(name + quote)
        if not text.strip():
            raise invalid("run", rest, "write lines that show what the code does")
        self.page_made.runs += 1
        plan = cells.planned(one, given, text)
        return cells.run_html(plan, self.page_made.runs, self.context.words)

    def _slices(self, rest: str) -> listings.Slice:
        one = self._named(rest)
        self.page_made.slices.append(one)
        return one

    def _named(self, rest: str) -> listings.Slice:
        step, _, name = rest.partition(" ")
        number = step.removeprefix("step")
        if not number.isdigit():
            raise unknown("step", step, ["step0", "step1"])
        program = lesson(int(number))
        return listings.named_slice(program, name.strip().strip('"'))

    def _slice(self, rest: str, text: str) -> str:
        return self._panel(self._slices(rest), ())

    def _panel(
        self, one: listings.Slice, fragments: Sequence[listings.Fragment]
    ) -> str:
        file, first = one.program.path.name, one.lines.start
        where = f"/step/{one.program.step}/#L{first}"
        return (
            f'<div class="panel"><p class="where"><a href="{where}">{file}</a></p>'
            f'<pre class="code" tabindex="0" aria-label="{escape(one.name)}" '
            f'data-first="{first}"><code translate="no">'
            f"{listings.code_html(one, fragments)}</code></pre></div>\n"
        )

    def _reading(self, rest: str, text: str) -> str:
        one = self._slices(rest)
        pairs = [line.partition(" => ") for line in text.strip().splitlines()]
        if wrong := [pair[0] for pair in pairs if not pair[1] or not pair[2].strip()]:
            raise invalid("reading", wrong[0], "write: fragment => meaning")
        fragments = listings.find_fragments(one, [pair[0].strip() for pair in pairs])
        meanings = "".join(
            f'<li data-f="{number}" tabindex="0"><code translate="no">'
            f"{escape(fragment.strip(), quote=False)}</code>"
            f"<span>{self.inline(meaning.strip())}</span></li>"
            for number, (fragment, _, meaning) in enumerate(pairs, start=1)
        )
        panel = self._panel(one, fragments)
        return (
            f'<div class="reading"><ol class="meanings">{meanings}</ol>{panel}</div>\n'
        )

    def _tokens(self, rest: str, text: str) -> str:
        tokenizer = CharTokenizer(tuple(facts.letters()))
        word = rest or text.strip()
        ids = tokenizer.encode(word)
        names = ["BOS" if i == tokenizer.bos else tokenizer.decode([i]) for i in ids]
        chips = "".join(
            f"<li><b>{name}</b><span>{i}</span></li>"
            for name, i in zip(names, ids, strict=True)
        )
        label = escape(self.context.words["tokens_of"].replace("{word}", word))
        return f'<ol class="tokens" aria-label="{label}">{chips}</ol>\n'

    def _note(self, rest: str, text: str) -> str:
        said = self.inline(" ".join(text.split()))
        return f'<aside class="note"><p>{said}</p></aside>\n'

    def _question(self, rest: str, text: str) -> str:
        question = read_question(text, self.inline)
        self.page_made.questions.append(question)
        number = len(self.page_made.questions)
        return question_html(question, self.context.words, number)


def _worked_out(props: dict[str, Any]) -> dict[str, Any]:
    """Props, those that are a call replaced by what the package answers."""
    return {
        key: evaluate(call["call"])
        if isinstance(value, str) and (call := CALL.fullmatch(value))
        else value
        for key, value in props.items()
    }


def _explained(token: Token) -> list[str]:
    """The terms that a line explains: the glossary has named their places."""
    return [
        after.content
        for one, after in pairwise(token.children or [])
        if one.type == "strong_open" and "id" in one.attrs
    ]


def _plain(token: Token) -> str:
    """The words of a line, as search reads them."""
    parts = [
        child.content
        for child in token.children or []
        if child.type
        in ("text", "code_inline", "value", "page_link", "math_inline", "term")
        or child.type == "softbreak"
    ]
    return " ".join(" ".join(parts).split())
