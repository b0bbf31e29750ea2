"""No English is left in another language, and its longer words have their place."""

import json
import re
import tomllib
from typing import Any

import pytest
from support.guide.figure import figures
from support.guide.paths import PATHS
from support.guide.transfer import train_at_home

from glassgpt.guide.content.pages import FOLDER
from glassgpt.guide.pseudo_locale import accented

OPERATIONS = {"relu", "rmsnorm"}  # of the programs: called so in every language


def english() -> set[str]:
    """The words of figures that look otherwise in the other language."""
    strings = tomllib.loads((FOLDER / "strings/en.toml").read_text(encoding="utf-8"))
    text = re.sub(r"\{\w+\}", " ", " ".join(strings["figure"].values()))
    words = set(re.findall(r"\b[A-Za-z]{4,}\b", text))
    other = {word for word in words if accented(word)[: len(word)] != word}
    return other - OPERATIONS - {"Adam"}  # a name, in every language


# data, and a page's own words, which are in its language when they get into a figure
SHOWN = """() => {
  const data = ".documents, .names, .chips, textarea, code, [translate=no], "
    + ".page-words";
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


def strings_accented(there: Any) -> None:
    """The page's figures get their words as they are in the other language."""

    def answer(route: Any) -> None:
        html = route.fetch().text()
        before, _, rest = html.partition('id="gg-strings">')
        text, _, after = rest.partition("</script>")
        words = {key: accented(one) for key, one in json.loads(text).items()}
        told = json.dumps(words).replace("</", "<\\/")
        body = f'{before}id="gg-strings">{told}</script>{after}'
        route.fulfill(body=body, content_type="text/html")

    there.page.route(lambda url: url.endswith("/"), answer)


def test_no_word_of_a_figure_is_left_in_english(visit: Any) -> None:
    there, wrong = visit(width=390), {}
    strings_accented(there)
    for path in ("/", *(f"/embed/{name}/" for name in figures())):
        there.go(path)
        if path == "/":
            train_at_home(there)
        there.scroll_through()
        text = there.page.evaluate(SHOWN)
        left = set(re.findall(r"\b[A-Za-z]{4,}\b", " ".join(text))) & english()
        if left or there.wide() or len(text) < 10:
            wrong[path] = [*sorted(left), *there.wide(), len(text)]
    assert wrong == {}


def test_an_english_word_in_a_figure_would_be_found(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    there.scroll_through()
    text = " ".join(there.page.evaluate(SHOWN))
    assert set(re.findall(r"\b[A-Za-z]{4,}\b", text)) & english()


@pytest.mark.full
@pytest.mark.parametrize("path", [*PATHS, "/gallery/"])
def test_no_plain_english_is_left_in_the_other_language(
    path: str, visit: Any, pseudo_address: str
) -> None:
    there = visit(width=390, address=pseudo_address)
    there.go(path)
    there.scroll_through()
    assert there.page.get_attribute("html", "lang") == "xx"
    assert there.page.evaluate("document.documentElement.scrollWidth") <= 390
    if path == "/gallery/":
        return  # its links name states as addresses do
    text = there.page.evaluate("""() => {
      const skip = "code, pre, math, [translate=no], .num, svg, .filemap, .tokens, "
        + ".word, .names, textarea, input, b, td, .place, .frame-picture, noscript, "
        + ".name, dd, output, .chips";
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walk.nextNode()) {
        const node = walk.currentNode;
        const shown = node.parentElement.checkVisibility();
        if (shown && !node.parentElement.closest(skip)) found.push(node.data);
      }
      return found;
    }""")
    words = re.findall(
        r"\b(?:the|and|of|is|are|you|your|step|number)\b", " ".join(text)
    )
    assert words == []
