"""Figures in use: with keys, with a mouse, with what nobody should give them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from support.guide.figure import Opener, Window
from support.guide.visitor import FRAMES, wait_until

RESET = "document.querySelector('.actions button:has(.named)')"
# messages to the worker are counted by what they hold
COUNT = """(() => {
  window.sent = { job: 0, cancel: 0 };
  const send = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message) {
    for (const kind in window.sent) window.sent[kind] += kind in message;
    send.apply(this, arguments);
  };
})()"""


def test_keys_step_through_a_sequence_and_play_rests_unseen(
    private_window: Callable[..., Window],
) -> None:
    visit = private_window().show("generate")
    page = visit.page
    page.focus(".stepper button:nth-of-type(2)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    visit.wait_for_address("generate.at=2")
    page.keyboard.press("ArrowLeft")
    visit.wait_for_address("generate.at=1")
    page.evaluate("document.querySelector('main').style.paddingTop = '3000px'")
    page.evaluate(FRAMES)
    # a clock that is put forward: what plays would have played on
    page.clock.install()
    page.evaluate("document.querySelector('[aria-label=Play]').click()")
    page.clock.run_for(5000)
    assert "generate.at=1" in page.url
    page.evaluate("document.querySelector('main').style.paddingTop = '0'")
    page.evaluate(FRAMES)
    page.clock.run_for(5000)
    assert "generate.at=1" not in page.url


@pytest.mark.parametrize(
    ("name", "picture", "state", "picked"),
    [
        ("bigram-row", "svg.bars", {"token": "q"}, "bigram-row.next=c"),
        ("mlp-layers", "svg.signed-bars >> nth=0", {}, "mlp-layers.unit=2"),
        ("weight-maps", "svg.signed-map >> nth=0", {}, "weight-maps.index="),
        ("train-live", "svg.curve", {"at": 5}, "train-live.at=3"),
        ("gradient-scatter", "svg.scatter", {}, ""),
    ],
)
def test_a_picture_is_read_and_chosen_from_with_keys(
    name: str, picture: str, state: dict[str, Any], picked: str, figure: Opener
) -> None:
    visit = figure(name, **state)
    page, said = visit.page, []
    page.focus(picture)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        said.append(page.get_attribute(picture, "aria-label"))
    assert len(set(said)) == 3
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute(picture, "aria-label") == said[1]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    if picked:
        visit.wait_for_address(picked)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") != "svg" or picked


def test_the_last_question_wins_and_few_before_it_are_worked_on(
    figure: Opener, private_window: Callable[..., Window]
) -> None:
    visit = private_window().show("train-home", run=1)
    page = visit.page
    page.evaluate(COUNT)
    slider = page.locator(".slider input")
    slider.evaluate(
        "async (input) => { for (let i = 0; i < 100; i++) { input.value = 30 + i % 9;"
        " input.dispatchEvent(new Event('input', { bubbles: true }));"
        " await new Promise((on) => setTimeout(on, 3)) }"
        " input.dispatchEvent(new Event('change', { bubbles: true })) }"
    )
    visit.settle()
    assert 3 <= page.evaluate("window.sent.job") <= 60
    # the last one stands in the address, and gives the same from there
    link, table = visit.copied_link(), visit.table
    rate = re.search(r"train-home\.rate=[^&]+", link)
    assert rate
    visit.wait_for_address(rate[0])
    assert figure("train-home", run=1, rate=rate[0].partition("=")[2]).table == table


def test_a_training_that_is_reset_is_given_up(
    private_window: Callable[..., Window],
) -> None:
    visit = private_window().show("train-home")
    page = visit.page
    page.evaluate(COUNT)
    page.evaluate(
        f"document.querySelector('.fast').click();setTimeout(() => {RESET}.click(), 5)"
    )
    wait_until(page, "window.sent.cancel > 0", 10)
    visit.settle()
    assert page.evaluate("window.sent.cancel") == 1
    assert visit.table == []
    # the next is answered after what was given up, and that is not shown
    page.evaluate("document.querySelector('.fast').click()")
    visit.settle()
    page.evaluate(f"{RESET}.click()")
    visit.settle()
    assert visit.table == []


def test_what_cannot_be_read_is_refused_and_the_names_come_back(
    figure: Opener,
) -> None:
    visit = figure("dataset-browser")
    page, before = visit.page, visit.table
    both = {"name": "own.txt", "mimeType": "text/plain"}
    page.set_input_files(
        "input[type=file]", {**both, "buffer": "ab\n".encode("utf-16")}
    )
    page.wait_for_selector(".said.refused")
    assert "UTF-16" in page.inner_text(".said") and visit.table == before
    page.set_input_files("input[type=file]", {**both, "buffer": b"ab\nabc\n"})
    page.wait_for_selector(".in-use:has-text('2 documents of your own')")
    visit.settle()
    assert visit.column(1) == ["ab", "abc"]
    assert page.locator(".said.refused").count() == 0
    page.get_by_role("button", name="Back to the names").click()
    page.wait_for_selector(".in-use:has-text('built-in names')")
    visit.settle()
    assert visit.table == before


def test_negative_numbers_stand_in_brackets_in_a_sum(figure: Opener) -> None:
    sentence = figure("linear-edit").sentence
    assert "(−2.00) +" in sentence and "+ (−1.00)" in sentence
    assert "+ −" not in sentence


def test_a_matrix_can_be_taken_off_the_scatter(figure: Opener) -> None:
    visit = figure("gradient-scatter")
    points = ".scatter .points"
    drawn = "(all) => all.map((each) => each.getAttribute('d').length)"
    before = visit.page.eval_on_selector_all(points, drawn)
    visit.page.get_by_role("button", name="wte 432").click()
    after = visit.page.eval_on_selector_all(points, drawn)
    assert before[0] and not after[0] and before[1:] == after[1:]
    x, y = visit.page.eval_on_selector(
        ".scatter .level",
        "(line) => ['x', 'y'].map((a) => Math.abs("
        "line[a + '1'].baseVal.value - line[a + '2'].baseVal.value))",
    )
    assert x == pytest.approx(y, rel=0.15)


def test_a_half_typed_number_stays_until_it_is_one(figure: Opener) -> None:
    visit = figure("softmax-edit")
    box = visit.page.locator(".number-box").first
    before = visit.column(0)
    box.fill("-")
    assert box.input_value() == "-" and visit.column(0) == before
    box.fill("-3.5")
    visit.settle()
    assert visit.column(0)[0] == -3.5
