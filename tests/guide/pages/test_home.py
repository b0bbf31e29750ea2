"""The first page: from noise to names, slowly or at once, with its button in sight."""

import re
import tomllib
from typing import Any

import pytest
from support.guide.figure import MOMENT, Opener
from support.guide.lessons import NEAR, lesson
from support.guide.transfer import Scale, train_at_home
from support.guide.visitor import wait_until

from glassgpt.errors import DivergedError
from glassgpt.guide.content.pages import FOLDER

STAGES = (0, 1, 3, 10, 30, 100, 300, 1000)
NAMES = "[...document.querySelectorAll('.names li')].map((one) => one.innerText)"
# what stands over the names, each time that it changes
TITLES = """window.titles = [];
new MutationObserver(() => {
  const title = document.querySelector(".written-title").innerText;
  if (title !== window.titles.at(-1)) window.titles.push(title);
}).observe(document.querySelector(".written-title"),
  { childList: true, characterData: true, subtree: true })"""


def names(page: Any) -> list[str]:
    """The names that the figure shows."""
    return ["" if one == "(empty)" else one for one in page.evaluate(NAMES)]


def written(steps: int) -> list[str]:
    """What the lesson's own code writes after some steps of its training."""
    begun = lesson(5)
    state = begun.rng.getstate()
    begun.train(steps)
    begun.rng.setstate(state)
    return [begun.sample(0.5) for _ in range(20)]


def test_names_of_each_stage_are_the_lessons(figure: Opener) -> None:
    visit = figure("train-home", embedded=True)
    assert names(visit.page) == written(0)
    assert "uniform 3.30" in str(visit.page.text_content("svg.curve"))
    assert visit.page.get_attribute(".curve .smooth", "d") == ""
    for at, stage in ((0, 0), (1, 1), (5, 3), (29, 10)):
        visit.turn(run=1, at=at)
        assert names(visit.page) == written(stage), at
        assert len(visit.table) == at
        title = visit.page.inner_text(".written-title")
        assert title == (f"Names it writes after step {stage}" if stage else
                         "Names it writes before training")  # fmt: skip


def test_a_press_shows_the_training_slowly_and_tells_its_true_time(visit: Any) -> None:
    there = visit()
    page = there.page
    there.go("/")
    page.wait_for_selector("gg-train-home[data-state=ready]")
    before = names(page)
    page.evaluate(TITLES)
    page.get_by_role("button", name="Train 1,000 steps").click()
    page.wait_for_selector("gg-train-home button[aria-label=Pause]")
    wait_until(page, "document.querySelector('.frame-sentence').innerText"
                     ".includes('shown slowly')")  # fmt: skip
    sentence = page.inner_text(".frame-sentence")
    spent = page.inner_text(".quartet div:last-child dd")
    assert spent.endswith(" ms") and f"in {spent}." in sentence
    wait_until(page, "document.querySelector('.scrub b').innerText === '1,000 / 1,000'")
    page.wait_for_selector("gg-train-home button[aria-label=Play]")
    after = names(page)
    assert after != before
    seen = [int(re.sub(r"\D", "", one)) for one in page.evaluate("titles")]
    assert seen == sorted(seen) and len(seen) >= 4
    assert set(seen) <= set(STAGES) and seen[-1] == 1000
    # and back: there is no curve, and the names are those of then
    page.locator(".scrub input").fill("0")
    page.evaluate(MOMENT)
    assert names(page) == before
    assert page.get_attribute(".curve .smooth", "d") == ""
    # at full speed another seed gives other names
    train_at_home(there)
    assert names(page) not in (before, after)
    assert page.inner_text(".scrub b") == "1,000 / 1,000"


def test_nothing_moves_by_itself_where_that_is_not_wanted(visit: Any) -> None:
    there = visit()
    there.page.emulate_media(reduced_motion="reduce")
    there.go("/")
    there.page.get_by_role("button", name="Train 1,000 steps").click()
    there.page.wait_for_selector("gg-train-home[data-state=ready] svg .dot")
    assert there.page.inner_text(".scrub b") == "1,000 / 1,000"
    assert there.page.locator("gg-train-home button[aria-label=Play]").count() == 1


def test_own_documents_begin_as_noise_of_their_own_characters(visit: Any) -> None:
    there = visit()
    there.go("/#docs=%C3%A9a%0A%C3%A9%C3%A9a%0Aa%C3%A9a%0A")
    there.page.wait_for_selector("gg-train-home[data-state=ready] .names li")
    assert set("".join(names(there.page))) <= {"é", "a"}
    assert any(names(there.page))


@pytest.mark.parametrize(("width", "height"), [(1366, 650), (390, 844)])
def test_the_button_is_in_sight_and_the_names_are_too(
    width: int, height: int, visit: Any
) -> None:
    there = visit()
    there.page.set_viewport_size({"width": width, "height": height})
    there.go("/")
    there.page.wait_for_selector("gg-train-home[data-state=ready]")
    for shown in (".primary", ".fast", ".curve", ".names li:last-child"):
        box = there.page.locator(f"gg-train-home {shown}").bounding_box()
        assert box["y"] > 0 and box["y"] + box["height"] <= height, shown


def test_a_lesson_ends_with_what_one_can_do_and_a_card_that_leads_on(
    visit: Any,
) -> None:
    there = visit(width=390)
    there.go("/step/0/3/")
    for answer, mark in (("9", "none"), ("5", '""')):
        there.page.locator(".question input").last.fill(answer)
        there.page.locator(".question button").last.click()
        content = "(one) => getComputedStyle(one, '::before').content"
        assert there.page.locator(".verdict").last.evaluate(content) == mark
    front = (FOLDER / "pages/en/step/0/3.md").read_text("utf-8").split("+++")[1]
    assert there.page.inner_text(".can") == f"You can now {tomllib.loads(front)['can']}"
    onward = there.page.locator(".near [rel=next]")
    assert "0.4 Model" in onward.inner_text()
    assert onward.bounding_box()["width"] > 300
    onward.click()
    assert there.page.inner_text("h1") == "Model"


def test_what_a_press_needs_is_fetched_when_the_pointer_comes(visit: Any) -> None:
    there = visit(private=True)
    scale = Scale(there.page)
    there.go("/")
    there.page.wait_for_selector("gg-train-home[data-state=ready]")
    assert scale.sizes()["training"] == 0
    with there.page.expect_request_finished(lambda one: ".wasm" in one.url):
        there.page.hover("gg-train-home .names")
    assert there.page.inner_text("gg-train-home .scrub b") == "0 / 1,000"


def test_a_rate_that_breaks_says_so_and_leads_to_one_that_lasts(figure: Opener) -> None:
    visit = figure("train-home", embedded=True, run=1, rate=1)
    page, begun = visit.page, lesson(5, learning_rate=1)
    expected = []
    with pytest.raises(DivergedError):
        for step in range(20):
            expected += begun.train(1, start=step)
    assert visit.column(1) == pytest.approx(expected, **NEAR)
    assert f"at step {len(expected) + 1} it was no longer a number" in visit.sentence
    assert page.inner_text(".scrub b") == f"{len(expected)} / {len(expected)}"
    assert page.inner_text(".written-title").endswith("none, it broke before.")
    lasts = re.search(r"([\d.]+) is the first that lasts", visit.sentence)
    assert lasts
    button = page.get_by_role("button", name=f"Try {lasts[1]} instead")
    button.focus()
    page.keyboard.press("Enter")
    visit.settle()
    assert len(visit.table) == 1000
    # the button is gone: the focus goes to what came of it
    wait_until(page, "document.activeElement.className === 'frame-sentence'", 10)
