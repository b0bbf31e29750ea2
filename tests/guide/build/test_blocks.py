"""The blocks of a page: what each of them writes."""

import html
import json
import math
import re
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import GOOD, WORDS, rendered

from glassgpt.formatting import format_number
from glassgpt.guide.code import steps
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.facts import counting, names, trainings, writing
from glassgpt.guide.facts.results import programs
from glassgpt.lessons import changes, lesson


def test_code_is_the_file_s_own(tmp_path: Path) -> None:
    page = rendered('```slice step0 "model: bigram"\n```', tmp_path)
    plain = html.unescape(re.sub(r"<[^>]+>", "", page.html))
    (one,) = page.slices
    assert "def bigram(token_id):" in one.text
    for line in one.text.splitlines():
        assert line in plain
    assert f'data-n="{one.lines.start}"' in page.html


def test_a_fragment_and_its_meaning_have_one_number(tmp_path: Path) -> None:
    text = '```reading step0 "update: update"\n+= 1 => *One* more.\n```'
    made = rendered(text, tmp_path).html
    assert '<li data-f="1" tabindex="0">' in made
    assert "<em>One</em> more." in made
    marked = re.findall(r'<span class="frag" data-f="1">(.*?)</span>', made)
    assert "".join(marked) == "+= 1"


def test_a_question_may_ask_how_many_different_characters(tmp_path: Path) -> None:
    one = (
        "```question\nask = 'How many of {word}?'\neach = 'distinct'\n"
        "answer = '{= 2 * key }'\nworking = 'Twice {= key }.'\n```\n"
    )
    made = rendered(one + "\n" + one, tmp_path).html
    (answers, again) = re.findall(r'data-answers="([^"]+)"', made)
    found = json.loads(html.unescape(answers))
    assert answers == again and [found[str(n)][0] for n in (1, 3, 26)] == [
        "2", "6", "52",
    ]  # fmt: skip
    ids = re.findall(r' id="([^"]+)"', made)
    assert ids == ["question", "answer", "question-2", "answer-2"]


def test_a_question_is_answered_for_every_letter(tmp_path: Path) -> None:
    text = (
        "```question\nask = 'After **{key}** of {word}?'\neach = 'first'\n"
        "answer = \"{= ' / '.join(followers(key)) }\"\n"
        "working = '{key}: {= most(key) }'\n```"
    )
    made = rendered(text, tmp_path).html
    found = re.search(r'data-answers="([^"]+)"', made)
    assert found
    answers = json.loads(html.unescape(found[1]))
    assert len(answers) == 26
    assert answers["q"][0] == "u" and answers["s"][0] == "a / h"
    assert str(counting.most("q")) in answers["q"][1]


def test_a_note_stands_before_the_paragraph_that_it_is_beside(tmp_path: Path) -> None:
    note = "```note\nAside.\n```\n\n"
    for text in (
        f"One.\n\n{note}Two.\n",
        f"One.\n\nTwo.\n\n{note}## Three\n",
        f"One.\n\nTwo.\n\n{note}",
    ):
        made = rendered(text, tmp_path).html
        assert re.search(r"Aside\.</p></aside>\s*<p>Two\.", made), text


def asked(more: str = "") -> str:
    return (
        "```question\nask = 'How long is {word}?'\neach = 'length'\n"
        f"answer = '{{key}}'\nworking = 'It has {{key}}.'\n{more}```\n"
    )


def test_a_question_may_have_a_hint_of_its_own(tmp_path: Path) -> None:
    made = rendered(asked("hint = 'Count *every* letter of {word}.'\n"), tmp_path).html
    hint = "Count <em>every</em> letter of "
    assert f'<p class="hint-said" hidden>{hint}<b class="word"' in made
    usual = rendered(asked(), tmp_path).html
    assert f'<p class="hint-said" hidden>{WORDS["hint"]}</p>' in usual


def test_a_question_is_called_by_its_place(tmp_path: Path) -> None:
    for text, label in (
        (asked(), "question"),
        (asked() + GOOD, "before_you_look"),
        (GOOD + asked(), "question"),
        (asked("predict = true\n") + GOOD, "predict"),
    ):
        assert f">{WORDS[label]}</h2>" in rendered(text, tmp_path).html


def test_a_question_refuses_a_field_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="field of a question: hnit"):
        rendered(asked("hnit = 'Count.'\n"), tmp_path)


