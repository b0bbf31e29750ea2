"""What whoever tries a figure comes upon: its menu, its arrows, its ends, its times."""

import re
from typing import Any

import pytest
from support.guide.figure import MOMENT, Opener
from support.guide.visitor import wait_until

HAS_FOCUS = "document.activeElement.closest('.frame') !== null"


def test_a_run_that_breaks_tells_its_time_and_leads_to_one_that_lasts(
    visit: Any,
) -> None:
    there = visit()
    page = there.page
    there.go("/#train.run=1&train.rate=1")
    there.scroll_through()
    said = page.locator("gg-train-home .frame-sentence")
    assert "no longer a number" in said.inner_text()
    spent = page.locator(".quartet dd").last.inner_text()
    assert re.fullmatch(r"under 1 ms|[\d,]+ ms", spent)
    page.get_by_role("button", name=re.compile(r"^Try .* instead$")).click()
    page.evaluate(MOMENT)
    there.scroll_through()
    assert "no longer a number" not in said.inner_text()
    wait_until(page, HAS_FOCUS, 10)  # the button that was pressed is gone


def test_an_untrained_home_gives_a_table_of_what_it_shows(figure: Opener) -> None:
    visit = figure("train-home", embedded=True)
    assert len(visit.table) == 5
    labels, losses = visit.column(0), visit.column(1)
    assert labels[0] == "uniform" and losses == sorted(losses, reverse=True)
    with visit.page.expect_download() as saved:
        visit.page.click(".frame-tools summary")
        visit.page.get_by_role("button", name="Save numbers as CSV").click()
    assert len(saved.value.path().read_text("utf-8").splitlines()) == 6


def test_a_menu_closes_by_escape_and_by_a_press_outside(figure: Opener) -> None:
    visit = figure("softmax-edit")
    page, menu = visit.page, visit.page.locator(".frame-tools")
    for close in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.locator(".frame-sentence").click(),
        lambda: page.get_by_role("button", name="Show as a table").click(),
    ):
        page.click(".frame-tools summary")
        wait_until(page, "document.querySelector('.frame-tools').open", 10)
        close()
        page.evaluate(MOMENT)
        assert menu.get_attribute("open") is None


@pytest.mark.parametrize(
    ("name", "smallest", "largest"),
    [
        ("chain", "chain.size=6", "chain.size=0"),
        ("secant", "secant.eps=1e-14", "secant.eps=2"),
    ],
)
def test_a_nudge_is_smallest_at_the_left(
    name: str, smallest: str, largest: str, figure: Opener
) -> None:
    visit = figure(name)
    slider = visit.page.locator("label.slider", has_text=re.compile("^nudge")).first
    for key, state in (("Home", smallest), ("End", largest)):
        slider.locator("input").press(key)
        visit.wait_for_address(state)


def test_an_arrow_is_pulled_by_its_end_and_no_text_is_chosen(figure: Opener) -> None:
    visit = figure("dot-arrows")
    page, before = visit.page, visit.table
    box = page.locator("svg [role=slider], svg .tip, svg circle").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 40, steps=4)
    page.mouse.up()
    visit.settle()
    assert visit.table != before
    assert page.evaluate("getSelection().toString()") == ""


def test_a_figure_that_has_to_compute_first_shows_its_picture_meanwhile(
    visit: Any,
) -> None:
    there = visit()
    page = there.page
    page.route("**/*.wasm", lambda route: None)  # it never comes
    there.go("/#train.run=1")
    picture = (
        "getComputedStyle(document.querySelector('gg-train-home')).backgroundImage"
    )
    wait_until(page, f"{picture}.startsWith('url(')")
    page.unroute("**/*.wasm")
    there.go("/step/0/3/")
    there.go("/#train.run=1")
    there.scroll_through()
    wait_until(page, f"{picture} === 'none'")
    assert page.locator(".names li").count() == 20
