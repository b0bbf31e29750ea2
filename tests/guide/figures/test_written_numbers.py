"""What figures count, write and draw against the lessons' own code."""

import math
import random
from pathlib import Path

import pytest
from support.guide.figure import Opener, Window
from support.guide.lessons import NEAR, lesson

from glassgpt import data


def test_the_table_holds_the_lessons_counts(figure: Opener) -> None:
    visit = figure("count-table", at=150, row="a")
    counts = lesson(0, 150).engine.weights()["counts"]
    found = [number for row in visit.table for number in row[1:]]
    assert found == list(counts.values)


@pytest.mark.parametrize("step", [0, 1, 5])
def test_a_words_losses_are_the_lessons(step: int, figure: Opener) -> None:
    props = {"step": step, "documents": 10}
    visit = figure("loss-walk", props=props, word="anna", at=1)
    begun = lesson(step, 10)
    expected = begun.engine.token_losses(begun.tokenizer.encode("anna"))
    assert visit.column(3) == pytest.approx(expected, **NEAR)
    assert visit.column(2) == pytest.approx([math.exp(-x) for x in expected], **NEAR)


def test_names_and_their_probabilities_are_the_lessons(figure: Opener) -> None:
    begun = lesson(5, 20)
    for draw in range(3):
        visit = figure("generate", trained=20, draw=draw, temperature=0.5)
        name = begun.sample(0.5)
        chosen = visit.column(2)
        assert "".join(each for each in chosen if each != "BOS") == name
    first = begun.engine.decoder().step(begun.tokenizer.bos, 0.5)
    assert visit.table[0][3:] == pytest.approx(first, **NEAR)


def test_many_draws_follow_the_bars(figure: Opener) -> None:
    visit = figure("generate", trained=200, many=1, temperature=1)
    ticks = visit.page.eval_on_selector_all(
        ".mark", "(all) => all.map((each) => each.y1.baseVal.value)"
    )
    bars = visit.page.eval_on_selector_all(
        ".bar", "(all) => all.map((each) => each.y.baseVal.value)"
    )
    heights = visit.page.eval_on_selector_all(
        ".bar", "(all) => all.map((each) => each.height.baseVal.value)"
    )
    probs = visit.table[0][3:]
    scale = max(heights) / max(probs)
    floor = bars[0] + heights[0]
    counts = [(floor - tick) / scale * 10_000 for tick in ticks]
    chi = sum(
        (count - 10_000 * p) ** 2 / (10_000 * p)
        for count, p in zip(counts, probs, strict=True)
    )
    assert sum(counts) == pytest.approx(10_000, abs=1)
    # 45.6 is exceeded once in a hundred times with 26 degrees of freedom
    assert chi < 45.6


def test_names_at_a_temperature_are_the_lessons(figure: Opener) -> None:
    visit = figure("names-temperature", trained=30, temperature=0.8)
    begun = lesson(1, 30)
    assert visit.column(0) == [begun.sample(0.8) for _ in range(20)]


def test_what_comes_next_is_the_lessons(figure: Opener) -> None:
    visit = figure("token-temperature", trained=30, temperature=0.7, token="q")
    begun = lesson(1, 30)
    token = begun.tokenizer.encode("q")[1]
    expected = begun.engine.decoder().step(token, 0.7)
    assert visit.column(2) == pytest.approx(expected, **NEAR)


def test_documents_are_the_package_s(figure: Opener) -> None:
    documents = data.load("names").documents
    visit = figure("dataset-browser", query="ann", page=1)
    found = [(i + 1, text) for i, text in enumerate(documents) if "ann" in text]
    assert [tuple(row) for row in visit.table] == found[40:80]
    shuffled = list(documents)
    random.Random(5).shuffle(shuffled)
    visit = figure("dataset-browser", shuffled=1, seed=5)
    assert visit.column(1) == shuffled[:40]
    lengths = figure("length-histogram").column(1)
    assert lengths == [
        sum(len(text) == n for text in documents) for n in range(1, len(lengths) + 1)
    ]


def test_own_documents_travel_in_a_link(figure: Opener) -> None:
    visit = figure("length-histogram", docs="ab\nabc\n\nxy z\n")
    assert visit.column(1) == [0, 1, 1, 1]
    visit = figure("count-table", docs="ab\nab\nba\n", at=3, row="a")
    assert visit.table == [["a", 0, 2, 1], ["b", 1, 0, 2], ["BOS", 2, 1, 0]]


def test_the_public_names_give_the_worked_figures(
    figure: Opener, window: Window, karpathy_names: Path
) -> None:
    visit = figure("dataset-browser")
    visit.page.set_input_files("input[type=file]", karpathy_names)
    visit.page.wait_for_selector(".frame-sentence:has-text('32,033')")
    address = visit.page.url.replace("dataset-browser", "loss-walk")
    visit = window.open("loss-walk", address.split("#")[0] + "#word=ava")
    assert [f"{p:.3f}" for p in visit.column(2)] == ["0.145", "0.023", "0.250", "0.179"]
    assert [f"{x:.2f}" for x in visit.column(3)] == ["1.93", "3.76", "1.39", "1.72"]
    assert "2.20" in visit.page.inner_text(".mean")


def test_twenty_names_are_copied_as_a_line_that_writes_them_again(
    figure: Opener,
) -> None:
    visit = figure("names-temperature", props={"step": 5}, temperature=0.7, seed=3)
    names = visit.column(0)
    visit.page.evaluate("navigator.clipboard.writeText('')")
    visit.page.get_by_role("button", name="Copy the names").click()
    visit.page.wait_for_selector("text=Names copied.")
    line = str(visit.page.evaluate("navigator.clipboard.readText()"))
    text, _, link = line.rpartition(". ")
    known = set(data.load("names").documents)
    new = sum(name not in known for name in names)
    assert text == f"20 names by a small model, {new} of them new: {', '.join(names)}"
    assert "names-temperature.seed=3" in link and "temperature=0.7" in link
