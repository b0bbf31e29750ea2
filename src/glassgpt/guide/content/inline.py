"""What may stand in a line besides Markdown: calls, links by number, terms, maths."""

import re
from collections.abc import Callable
from typing import Any

import latex2mathml.converter
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from glassgpt.errors import invalid, unknown
from glassgpt.guide.content.expressions import CALL, FIXED, answer, written
from glassgpt.guide.content.typography import with_minus
from glassgpt.guide.content.writing import Writing
from glassgpt.guide.templating import macros

_PAGE = re.compile(r"\[\[(?P<number>\d\.\d)\]\]")
_IN_MATHS = {"0", "1", "2"}  # the numbers that may stand in maths as they are
_UNBROKEN = 14  # code of at most so many characters stays on one line
# a function's name, ln or exp, and what it is of
_NAMED = re.compile(r"(<mi class=\"name\">\w+</mi>)(?=<m(?:[in]|sub|row|frac)>)")
_THOUSANDS = re.compile(r"<mn>(\d+)</mn><mo>&#x0002C;</mo><mn>(\d{3}[.\d]*)</mn>")
Rule = Callable[[Writing, Token], str]


def add_rules(parser: MarkdownIt) -> None:
    """Let a parser read and write what is the guide's own in a line."""
    parser.use(dollarmath_plugin, allow_digits=True)
    parser.inline.ruler.before("link", "page", _read_page_link)
    parser.inline.ruler.before("link", "call", _read_call)
    for kind, rule in _RULES.items():
        add_rule(parser, kind, rule)


def add_rule(parser: MarkdownIt, kind: str, rule: Rule) -> None:
    """Let a function write tokens of a kind; its errors name the token's line."""

    def ruled(_: Any, tokens: list[Token], i: int, options: Any, env: Any) -> str:
        writing: Writing = env["writing"]
        place = tokens[i].map
        return str(writing.at(place[0] if place else 0, rule, writing, tokens[i]))

    parser.add_render_rule(kind, ruled)


def _read_call(state: StateInline, silent: bool) -> bool:
    text = state.src[state.pos :]
    found = CALL.match(text) or FIXED.match(text)
    if not found:
        return False
    if not silent:
        token = state.push("number", "", 0)
        token.content = state.env["writing"].at(0, answer, found)
    state.pos += found.end()
    return True


def _read_page_link(state: StateInline, silent: bool) -> bool:
    found = _PAGE.match(state.src[state.pos :])
    if not found:
        return False
    if not silent:
        writing: Writing = state.env["writing"]
        titles = writing.context.titles
        path = "/step/{}/{}/".format(*found["number"].split("."))
        if path not in titles:
            raise writing.placed(0, unknown("lesson", found["number"], titles))
        token = state.push("page_link", "", 0)
        token.content = f"{found['number']} {writing.context.say(titles[path])}"
        token.meta = {"path": path}
    state.pos += found.end()
    return True


def _number(writing: Writing, token: Token) -> str:
    return str(macros("inline.html").number(with_minus(token.content)))


def _page_link(writing: Writing, token: Token) -> str:
    return str(macros("inline.html").page_link(token.content, token.meta["path"]))


def _term(writing: Writing, token: Token) -> str:
    text, says = map(writing.context.say, (token.content, token.meta["says"]))
    return str(macros("inline.html").term(text, token.meta["link"], says))


def _code(writing: Writing, token: Token) -> str:
    if found := CALL.search(token.content) or FIXED.search(token.content):
        why = "code is printed as it is written"
        raise invalid("call in code", found[0], why, "Write it outside the backticks.")
    short = len(token.content) <= _UNBROKEN and re.search(r"[ -]", token.content)
    return str(macros("inline.html").code(token.content, short))


def _maths(writing: Writing, token: Token) -> str:
    return str(macros("inline.html").maths(_mathml(writing, token, "inline")))


def _maths_block(writing: Writing, token: Token) -> str:
    return str(macros("inline.html").maths_block(_mathml(writing, token, "block")))


def _mathml(writing: Writing, token: Token, display: str) -> Markup:
    content = token.content.strip()
    text = CALL.sub(lambda found: written(found["call"]), content)
    for number in re.findall(r"\d+(?:\.\d+)?", CALL.sub("", content)):
        if number not in _IN_MATHS:
            raise writing.placed(0, invalid("bare number in maths", number))
    made = latex2mathml.converter.convert(text, display=display)
    # one letter stands for a number and is italic; a name of more, such as ln, is not
    made = re.sub(r"<mi>(?=\w\w)", '<mi class="name">', made)
    if re.search(r"\d,\d{3}", text):  # between thousands a comma takes no room
        made = _THOUSANDS.sub(r"<mn>\1,\2</mn>", made)
    return Markup(_NAMED.sub(r'\1<mspace width="0.17em"></mspace>', made))


_RULES: dict[str, Rule] = {
    "number": _number,
    "page_link": _page_link,
    "term": _term,
    "code_inline": _code,
    "math_inline": _maths,
    "math_block": _maths_block,
}
