"""Every figure in every state, on a phone and on a desk: quiet, in its place."""

import json
from typing import Any

import pytest
from support.guide.figure import Opener, figures
from support.guide.visitor import FRAMES

from glassgpt.guide.content import pages as sources

SENTENCE = "document.querySelector('.frame-sentence').innerText"
WIDE = "document.documentElement.scrollWidth"
SMALLEST = """Math.min(...[...document.querySelectorAll(".frame *")]
  .filter((each) => each.childNodes.length)
  .map((each) => parseFloat(getComputedStyle(each).fontSize)))"""
SHIFTED = """[...document.querySelectorAll(".frame *")]
  .some((each) => parseFloat(getComputedStyle(each).textIndent))"""
LOWEST = """Math.min(
  ...[...document.querySelectorAll(".frame :is(button, select, summary)")]
  .filter((each) => each.checkVisibility()).map((each) => each.offsetHeight))"""
NAMELESS = """[...document.querySelectorAll(".frame :is(button, input, select)")]
  .filter((each) => !(each.labels?.length || each.ariaLabel
    || each.innerText?.trim() || each.textContent.trim()))
  .map((each) => each.outerHTML)"""
ORDER = ("transport", "knobs", "actions")
# a figure is never higher than a screen of 900 or of 844, with something beside it
HIGHEST = {390: 784, 1000: 840}
HIGH = "document.querySelector('.frame').offsetHeight"
# on a page a figure that is not wide has the column of text; there is room over it
ON_A_PAGE = """(wide) => {
  const main = document.querySelector("main");
  main.style.width = innerWidth < 640 ? "" : wide ? "992px" : "584px";
  main.style.padding = innerWidth < 640 ? "500px 16px 0" : "";
}"""
ROWS = (
    """[...document.querySelectorAll(".controls-row")].map((row) => row.classList[1])"""
)
# what stands on one foot is a line of controls
LINES = """(() => {
  const parts = document.querySelectorAll(".frame-controls :is(button, input, select)");
  const feet = [...parts]
    .filter((one) => one.checkVisibility() && one.type !== "checkbox")
    .map((one) => one.getBoundingClientRect().bottom).sort((a, b) => a - b);
  return feet.filter((foot, i) => i === 0 || foot - feet[i - 1] > 12).length;
})()"""
MOST_LINES = {390: 4, 1000: 3}
# the words of a control stand on one line, and inside of it
BROKEN = """[...document.querySelectorAll(
  ".frame-controls :is(label > span:first-child, .tick, button, .break-it > span)")]
  .filter((one) => one.checkVisibility() && one.innerText.trim())
  .filter((one) => {
    const words = document.createRange();
    words.selectNodeContents(one);
    const lines = new Set([...words.getClientRects()].filter((each) => each.width > 1)
      .map((each) => Math.round(each.bottom / 12)));
    return one.scrollWidth > one.clientWidth + 1 || lines.size > 2
      || words.getBoundingClientRect().height > 30;
  }).map((one) => one.innerText)"""
HYPHENS = r"""(() => {
  const walker = document.createTreeWalker(
    document.querySelector(".frame"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    const minus = /(^|[^\w])-(?=[\d.(a-z])|\s-\s|\de-\d/;
    if (!parentElement.closest("code, textarea") && minus.test(data))
      found.push(data.trim());
  }
  return found;
})()"""
# with the top of a figure in the middle of a phone its controls are at the foot
FOOT = """(() => {
  scrollTo({ top: 0, behavior: "instant" });
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  return [box(".frame-picture").top, box(".frame-controls").bottom, innerHeight];
})()"""


def off_screen(page: Any, width: int, wide: bool) -> list[object]:
    """What of a figure on a page is too high, out of order, wrapped or out of sight."""
    page.evaluate(ON_A_PAGE, wide)
    page.evaluate(FRAMES)
    high, rows, lines, broken, hyphens = page.evaluate(
        f"[{HIGH}, {ROWS}, {LINES}, {BROKEN}, {HYPHENS}]"
    )
    found: list[object] = [
        f"{high} px high" if high > HIGHEST[width] else "",
        "" if rows == [row for row in ORDER if row in rows] else f"rows {rows}",
        "" if rows[-1:] == ["actions"] else "no actions",
        f"{lines} lines of controls" if lines > MOST_LINES[width] else "",
        *(f"broken label {each!r}" for each in broken),
        *(f"hyphen for minus {each!r}" for each in hyphens),
    ]
    if width == 390:
        top, foot, screen = page.evaluate(FOOT)
        if not (top < screen and foot <= screen + 1):
            found.append("picture and controls not in sight together")
    return [each for each in found if each]


def wrong(page: Any, width: int) -> list[object]:
    """What is wrong with a figure at a width."""
    sentence, wide, smallest, shifted, lowest, nameless = page.evaluate(
        f"[{SENTENCE}, {WIDE}, {SMALLEST}, {SHIFTED}, {LOWEST}, {NAMELESS}]"
    )
    found: list[object] = [
        "too wide" if wide > width else "",
        "" if sentence.strip() and "{" not in sentence else f"says {sentence!r}",
        "small letters" if smallest < 12 else "",
        "letters shifted out" if shifted else "",
        "low to touch" if width == 390 and lowest < 44 else "",
        *(f"no name: {each}" for each in nameless),
    ]
    return [each for each in found if each]


