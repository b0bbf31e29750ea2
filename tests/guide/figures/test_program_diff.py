"""Step 2 beside Step 1, section by section: counted again in the programs' own text."""

import re

from support.guide.figure import Opener

from glassgpt.guide.facts import graphs, sections
from glassgpt.lessons import changes, lesson

LAYERS = "lines for the gradient, hidden layers: "
# what a hidden layer and its relu need in Step 1, line by line
OF_A_LAYER = """\
        h = [max(0.0, hj) for hj in linear(x, fc1)]
        # through relu, which lets nothing past where it gave 0, and mlp_fc1
        dx = [0.0] * n_embd
        for j in range(n_hidden):
            if h[j] > 0:
                for k in range(n_embd):
                    dfc1[j][k] += dh[j] * x[k]
                    dx[k] += dh[j] * fc1[j][k]"""


def lines_by_section(step: int) -> dict[str, int]:
    """The lines of each section, blank ones aside, its marker counted."""
    parts = re.split(r"^# --- (.+) ---$", lesson(step).source, flags=re.MULTILINE)
    return {
        name: 1 + sum(bool(line.strip()) for line in text.splitlines())
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def lines_of(step: int, begins: str) -> int:
    """The lines of a function or class that stands alone, blank ones aside."""
    _, begun, rest = lesson(step).source.partition(f"\n{begins}")
    body = re.split(r"\n(?=\S)", begun.lstrip("\n") + rest)[0]
    return sum(bool(line.strip()) for line in body.splitlines())


def test_a_layer_by_hand_is_the_lines_that_step_1_spends_on_its_own() -> None:
    source = lesson(1).source
    by_hand = source[source.index("def analytic_gradient") :]
    lines = by_hand.splitlines()
    assert all(lines.count(line) == 1 for line in OF_A_LAYER.splitlines())
    assert sections.layer_lines() == len(OF_A_LAYER.splitlines()) == 8
    whole = lines_of(1, "def analytic_gradient")
    assert sections.hand_lines_by_layers(3) == [whole, whole + 8, whole + 16]


def test_each_section_of_two_programs_is_as_long_as_in_their_files(
    figure: Opener,
) -> None:
    old, new = lines_by_section(1), lines_by_section(2)
    props = {
        "sections": sections.program_sections(2),
        "hand": sections.hand_lines_by_layers(10),
        "kept": graphs.class_lines(),
    }
    visit = figure("program-diff", props=props)
    table = visit.page.evaluate("document.querySelector('gg-program-diff').table")
    rows = {row[0]: row[1:] for row in table["rows"]}
    named = {*old, *new}
    assert set(rows) - named == {f"{LAYERS}{n}" for n in range(1, 11)}
    for name in named:
        assert rows[name][:2] == [old.get(name, 0), new.get(name, 0)], name
    marks = {name: rows[name][2] for name in named}
    assert {n for n in named if marks[n] == "gone"} == {"gradient", "gradient check"}
    assert {n for n in named if marks[n] == "new"} == {"autograd"}
    assert {n for n in named if marks[n] == "same"} == {"data", "tokenizer"}
    kept = lines_of(2, "class Value")
    assert rows[f"{LAYERS}10"][:2] == [
        lines_of(1, "def analytic_gradient") + 9 * 8,
        kept,
    ]

    reasons = changes()[2]
    for name in ("autograd", "gradient check", "model"):
        visit.turn(section=name)
        said = visit.page.inner_text(".parts")
        for kind in ("adds", "changes", "drops"):
            for part, why in reasons[kind].items():
                section, _, unit = part.partition(": ")
                assert (section != name) or (unit in said and why in said), part
    visit.turn(layers=10)
    assert "By hand their gradients take about 104 lines" in visit.sentence
    assert f"the class has {kept}," in visit.sentence

    picture = visit.page.locator("svg.picture")
    picture.focus()
    for key in ("ArrowDown", "Enter"):
        picture.press(key)
    visit.wait_for_address("section=update")
    assert visit.page.inner_text(".parts b") == "update"
