"""Code as it is set on pages: whole at every width, long listings folded."""

from typing import Any

import pytest
from support.guide.paths import PATHS
from support.guide.visitor import FRAMES

WIDTHS = (390, 1024, 1440)
PARTS = 3  # in which pages are looked at, by different processes
# how far down a lesson's first figure may begin, in px: on the first screen of a desk,
# in the first one and a half of a phone
NEAR = {390: 1266, 1440: 900}
TOP = """document.querySelector("article > .gg-figure > [props]")
  ?.getBoundingClientRect().top"""
CUT = """[...document.querySelectorAll("pre, pre .line")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth)
  .map((one) => one.innerText.slice(0, 60))"""
NUMBERS = """[...document.querySelectorAll(".line[data-n]")]
  .filter((one) => one.checkVisibility() && one.dataset.n.length === 3)
  .map((one) => {
    const before = getComputedStyle(one, "::before");
    const digit = parseFloat(before.fontSize) * 0.6;
    return parseFloat(before.width) - 3 * digit;
  })"""


@pytest.mark.parametrize("part", range(PARTS))
def test_code_is_whole_and_a_lesson_s_first_figure_is_near(
    part: int, visit: Any
) -> None:
    there = visit()
    rooms, far = [], {}
    for path in PATHS[part::PARTS]:
        there.go(path)
        for width, near in NEAR.items():
            there.resize(width)
            top = there.page.evaluate(TOP)
            if path.count("/") == 4 and not (top and top < near):
                far[path, width] = top
        for unfold in there.page.locator(".unfold summary").all():
            unfold.click()
        for width in WIDTHS:
            there.resize(width)
            assert there.page.evaluate(CUT) == [], (path, width)
            rooms += there.page.evaluate(NUMBERS)
    assert len(rooms) > 100 and min(rooms) >= 8
    assert not far


def test_a_broken_line_goes_on_under_its_own_beginning(visit: Any) -> None:
    there = visit(width=390)
    there.go("/step/0/1/")
    lefts = there.page.evaluate("""(() => {
      const lines = [...document.querySelectorAll(".panel .line[data-n]")];
      const broken = lines.find((one) => one.querySelector("span, *") &&
        one.offsetHeight > 1.5 * parseFloat(getComputedStyle(one).lineHeight));
      const range = document.createRange();
      range.selectNodeContents(broken);
      const boxes = [...range.getClientRects()].filter((one) => one.width > 1);
      const tops = [...new Set(boxes.map((one) => Math.round(one.top)))];
      return tops.map((top) => Math.min(...boxes
        .filter((one) => Math.round(one.top) === top).map((one) => one.left)));
    })()""")
    assert len(lefts) > 1
    assert all(left > lefts[0] + 10 for left in lefts[1:])


def test_a_long_listing_shows_the_lines_that_are_explained_and_all_on_demand(
    visit: Any,
) -> None:
    there = visit()
    there.go("/step/1/7/")
    panel = there.page.locator(".panel:has(> .unfold)").first
    shown = "(all) => all.filter((one) => one.checkVisibility()).length"
    lines = panel.locator(".line[data-n]")
    folded = lines.evaluate_all(shown)
    assert panel.locator(".frag").count() > 0
    assert all(one.is_visible() for one in panel.locator(".frag").all())
    assert panel.locator(".gap").first.is_visible()
    panel.locator("summary").focus()
    there.page.keyboard.press("Enter")
    there.page.evaluate(FRAMES)
    assert folded < lines.evaluate_all(shown) == lines.count()
    assert not panel.locator(".gap").first.is_visible()
    assert there.axe() == []
    panel.locator("summary").click()
    there.page.emulate_media(media="print")
    assert lines.evaluate_all(shown) == lines.count()


def test_running_is_the_largest_button_of_a_lesson(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
    run = there.page.get_by_role("button", name="Run this").evaluate(size)
    change = there.page.get_by_role("button", name="Change it").evaluate(size)
    verify = there.page.get_by_role("button", name="Verify this page").evaluate(size)
    assert run == change > verify