@pytest.mark.parametrize("resized", [False, pytest.param(True, marks=pytest.mark.full)])
@pytest.mark.parametrize("name", figures())
def test_a_figure_is_quiet_and_fits_a_screen_in_every_state(
    name: str, resized: bool, figure: Opener
) -> None:
    """Each state comes at one width, from state to state at the other."""
    shown, found = figure(name), []
    for i, state in enumerate(figures()[name]["states"]):
        came, other = (390, 1000) if i % 2 else (1000, 390)
        shown.resize(came)
        shown.turn(**state)
        if resized:
            shown.resize(other)
        width = other if resized else came
        found += [(state, width, each) for each in wrong(shown.page, width)]
        off = off_screen(shown.page, width, figures()[name].get("wide", False))
        found += [(state, width, each) for each in off]
        shown.page.evaluate("document.querySelector('main').style = ''")
    assert found == []


def test_what_is_wrong_with_a_figure_would_be_found(figure: Opener) -> None:
    page = figure("linear-edit", width=390).page
    assert wrong(page, 390) == []
    page.evaluate("""() => {
      const frame = document.querySelector(".frame");
      frame.style.width = "500px";
      frame.querySelector(".frame-sentence").textContent = "Of {count} names";
      frame.querySelector("summary").style.fontSize = "11px";
      frame.querySelector("summary").style.textIndent = "-4px";
      frame.append(document.createElement("button"));
      frame.lastChild.style.cssText = "height: 20px; min-height: 0; padding: 0";
    }""")
    assert wrong(page, 390) == [
        "too wide", "says 'Of {count} names'", "small letters",
        "letters shifted out", "low to touch",
        ("no name: <button style=\"height: 20px; min-height: 0px; padding: 0px;\">"
         "</button>"),
    ]  # fmt: skip


def test_what_of_a_figure_is_off_the_screen_would_be_found(figure: Opener) -> None:
    page = figure("chain", width=390).page
    assert off_screen(page, 390, False) == []
    page.evaluate("""() => {
      const frame = document.querySelector(".frame");
      const row = document.querySelector(".controls-row.knobs");
      document.querySelector(".controls-row.actions").after(row);
      row.querySelector("span").textContent = "long label ".repeat(9);
      frame.querySelector(".frame-sentence").textContent = "It is -1, or 1e-3.";
      const picture = document.querySelector(".frame-picture");
      picture.style.height = "900px";
      document.querySelector(".frame-controls").style.position = "static";
    }""")
    found = off_screen(page, 390, False)
    assert found[1:] == [
        "rows ['actions', 'knobs']", "no actions",
        f"broken label {('long label ' * 9).strip()!r}",
        "hyphen for minus 'It is -1, or 1e-3.'",
        "picture and controls not in sight together",
    ]  # fmt: skip
    assert str(found[0]).endswith("px high") and int(str(found[0]).split()[0]) > 900


def test_a_figure_that_is_shown_no_more_cannot_be_read(figure: Opener) -> None:
    before = figure("chain")
    figure("chain", size=3)
    with pytest.raises(AssertionError, match="another figure by now"):
        _ = before.table


def shipped_with(entry: str) -> set[str]:
    """The files that a script of the build comes with: itself, and what it imports."""
    manifest = json.loads((sources.ASSETS / "manifest.json").read_text())
    each = manifest[entry]
    return {each["file"]}.union(*map(shipped_with, each.get("imports", [])))


def test_nothing_is_fetched_for_figures_before_one_is_near(visit: Any) -> None:
    there = visit()
    there.page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => {"
        "document.querySelector('main').style.paddingTop = '5000px' })"
    )
    asked: set[str] = set()
    there.page.on("request", lambda one: asked.add(one.url.rsplit("/", 1)[-1]))
    there.go("/embed/train-live/")
    there.page.evaluate(FRAMES)  # by then whoever looks for figures has looked
    there.page.evaluate(FRAMES)
    scripts = {name for name in asked if name.endswith((".js", ".wasm", ".txt"))}
    early = {name for name in scripts if name.startswith("early-")}
    pages = shipped_with("runtime/page/page.ts") | shipped_with(
        "runtime/figure/loader.ts"
    )
    assert (
        scripts - early <= pages and shipped_with("runtime/figure/loader.ts") <= scripts
    )
    there.page.evaluate("scrollTo(0, 5000)")
    there.page.wait_for_selector("gg-train-live[data-state=ready]")
    assert any(name.endswith(".wasm") for name in asked)


def test_every_figure_is_described() -> None:
    for name, each in figures().items():
        assert each["chunk"].endswith(".js"), name
        asked = {prop for prop, kind in each["props"].items() if kind[-1] != "?"}
        assert asked <= set(each.get("sample", {})) <= set(each["props"]), name
        for state in each["states"]:
            assert set(state) <= set(each["controls"]) | {"word", "docs"}, name
        json.dumps(each)
