"""What whoever tries a figure comes upon: its menu, its arrows, its ends, its times."""

import re
from typing import Any

import pytest
from support.guide.figure import MOMENT, Opener
from support.guide.visitor import FRAMES, wait_until

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


def test_the_stepper_stands_where_the_figure_says_it_stands(figure: Opener) -> None:
    six = "ava\nbob\nada\nabba\nbaobab\ncleo"
    for name, state, place, said in (
        ("count-table", {"docs": six}, "6 / 6", "Names counted: 6."),
        ("count-table", {"at": 32257}, "32,257 / 32,257", "Names counted: 32,257."),
        ("tokenizer", {"at": 0}, "1 / 6", "Token 1 of 6: BOS"),
        ("loss-walk", {"at": 0}, "1 / 5", "After BOS came e"),
        ("train-live", {"at": 1000, "rate": 30}, "4 / 1,000", "After step 4 the loss"),
    ):
        props = {"step": 1} if name == "train-live" else None
        visit = figure(name, props=props, **state)
        assert visit.page.inner_text(".scrub b") == place
        assert visit.sentence.startswith(said), visit.sentence


def test_the_largest_counts_of_all_names_stand_in_their_cells(figure: Opener) -> None:
    visit = figure("count-table", at=32257)
    texts = visit.page.locator(".frame text.value").all_text_contents()
    written = [number for row in visit.table for number in row[1:] if number]
    assert max(written) > 1000
    assert "".join(texts) == "".join(map(str, written))


def test_a_slope_is_the_difference_that_stands_beside_it(figure: Opener) -> None:
    visit = figure("secant", eps=1e-12, zoom=1)
    for eps in (1e-12, 1e-13, 1e-14):
        visit.turn(eps=eps, zoom=1)
        text = visit.page.inner_text(".frame-picture").replace("−", "-")
        found = re.search(r"\(([\d.]+) - ([\d.]+)\) / (\S+) = (\S+)", text)
        assert found
        moved, stood, by, slope = map(float, found.groups())
        assert (moved - stood) / by == pytest.approx(slope, abs=1e-8)


def test_a_list_goes_along_with_the_step(figure: Opener) -> None:
    visit = figure("loss-walk", word="alexander", at=8)
    row, room = (
        visit.page.locator(each).bounding_box()
        for each in (".pair.now", ".scroll-pairs")
    )
    assert row and room
    assert room["y"] <= row["y"]
    assert row["y"] + row["height"] <= room["y"] + room["height"] + 1


def test_full_screen_makes_the_picture_and_its_words_larger(figure: Opener) -> None:
    visit = figure("secant", width=1440)
    page = visit.page
    parts = [page.locator(each) for each in (".frame-picture", ".frame-head b")]
    before = [part.bounding_box() for part in parts]
    page.click(".frame-tools summary")
    page.get_by_role("button", name="Full screen").click()
    wait_until(page, "document.fullscreenElement !== null", 10)
    page.evaluate(FRAMES)
    after = [part.bounding_box() for part in parts]
    assert page.evaluate("document.activeElement.className") == "frame"
    page.evaluate("document.exitFullscreen()")
    wait_until(page, "document.fullscreenElement === null", 10)
    for small, large in zip(before, after, strict=True):
        assert small and large and large["width"] > 1.2 * small["width"]


HEADS = """[...document.querySelectorAll("th")].flatMap((head) => {
  const walk = document.createTreeWalker(head, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const text = walk.currentNode;
    for (const word of text.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]);
    }
  }
  return found;
})"""


def test_no_word_in_the_head_of_a_table_is_cut_in_two(visit: Any) -> None:
    there = visit()
    for path in ("/", "/about/", "/step/1/4/"):
        there.go(path)
        for width in (1440, 390):
            there.resize(width)
            assert there.page.evaluate(HEADS) == [], (path, width)


def test_held_out_losses_wait_for_the_end_of_a_drag(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 1}, at=1000)
    page, before = visit.page, visit.column(1)
    box = page.locator(".knobs input[type=range]").first.bounding_box()
    assert box and "names that it never saw" in visit.sentence
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, middle, steps=3)
    visit.settle()
    dragged = visit.column(1)
    assert dragged != before and "names that it never saw" not in visit.sentence
    page.mouse.up()
    visit.settle()
    assert visit.column(1) == dragged and "names that it never saw" in visit.sentence
