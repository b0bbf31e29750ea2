"""Parts of pages that the package writes by itself: the ladder, a step's index."""

import ast
import difflib
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from glassgpt.errors import invalid
from glassgpt.formatting import format_number
from glassgpt.guide.code import listings, step_diff
from glassgpt.guide.content.pages import Source
from glassgpt.guide.facts import names as facts
from glassgpt.lessons import FILES, changes, lesson, units

# the sections whose names a reader learns
_TAUGHT = {"model", "gradient", "autograd", "loss of a document", "update"}
Inline = Callable[[str], str]
Block = Callable[[str, Inline], str]


def ready_made(
    pages: Sequence[Source], words: Mapping[str, str], say: Callable[[str], str]
) -> dict[str, Block]:
    """The blocks by the word that a page writes after its three backticks."""

    def ladder(rest: str, inline: Inline) -> str:
        return _ladder(pages, words, say)

    def lessons(rest: str, inline: Inline) -> str:
        return _lessons(_step(rest), pages, inline)

    def program(rest: str, inline: Inline) -> str:
        return _program(_step(rest), words)

    def difference(rest: str, inline: Inline) -> str:
        return _difference(_step(rest), words, say)

    def sections(rest: str, inline: Inline) -> str:
        return step_diff.sections_html(_step(rest), words)

    def ways(rest: str, inline: Inline) -> str:
        return step_diff.ways_html(_step(rest), words)

    def gallery(rest: str, inline: Inline) -> str:
        return ""

    return {
        "ladder": ladder,
        "lessons": lessons,
        "program": program,
        "difference": difference,
        "sections": sections,
        "ways": ways,
        "gallery": gallery,
    }


def _step(rest: str) -> int:
    if not re.fullmatch(r"[0-5]", rest.strip()):
        raise invalid("step of a block", rest)
    return int(rest)


def idea(step: int) -> str:
    """A step's idea in a line: its program's first line without the name."""
    return lesson(step).title.partition(": ")[2].rstrip(".")


def name(step: int) -> str:
    """A step's name, such as counting."""
    return lesson(step).title.partition(", ")[2].partition(":")[0]


def new_names(step: int) -> list[str]:
    """The functions, classes and settings that the step before does not have."""
    before = (
        {part.partition(": ")[2] for part in units(lesson(step - 1))} if step else set()
    )
    found: dict[str, None] = {}
    for part in units(lesson(step)):
        section, _, unit = part.partition(": ")
        top = unit.partition(".")[0]
        kept = section in (
            "model",
            "gradient",
            "autograd",
            "loss of a document",
            "update",
        )
        kept = kept or (section == "parameters" and step == 4 and unit != "for")
        there = top in {one.partition(".")[0] for one in before}
        if kept and not there and unit.isidentifier() | unit.startswith(f"{top}.__"):
            found[top] = None
    # what a reader runs comes before the settings beside it, as in the README
    settings = [one for one in found if one in _settings(step)]
    return [one for one in found if one not in settings] + settings


def _settings(step: int) -> set[str]:
    """The names of a step that are plain values, such as smoothing."""
    program = lesson(step)
    nodes = [node for section in program.sections for node in program.nodes(section)]
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    return {ast.unparse(node.targets[0]) for node in assigned}


