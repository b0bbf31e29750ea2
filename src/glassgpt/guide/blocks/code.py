"""Blocks of code: slices of the lessons, read line by line or run."""

from markupsafe import Markup

from glassgpt.errors import invalid, unknown
from glassgpt.guide.blocks.registry import block
from glassgpt.guide.code import cells, listings
from glassgpt.guide.content.writing import Writing
from glassgpt.guide.templating import as_json
from glassgpt.lessons import lesson


@block("slice")
def listing(writing: Writing, rest: str, text: str) -> Markup:
    """A part of a program."""
    one = _shown_slice(writing, rest)
    lines = listings.fold(listings.lines_of(one.text, one.lines.start))
    return writing.html("slice.html", one=one, lines=lines)


@block("reading")
def reading(writing: Writing, rest: str, text: str) -> Markup:
    """A part of a program, and what each of its fragments means."""
    one = _shown_slice(writing, rest)
    pairs = [line.partition(" => ") for line in text.strip().splitlines()]
    if wrong := [pair[0] for pair in pairs if not pair[1] or not pair[2].strip()]:
        raise invalid("reading", wrong[0], "write: fragment => meaning")
    fragments = listings.find_fragments(one, [pair[0].strip() for pair in pairs])
    meanings = [
        (fragment.strip(), writing.inline(meaning.strip()))
        for fragment, _, meaning in pairs
    ]
    lines = listings.fold(listings.lines_of(one.text, one.lines.start, fragments))
    return writing.html("reading.html", one=one, lines=lines, meanings=meanings)


@block("run")
def run(writing: Writing, rest: str, text: str) -> Markup:
    """Lines that a reader can run and change, under a part of a program."""
    name, quote, given = rest.rpartition('"')
    one = _named_slice(name + quote)
    if not text.strip():
        raise invalid("run", rest, "write lines that show what the code does")
    writing.page.cells += 1
    cell = cells.read_cell(one, given, text)
    printed = cells.printed(cell)
    asked = {"file": one.program.path.name, **cell.asked, "shipped": printed}
    first = cell.first + len(cell.code.splitlines()) + 1
    return writing.html(
        "cell.html",
        number=writing.page.cells,
        asked=as_json(asked, sort_keys=True),
        lines=listings.lines_of(cell.tried, first),
        printed=printed,
    )


def _shown_slice(writing: Writing, rest: str) -> listings.Slice:
    """A slice by name, noted as one that the page explains."""
    one = _named_slice(rest)
    writing.page.slices.append(one)
    return one


def _named_slice(rest: str) -> listings.Slice:
    step, _, name = rest.partition(" ")
    number = step.removeprefix("step")
    if not number.isdigit():
        raise unknown("step", step, ["step0", "step1"])
    return listings.named_slice(lesson(int(number)), name.strip().strip('"'))
