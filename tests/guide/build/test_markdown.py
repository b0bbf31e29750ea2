"""The rules of pages: each has a page that breaks it."""

import re
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import GOOD, HEAD, rendered

from glassgpt.formatting import format_number
from glassgpt.guide import pseudo_locale
from glassgpt.guide.content.pages import PageError, read_page
from glassgpt.guide.facts import trainings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("There are 27 tokens.", "bare number: 27"),
        ("## Heading 27", "bare number: 27"),
        ("| a |\n|---|\n| 3.5 |", "bare number: 3.5"),
        ("$x = 27$", "bare number in maths: 27"),
        ("There are `{fixed 27 | tokens}`.", "call in code: {fixed 27 | tokens}; code"),
        ("It is `a[{= vocab() }]`.", "call in code: {= vocab() }; code is printed"),
        ("{= nothing() }", "expression: nothing()"),
        ("{= params(9) }", "unknown preset: step9"),
        ("{= ().__class__.__base__ | 2 }\n\n12", "bare number: 12"),
        ("See [[0.9]].", "unknown lesson: 0.9"),
        ("```slice step0 nowhere\n```", "unknown part of step 0: nowhere"),
        ("```slice step9 data\n```", "unknown step: 9"),
        ("```reading step0 data\nno such code => x\n```", "fragment: no such code"),
        ("```reading step0 data\npath\n```", "reading: path"),
        ("```figure pie\nid = 'a'\nalt = 'x'\n```", "unknown figure: pie"),
        ("```figure bars\nid = 'a'\n[props]\nstep = 1\n```", "no alt"),
        ("```figure bars\nalt = 'a'\n[props]\nstep = 1\n```", "no id"),
        ("```figure bars\nid = 'a'\nalt = 'x'\n```", "missing prop of bars: step"),
        (GOOD.replace("step = 0", "step = 'a'"), "prop step of bars: a"),
        (GOOD.replace("step = 0", "step = 0\nwidth = 2"), "prop of bars: width"),
        (GOOD.replace("Bars.", "27 bars."), "bare number: 27"),
        (GOOD + GOOD, "figure id: b"),
        ("```question\nask = 'Why?'\nanswer = 'b'\n```", "no working"),
        (
            "```question\nask='Why?'\nanswer='b'\nworking='Because of 12.'\n```",
            "bare number: 12",
        ),
        ("```pie\n```", "unknown block: pie"),
        ("```program 7\n```", "step of a block: 7"),
        ("## Twice\n\n## Twice", "heading: Twice"),
        ("![](/x.png)", "image: /x.png"),
    ],
)
def test_a_page_that_breaks_a_rule_is_refused(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(PageError) as caught:
        rendered(text, tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("step/0/3.md:")


def test_an_error_names_the_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"^step/0/3\.md:7: invalid bare number: 27"):
        rendered("Good.\n\n27 is bare.", tmp_path)


@pytest.mark.parametrize("missing", ["title", "summary"])
def test_a_page_without_a_title_or_summary_is_refused(
    missing: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.md"
    head = re.sub(f"{missing} = .*\n", "", HEAD)
    file.write_text(head + "Text.\n", encoding="utf-8")
    with pytest.raises(PageError, match=rf"missing {missing} in a\.md"):
        read_page(file, tmp_path)


def test_numbers_in_text_come_from_calls(tmp_path: Path) -> None:
    html = rendered("{= vocab() } tokens, {= heldout(0) | 2 } nats.", tmp_path).html
    assert ">27<" in html
    assert f">{format_number(trainings.heldout(0), 2)}<" in html


@pytest.mark.parametrize(
    "text",
    ["Step 0 and Steps 1 to 5", "in 2018", "`x[0]`", "lesson 1.2", "{fixed 16 | a}"],
)
def test_a_number_that_needs_no_call_may_stand(text: str, tmp_path: Path) -> None:
    assert rendered(text, tmp_path).html


def test_no_line_can_begin_with_what_ends_a_formula(tmp_path: Path) -> None:
    html = rendered("With $x$, and $y$ too.", tmp_path).html
    closed = r'<span class="nobr"><span class="math.*?</math></span>,</span> and'
    assert re.search(closed, html)
    assert html.count("nobr") == 1


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("{= -0.5 | 1 }", ">−0.5<"),
        ("{= 1e-9 | 2 }", ">1.0e−09<"),
        ("{= 90 } % of it", "90</span>\u00a0% of"),
        ("{= 2 } × {= 3 }", "2</span>\u00a0×\u00a0<span"),
        ("in Step 3, the next", "in Step\u00a03, the"),
        ("It's one.", "It’s one."),
        ("`n ** 2` there", '<code translate="no" class="short">n ** 2</code>'),
        ("$\\ln x$", '<mi class="name">ln</mi><mspace width="0.17em"></mspace><mi>x'),
        ("$\\frac{{= 1042 }}{2}$", "<mn>1,042</mn>"),
    ],
)
def test_signs_are_those_of_a_book(text: str, set_as: str, tmp_path: Path) -> None:
    assert set_as in rendered(text, tmp_path).html


def test_the_other_language_has_accents_and_is_longer(tmp_path: Path) -> None:
    html = rendered("Plain words, {= vocab() }, and `code`.", tmp_path, "xx").html
    assert "Plain words" not in html
    assert '<code translate="no">code</code>' in html
    assert pseudo_locale.accented("{count} of ten").startswith("{count} ")
    assert len(pseudo_locale.accented("a" * 100)) >= 130


def test_the_facts_are_the_programs_own() -> None:
    assert trainings.params(5) == 4192
    assert trainings.params(1) == 3184
