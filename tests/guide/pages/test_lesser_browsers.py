"""Browsers that cannot compute are told so, and pages that are read in other words."""

import json
import re
import tomllib
from typing import Any

import pytest
from browsing import visitor as visiting

from glassgpt.guide import pseudo_locale as pseudo
from glassgpt.guide.content import pages as sources

LACKING = {
    "WebAssembly": "delete globalThis.WebAssembly",
    "vector instructions": "WebAssembly.validate = () => false",
    # such a browser never asks for the type, and starts a classic worker
    "modules in the background": (
        "const Real = Worker; globalThis.Worker = class extends Real {"
        " constructor(file) { super(file); } }"
    ),
}


@pytest.mark.parametrize("said", LACKING)
@pytest.mark.parametrize("path", ["/step/0/3/", "/sandbox/generate/"])
def test_a_browser_that_cannot_compute_is_told_so(
    said: str, path: str, chromium: Any, guide_address: str
) -> None:
    page = chromium.new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(LACKING[said])
    page.goto(guide_address + path)
    figure = page.locator(".gg-figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_selector(".gg-unsupported")
    assert said in figure.locator(".gg-unsupported").inner_text()
    if path.startswith("/step/"):  # what it showed when it was photographed
        picture = figure.locator("img.built")
        visiting.wait_until(page, "document.querySelector('img.built').complete")
        assert picture.evaluate("(one) => one.naturalWidth") > 300
        assert len(picture.get_attribute("alt")) > 20
    # what the figure shows is said in words, and the text has its numbers
    assert figure.locator("figcaption").is_visible()
    assert page.locator("article .num").count() or path.startswith("/sandbox/")
    # no room is kept for a picture that will not come
    kept = figure.locator("[props]").bounding_box()["height"]
    inside = figure.locator("[props] > *").all()
    assert kept <= sum(one.bounding_box()["height"] for one in inside) + 80
    assert errors == []
    page.context.close()


def english() -> set[str]:
    """The words of figures that look otherwise in the other language."""
    strings = tomllib.loads(
        (sources.FOLDER / "strings/en.toml").read_text(encoding="utf-8")
    )
    text = re.sub(r"\{\w+\}", " ", " ".join(strings["figure"].values()))
    words = set(re.findall(r"\b[A-Za-z]{4,}\b", text))
    return {word for word in words if pseudo.accented(word)[: len(word)] != word}


SHOWN = """() => {
  const data = ".documents, .names, .chips, textarea, code, [translate=no]";
  const found = [];
  for (const frame of document.querySelectorAll(".frame")) {
    for (const one of [frame, ...frame.querySelectorAll("*")]) {
      if (one.closest(data)) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt"])
        if (one.hasAttribute(name)) found.push(one.getAttribute(name));
      for (const node of one.childNodes)
        if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("path", ["/gallery/", "/"])
def test_no_word_of_a_figure_is_left_in_english(
    path: str, visit: Any, pseudo_address: str
) -> None:
    there = visit(width=390, address=pseudo_address)
    there.go(path)
    if path == "/":
        there.page.click("gg-train-home .primary")
        there.page.wait_for_selector("gg-train-home .names li")
    there.scroll_through()
    assert there.page.evaluate("document.documentElement.scrollWidth") <= 390
    text = there.page.evaluate(SHOWN)
    assert len(text) > 20
    left = set(re.findall(r"\b[A-Za-z]{4,}\b", " ".join(text))) & english()
    assert left == set(), json.dumps(sorted(left))


def test_an_english_word_in_a_figure_would_be_found(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    there.scroll_through()
    text = " ".join(there.page.evaluate(SHOWN))
    assert set(re.findall(r"\b[A-Za-z]{4,}\b", text)) & english()
