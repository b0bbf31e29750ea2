"""The sandbox that writes: its draws, its names, its cache, the reader's own data."""

import csv
import math
import random
from pathlib import Path
from typing import Any

import pytest
from support.guide.chance import p_value, survival
from support.guide.figure import MOMENT, Opener, turn
from support.guide.transfer import train_at_home
from support.guide.visitor import drop_names, wait_until

DRAWS = 10_000
# what the worker answers, as the page hears it
LISTEN = """
window.tallies = [];
window.written = [];
const add = Worker.prototype.addEventListener;
Worker.prototype.addEventListener = function (kind, heard, ...more) {
  add.call(this, kind, (event) => {
    const result = event.data?.result;
    if (result instanceof Float64Array) window.tallies.push([...result]);
    if (result?.multiplications) window.written.push(result);
    heard(event);
  }, ...more);
};
"""


def test_the_critical_value_is_the_known_one() -> None:
    # of the tables: 45.642 at 26 degrees, 6.635 at 1, 18.475 at 7
    for x, freedom in ((45.642, 26), (6.635, 1), (18.475, 7)):
        assert survival(x, freedom) == pytest.approx(0.01, rel=1e-3)


@pytest.fixture(scope="module")
def drawing(browser: Any, guide_address: str) -> Any:
    """The sandbox with a trained model, and what the worker counted."""
    page = browser.new_page()
    page.add_init_script(LISTEN)
    page.goto(f"{guide_address}/sandbox/generate/")
    page.wait_for_selector("gg-generate[data-state=ready]")
    yield page
    page.close()


def counted(page: Any, seed: int, temperature: float) -> tuple[list[int], list[float]]:
    """How often each token was drawn, and the bars."""
    name = page.get_attribute("figure:has(gg-generate)", "id")
    state = f"{name}.many=1&{name}.seed={seed}&{name}.temperature={temperature}"
    page.evaluate("window.tallies.length = 0")
    turn(page, f"#{state}")
    wait_until(page, "window.tallies.length")
    page.wait_for_selector("gg-generate[data-state=ready]")
    (tally,) = page.evaluate("window.tallies")[-1:]
    bars = page.evaluate("document.querySelector('gg-generate').table.rows[0].slice(3)")
    return list(map(int, tally)), bars


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", [1, 42, 2**31])
def test_ten_thousand_draws_follow_the_bars(
    seed: int, temperature: float, drawing: Any
) -> None:
    tally, bars = counted(drawing, seed, temperature)
    assert sum(tally) == DRAWS and math.fsum(bars) == pytest.approx(1)
    assert p_value(tally, bars) > 0.01
    # and they are those that Python's generator draws with that seed
    expected = random.Random(seed).choices(range(len(bars)), weights=bars, k=DRAWS)
    assert tally == [expected.count(token) for token in range(len(bars))]


def test_draws_from_other_bars_would_be_found(drawing: Any) -> None:
    tally, _ = counted(drawing, 42, 1.0)
    _, warmer = counted(drawing, 42, 1.1)
    assert p_value(tally, warmer) < 0.01


def test_keys_and_values_are_kept_while_a_name_is_written(drawing: Any) -> None:
    turn(drawing, "#generate.at=0")
    drawing.wait_for_selector("gg-generate[data-state=ready]")
    found = drawing.evaluate(
        "(({ multiplications: { cached, again }, largestDifference, steps }) =>"
        " [cached, again, largestDifference, steps.length])(window.written.at(-1))"
    )
    cached, again, difference, tokens = found
    # anew, each token costs as much as all before it together
    assert tokens > 2 and 0 < cached < again / 2
    assert difference <= 1e-12


def test_the_public_names_dropped_on_the_page(
    visit: Any, karpathy_names: Path, vectors: dict[str, Any], tmp_path: Path
) -> None:
    there = visit()
    page = there.page
    drop_names(there, karpathy_names.read_text("utf-8"), "32,033")

    there.go("/step/0/5/#word=ava")
    there.scroll_through()
    rows = page.evaluate("document.querySelector('gg-loss-walk').table.rows")
    assert [f"{row[2]:.3f}" for row in rows] == ["0.145", "0.023", "0.250", "0.179"]
    assert [f"{row[3]:.2f}" for row in rows] == ["1.93", "3.76", "1.39", "1.72"]
    assert f"{math.fsum(row[3] for row in rows) / len(rows):.2f}" == "2.20"
    assert "2.20" in page.inner_text("gg-loss-walk")

    measured = vectors["steps"]["5"]
    there.go("/")
    train_at_home(there)
    names = page.locator("gg-train-home .names li").all_text_contents()
    assert names == measured["samples"]
    page.click("gg-train-home .frame-tools summary")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save numbers").click()
    saved.value.save_as(tmp_path / "losses.csv")
    with (tmp_path / "losses.csv").open(encoding="utf-8", newline="") as file:
        losses = [float(row[1]) for row in list(csv.reader(file))[1:]]
    assert losses == pytest.approx(measured["losses"], abs=5.1e-7)

    there.go("/sandbox/generate/")
    there.scroll_through()
    written = []
    for _ in range(20):
        chosen = page.evaluate(
            "document.querySelector('gg-generate').table.rows.map((row) => row[2])"
        )
        written.append("".join(each for each in chosen if each != "BOS"))
        page.get_by_role("button", name="Another name").click()
        page.evaluate(MOMENT)
        page.wait_for_selector("gg-generate[data-state=ready]")
    assert written == measured["samples"]


@pytest.mark.parametrize("word", ["emma", "x", "maximilianalexander", "q-9 Ωtto"])
def test_every_gradient_of_any_word_is_plotted(word: str, figure: Opener) -> None:
    from support.guide.lessons import NEAR, gradients, lesson

    visit = figure("gradient-scatter", word=word)
    begun = lesson(1)
    letters = "".join(each for each in word if each in begun.tokenizer.characters)
    assert len(visit.table) == 3184
    assert visit.column(1) == pytest.approx(gradients(begun, letters), **NEAR)
    drawn = visit.page.eval_on_selector_all(
        "svg.scatter > path.points",
        "(all) => all.map((each) => each.getAttribute('d').split('M').length - 1)",
    )
    assert sum(drawn) == 3184


def test_the_slope_is_measured_from_a_tenth_to_a_million_millionth(
    figure: Opener,
) -> None:
    from support.guide.lessons import gradients, lesson

    visit = figure("eps-curve", word="ava")
    eps = visit.column(0)
    assert eps[0] == 1e-1 and eps[-1] == 1e-12 and len(eps) == 23
    assert eps == sorted(eps, reverse=True)
    exact = max(gradients(lesson(1), "ava"), key=abs)
    for row in visit.table:
        assert row[3] == pytest.approx(abs(row[1] - exact), abs=1e-13)
        assert row[4] == pytest.approx(abs(row[2] - exact), abs=1e-13)
    forward, central = visit.column(3), visit.column(4)
    assert min(forward) < 1e-6 < min(forward[0], forward[-1])
    assert min(central) < min(forward)
