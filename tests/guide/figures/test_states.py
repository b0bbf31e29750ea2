"""Every figure in every state, on a phone and on a desk: quiet, in its place."""

import json
from typing import Any

import pytest
from support.guide.figure import Opener, figures
from support.guide.visitor import FRAMES

from glassgpt.guide.content import pages as sources

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


def wrong(page: Any, width: int) -> list[object]:
    """What is wrong with a figure at a width."""
    sentence = page.inner_text(".frame-sentence")
    found: list[object] = [
        "too wide" if page.evaluate(WIDE) > width else "",
        "" if sentence.strip() and "{" not in sentence else f"says {sentence!r}",
        "small letters" if page.evaluate(SMALLEST) < 12 else "",
        "letters shifted out" if page.evaluate(SHIFTED) else "",
        "low to touch" if width == 390 and page.evaluate(LOWEST) < 44 else "",
        *(f"no name: {each}" for each in page.evaluate(NAMELESS)),
    ]
    return [each for each in found if each]


@pytest.mark.parametrize("name", figures())
def test_a_figure_is_quiet_and_keeps_to_its_place_in_every_state(
    name: str, figure: Opener
) -> None:
    shown, found = figure(name), []
    for state in figures()[name]["states"]:
        shown.turn(**state)
        for width in (390, 1000):
            shown.resize(width)
            found += [(state, width, each) for each in wrong(shown.page, width)]
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