def _ladder(
    pages: Sequence[Source], words: Mapping[str, str], say: Callable[[str], str]
) -> str:
    paths = {page.path for page in pages}
    uniform = facts.baseline("uniform")
    low = min(facts.heldout(step) for step in range(len(FILES))) - 0.1
    scale = functools.partial(_percent, low=low, high=uniform)
    rows = []
    for step in range(len(FILES)):
        path, loss = f"/step/{step}/", facts.heldout(step)
        title = f"{step} {escape(say(name(step).capitalize()))}"
        head = f'<a href="{path}">{title}</a>' if path in paths else title
        new = " ".join(
            f'<code translate="no">{one}</code>' for one in new_names(step)[:5]
        )
        learned = format_number(facts.params(step), 0)
        said = escape(words["ladder_loss"])
        dot = f'<span class="dot" style="--at:{scale(loss)}"></span>'
        number = (
            f'<span class="num" data-label="{said}">{format_number(loss, 3)}</span>'
        )
        bar = f'<span class="loss">{number}{dot}</span>'
        count = f'<td class="n" data-label="{escape(words["ladder_params"])}">'
        rows.append(
            f'<tr><th scope="row">{head}</th>'
            f"<td>{escape(say(idea(step).capitalize()))}</td>"
            f'<td class="new">{new}</td>{count}{learned}</td><td>{bar}</td></tr>'
        )
    keys = ("ladder_step", "ladder_idea", "ladder_new", "ladder_params", "ladder_loss")
    heads = "".join(f'<th scope="col">{escape(words[key])}</th>' for key in keys[:-1])
    heads += (
        f'<th scope="col">{escape(words[keys[-1]])}{_ladder_axis(scale, words)}</th>'
    )
    label = escape(words["ladder"])
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="ladder"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def _ladder_axis(scale: Callable[[float], str], words: Mapping[str, str]) -> str:
    """The one scale that all the losses of the ladder stand on, with its names."""
    marks = (
        (escape(words["ladder_pairs"]), facts.baseline("bigram")),
        (escape(words["ladder_guess"]), facts.baseline("uniform")),
    )
    return '<span class="axis" aria-hidden="true">{}</span>'.format(
        "".join(f'<i style="--at:{scale(at)}">{word}</i>' for word, at in marks)
    )


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * (value - low) / (high - low):.1f}%"


def _lessons(step: int, pages: Sequence[Source], inline: Inline) -> str:
    rows = "".join(
        f'<li><a href="{page.path}"><span class="place">{page.number}</span> '
        f"{inline(page.title)}</a><span>{inline(str(page.front['summary']))}</span></li>"
        for page in pages
        if page.step == step and page.number
    )
    return f'<ol class="lessons">{rows}</ol>\n'


def _program(step: int, words: Mapping[str, str]) -> str:
    program = lesson(step)
    whole = listings.Slice(program, program.path.name, range(1, facts.lines(step) + 1))
    file = f"/programs/{program.path.name}"
    return (
        f'<div class="panel whole"><p class="where"><span>{program.path.name}</span>'
        f'<button type="button" class="copy" data-copy="program" hidden>'
        f"{escape(words['copy'])}</button>"
        f'<a href="{file}" download>{escape(words["download"])}</a></p>'
        f'<pre class="code" id="program" tabindex="0" aria-label="{program.path.name}">'
        f'<code translate="no">{listings.code_html(whole, anchors="L")}</code></pre>'
        "</div>\n"
    )


def _difference(step: int, words: Mapping[str, str], say: Callable[[str], str]) -> str:
    table = changes().get(step)
    if table is None:
        raise invalid("difference of step", step, "nothing stands before it")
    parts = []
    for kind in ("adds", "changes", "drops"):
        rows = "".join(
            f'<li><span><code translate="no">{escape(part.partition(": ")[2])}</code> '
            f'<small translate="no">'
            f"{escape(part.partition(': ')[0])}</small></span>"
            f"<span>{escape(say(why))}</span></li>"
            for part, why in table.get(kind, {}).items()
        )
        head = escape(words[f"diff_{kind}"])
        parts.append(
            f'<h3 id="{kind}">{head}</h3><ul class="reasons {kind}">{rows}</ul>'
        )
    return "".join(parts) + _line_difference(step, words)


def _line_difference(step: int, words: Mapping[str, str]) -> str:
    old, new = lesson(step - 1), lesson(step)
    lines = difflib.unified_diff(
        old.source.splitlines(), new.source.splitlines(), n=2, lineterm=""
    )
    kinds = {"+": "plus", "-": "minus", "@": "hunk"}
    rows = []
    for line in list(lines)[2:]:
        kind = kinds.get(line[:1], "same")
        body = "⋯" if kind == "hunk" else escape(line, quote=False)
        rows.append(f'<span class="line {kind}">{body}\n</span>')
    label = escape(words["diff_lines"])
    return (
        f'<details class="lines"><summary>{label}</summary><pre class="code diff" '
        f'tabindex="0" aria-label="{label}"><code translate="no">{"".join(rows)}</code>'
        f"</pre></details>\n"
    )