def test_a_prop_may_be_what_the_package_answers(tmp_path: Path) -> None:
    text = GOOD.replace("step = 0", 'step = "{= num_steps(5) }"')
    page = rendered(text, tmp_path)
    assert page.figures["b"]["props"] == {"step": 1000}


def test_the_ladder_names_what_runs_before_its_settings() -> None:
    assert steps.new_names(0) == ["bigram", "forward", "update", "smoothing"]
    assert steps.new_names(1)[-1] == "learning_rate"


def test_the_ladder_has_six_steps_and_says_which_are_to_come(tmp_path: Path) -> None:
    made = rendered("```ladder\n```", tmp_path).html
    assert made.count('<th scope="row">') == 6
    assert re.findall(r'href="([^"]+)"', made) == [f"/step/{n}/" for n in range(6)]
    assert made.count(f"<small>{WORDS['coming']}</small>") == 6
    for step in range(6):
        assert format_number(trainings.heldout(step), 3) in made


def test_the_difference_gives_every_reason(tmp_path: Path) -> None:
    made = html.unescape(rendered("```difference 1\n```", tmp_path).html)
    for kind in ("adds", "changes", "drops"):
        for why in changes()[1][kind].values():
            assert why in made


def test_a_comparison_is_the_programs_own(tmp_path: Path) -> None:
    text = "```comparison 5\nrate => {= dec(setting(step, 'learning_rate'), 2) }\n```"
    made = rendered(text, tmp_path).html
    assert '<th scope="col"></th>' not in made
    rows = dict(cells(row) for row in made.split("<tbody>")[1].split("<tr>")[1:])
    assert len(rows) == 14 and all(len(row) == 6 for row in rows.values())
    steps_ = range(6)
    sources = [lesson(step).source for step in steps_]
    lines = [str(len(one.splitlines())) for one in sources]
    assert rows[WORDS["compare_lines"]] == lines
    defined = [re.findall(r"^def (\w+)\(.*\):", one, re.M) for one in sources]
    models = ["bigram", "mlp", "mlp", "gpt", "gpt", "gpt"]
    assert rows[WORDS["compare_function"]] == models
    assert all(model in one for model, one in zip(models, defined, strict=True))
    for name, fact, digits in (
        ("params", trainings.params, 0),
        ("first", trainings.first_loss, 3),
        ("heldout", trainings.heldout, 3),
        ("perplexity", lambda step: math.exp(trainings.heldout(step)), 1),
        ("known", lambda step: writing.known_share(step, 1.0), 1),
        ("seconds", programs.seconds, 1),
    ):
        expected = [format_number(fact(step), digits) for step in steps_]
        assert rows[WORDS[f"compare_{name}"]] == expected, name
    none = WORDS["compare_none"]
    assert rows[WORDS["compare_attention"]] == [none, none, none, "1", "4", "4"]
    assert rows[WORDS["compare_layers"]] == [none, none, none, "1", "1", "1"]
    optimizers = [none, "SGD", "SGD", "SGD", "SGD", "Adam"]
    assert rows[WORDS["compare_optimizer"]] == optimizers
    assert rows["rate"] == ["0.01", "1.00", "1.00", "0.10", "0.10", "0.01"]


def cells(row: str) -> tuple[str, list[str]]:
    """A row's name and what stands in it."""
    name, *rest = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
    return name, [re.sub(r"<[^>]+>", "", one) for one in rest]


@pytest.mark.parametrize("rest", ["", "6", "a", "-1"])
def test_a_comparison_is_of_steps_that_there_are(rest: str, tmp_path: Path) -> None:
    with pytest.raises(PageError, match="invalid steps of a block"):
        rendered(f"```comparison {rest}\n```", tmp_path)


def test_a_row_of_a_comparison_is_a_call(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="invalid row of a comparison: rate => 3"):
        rendered("```comparison 1\nrate => 3\n```", tmp_path)


def test_names_side_by_side_are_those_that_the_steps_write(tmp_path: Path) -> None:
    made = rendered("```names-beside 0 3\ncount = 12\n```", tmp_path).html
    shown = re.findall(r'<em translate="no">(\w+)</em>( <small>)?', made)
    expected = writing.names_beside([0, 3], 12, 1.0)
    known = set(names.corpus().documents)
    assert [name for name, _ in shown] == [one for row in expected for one in row]
    assert [bool(mark) for _, mark in shown] == [name in known for name, _ in shown]
    assert any(mark for _, mark in shown)
    with pytest.raises(PageError, match="invalid names-beside: counts"):
        rendered("```names-beside 0 3\ncounts = 12\n```", tmp_path)
