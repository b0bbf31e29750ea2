"""Markdown into HTML by the guide's own rules: calls, slices, figures, questions.

A bare digit, an unknown name, a figure without words: each is an error that names the
page and the line.
"""

import functools
import re
from collections.abc import Sequence
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from glassgpt.errors import invalid
from glassgpt.guide.blocks.registry import write_block
from glassgpt.guide.content.anatomy import HOOK, check_prediction
from glassgpt.guide.content.inline import add_rule, add_rules
from glassgpt.guide.content.pages import Source
from glassgpt.guide.content.search import sections_of, words_of
from glassgpt.guide.content.writing import Context, Page, Writing

# a formula and the sign that ends it: no line begins with a comma
_CLOSED = re.compile(
    r'(<span class="math inline">(?:(?!</span>).)*</span>[,.;:!?)]+)', re.S
)


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "replacements", "smartquotes"])
    add_rules(parser)
    add_rule(parser, "fence", write_block)
    return parser


def render(source: Source, context: Context) -> Page:
    """A page's HTML. Raises PageError with the file, and the line where it is known."""
    parser = _parser()
    writing = Writing(source, context, parser)
    tokens = writing.at(1, parser.parse, source.text, writing.env)
    tokens = _with_notes_beside(tokens)
    writing.unnamed = context.glossary.mark(tokens, source)
    for token in tokens:
        writing.at(token.map[0] if token.map else 0, writing.check, token)
    page = writing.page
    page.headings = _name_headings(writing, tokens)
    if tokens and tokens[0].type == "paragraph_open":
        page.blocks.append(HOOK)
    html = parser.renderer.render(tokens, parser.options, writing.env)
    check_prediction(page)
    page.html = Markup(_CLOSED.sub(r'<span class="nobr">\1</span>', html))
    page.sections = sections_of(page, tokens)
    return page


def _with_notes_beside(tokens: list[Token]) -> list[Token]:
    """Each note before a paragraph, the one it stands beside in the margin.

    A note after which no paragraph comes goes before the paragraph that it follows,
    and before that one's formulas.
    """
    made: list[Token] = []
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.type == "fence" and token.info.strip() == "note":
            beside = after is not None and after.type == "paragraph_open"
            end = len(made)
            while end and made[end - 1].type == "math_block":
                end -= 1
            if not beside and end and made[end - 1].type == "paragraph_close":
                made.insert(end - 3, token)
                continue
        made.append(token)
    return made


def _name_headings(writing: Writing, tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """Give each heading its id. The ids and words of those that the page lists."""
    taken: set[str] = set()
    listed = []
    for i, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        words = words_of(tokens[i + 1])
        name = re.sub(r"\W+", "-", tokens[i + 1].content.lower()).strip("-")
        if name in taken or not name:
            raise writing.placed(0, invalid("heading", words, "it is there twice"))
        taken.add(name)
        token.attrSet("id", name)
        if token.tag == "h2":
            listed.append((name, words))
    return listed
