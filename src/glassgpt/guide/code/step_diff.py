"""Two neighbouring programs beside each other: their sections, and their models' ways.

Both pictures are read out of the programs and of changes.toml; nothing in them is
written by hand.
"""

import ast
import re
from collections.abc import Mapping
from html import escape

from glassgpt.errors import invalid
from glassgpt.lessons import Lesson, changes, lesson, units

_LINE = 2.5  # pixels of height for a line of code


def sections_html(step: int, words: Mapping[str, str]) -> str:
    """Each section of a step's program and of the one before, as tall as it is long."""
    table = _changes(step)
    old, new = lesson(step - 1), lesson(step)
    rows = "".join(
        _section_row(name, old, new, table, words) for name in _all_sections(step)
    )
    heads = (words["beside_section"], _step(step - 1, words), _step(step, words))
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    last = f'<th scope="col">{escape(words["beside_differs"])}</th>'
    return (
        f'<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(words["beside"])}"><table class="sections"><thead><tr>'
        f"{cells}{last}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def ways_html(step: int, words: Mapping[str, str]) -> str:
    """How a token becomes probabilities in a step's model and in the one before."""
    _changes(step)
    columns = "".join(
        f'<div><p class="of">{escape(_step(one, words))}</p>'
        f'<ol class="stations" aria-label="{escape(_step(one, words))}">'
        f"{''.join(_stations(lesson(one)))}</ol></div>"
        for one in (step - 1, step)
    )
    return f'<div class="ways">{columns}</div>\n'


def _changes(step: int) -> dict[str, dict[str, str]]:
    table = changes().get(step)
    if table is None:
        raise invalid("step", step, "nothing stands before it")
    return table


def _step(step: int, words: Mapping[str, str]) -> str:
    return f"{words['step']} {step}"


def _all_sections(step: int) -> list[str]:
    """The sections of both programs, in an order that fits both."""
    old, new = list(lesson(step - 1).sections), list(lesson(step).sections)
    found = list(new)
    for place, name in enumerate(old):
        if name not in found:
            before = [one for one in old[:place] if one in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, name)
    return found


def _section_row(
    name: str,
    old: Lesson,
    new: Lesson,
    table: Mapping[str, Mapping[str, str]],
    words: Mapping[str, str],
) -> str:
    told = []
    for kind in ("adds", "changes", "drops"):
        for part in table.get(kind, {}):
            section, _, unit = part.partition(": ")
            if section == name:
                told.append(
                    f'<li class="{kind}">'
                    f'<code translate="no">{escape(unit)}</code> '
                    f"<small>{escape(words[f'diff_{kind}']).lower()}</small></li>"
                )
    same = escape(words["beside_same"])
    differs = f"<ul>{''.join(told)}</ul>" if told else f"<span>{same}</span>"
    return (
        f'<tr class="{"differs" if told else "same"}">'
        f'<th scope="row" translate="no">{escape(name)}</th>'
        f"{_bar(old, name)}{_bar(new, name)}<td>{differs}</td></tr>"
    )


def _bar(program: Lesson, name: str) -> str:
    """A section's length: its lines that hold something."""
    lines = program.source.splitlines()
    held = [n for n in program.sections.get(name, ()) if lines[n - 1].strip()]
    if not held:
        return '<td class="bar"></td>'
    height = max(3, round(_LINE * len(held)))
    return f'<td class="bar"><i style="height:{height}px"></i>{len(held)}</td>'


def counted(step: int, kind: str) -> int:
    """How many parts a step adds, changes or drops; `same`: how many it keeps."""
    table = _changes(step)
    if kind != "same":
        return len(table.get(kind, {}))
    changed = {*table.get("adds", {}), *table.get("changes", {})}
    return sum(part not in changed for part in units(lesson(step)))


def _stations(program: Lesson) -> list[str]:
    """The lines of code that a token goes through, with the shapes they say."""
    calls = _calls(program)
    lines = program.source.splitlines()
    innermost = _function(program, calls[-1])
    made = [_station("token_id", "")]
    for node in innermost.body[1:]:
        text = lines[node.lineno - 1].strip()
        code, _, comment = text.partition("  # ")
        shape = re.match(r"\([^()]*\)", comment)
        made.append(_station(code.removeprefix("return "), shape[0] if shape else ""))
    for outer in reversed(calls[:-1]):
        made.append(_station(f"{outer}(…)", ""))
    made.append(_station("probs", "(vocab_size,)"))
    return made


def _station(code: str, shape: str) -> str:
    said = f" <small>{escape(shape)}</small>" if shape else ""
    return f'<li><code translate="no">{escape(code, quote=False)}</code>{said}</li>'


def _calls(program: Lesson) -> list[str]:
    """The functions that make `probs` in the program's `forward`, outermost first."""
    for node in ast.walk(_function(program, "forward")):
        if (
            isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "probs"
        ):
            found, call = [], node.value
            while isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                found.append(call.func.id)
                call = call.args[0]
            return found
    raise invalid("program", program.path.name, "its forward makes no probs")


def _function(program: Lesson, name: str) -> ast.FunctionDef:
    for section in program.sections:
        for node in program.nodes(section):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
    raise invalid("function", name)
