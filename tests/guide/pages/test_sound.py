"""Every page as a reader meets it: one load, which is resized and recoloured.

What is wrong is collected with the place where it was seen, so that one visit serves
many assertions and each failure still tells itself apart.
"""

import html.parser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.guide.paths import KINDS, MADE, PATHS
from support.guide.transfer import FONTS, READING, TRAINING, Scale, train_at_home
from support.guide.visitor import FRAMES, WATCH, Visitor

CALM = 0.01
Faults = list[tuple[object, object]]
# pages whose figures have their heights measured; the gallery has those of lessons
WRITTEN = set(PATHS)


def on_a_phone(there: Visitor, written: bool = True) -> Faults:
    """What is wrong with a page that has been read to its end, at 390 pixels."""
    shifted = there.page.evaluate("window.shifted")
    return [
        *((390, each) for each in there.wide()),
        *((390, each) for each in there.rooms() if written),
        *(("letters", each) for each in there.wrong_letters()),
        *(("axe, light", each) for each in there.axe()),
        *kernels(there),
        *[("shift", shifted)][: shifted > CALM],
    ]


def kernels(there: Visitor) -> Faults:
    """Kernels that were compiled or started in the page itself."""
    count = there.page.evaluate("window.kernels")
    return [("kernels in the page", count)] if count else []


def wider_and_darker(there: Visitor, written: bool = True) -> Faults:
    """What is wrong with the same page in larger windows, and in the dark."""
    found: Faults = []
    for width in (1024, 1440):
        there.resize(width)
        found += [(width, each) for each in there.wide()]
        found += [(width, each) for each in there.rooms() if written]
    there.set_theme("dark")
    found += [("contrast, dark", each) for each in there.axe("color-contrast")]
    return found


def too_heavy(sizes: Mapping[str, int]) -> Faults:
    """What of a page's bytes is too much, or so little that nothing was counted."""
    least = {"reading": 10_000, "fonts": 10_000, "training": -1}
    most = {"reading": READING, "fonts": FONTS, "training": TRAINING}
    return [
        (kind, sizes[kind])
        for kind in most
        if not least[kind] < sizes[kind] <= most[kind]
    ]


@pytest.mark.parametrize("path", [*PATHS, *MADE])
def test_a_page_is_sound(path: str, visit: Any) -> None:
    there = visit(width=390, private=True)  # nothing of it was fetched before
    there.page.add_init_script(WATCH)
    scale = Scale(there.page)
    there.go(path)
    there.read_through()
    faults = on_a_phone(there, path in WRITTEN)
    if path == "/":
        train_at_home(there)
        faults += kernels(there)
    faults += too_heavy(scale.sizes()) if path in WRITTEN else []
    faults += wider_and_darker(there, path in WRITTEN)
    assert faults == []


@pytest.mark.parametrize("path", KINDS)
def test_a_kind_of_page_is_calm_in_a_large_window_in_both_themes(
    path: str, visit: Any
) -> None:
    there, faults = visit(), []
    there.page.add_init_script(WATCH)
    for width, full in ((1024, "light"), (1440, "dark")):
        there.resize(width)
        there.go(path)
        there.read_through()
        shifted = there.page.evaluate("window.shifted")
        faults += [(width, shifted)] if shifted > CALM else []
        for theme in ("light", "dark"):
            there.set_theme(theme)
            wrong = there.wide() + (there.rooms() if path in WRITTEN else [])
            wrong += there.axe() if theme == full else []
            faults += [(width, theme, each) for each in wrong]
    assert faults == []


SPOIL = """() => {
  const add = (name, css, text = "") => {
    const made = document.createElement(name);
    made.style.cssText = css;
    made.textContent = text;
    document.querySelector(text === "wide" ? "body" : "article").append(made);
  };
  document.querySelector("h1").style.color = "light-dark(#ccc, #444)";
  document.querySelector("h1").style.marginTop = "400px";
  add("p", "width: 3000px", "wide");
  add("p", "font-size: 11px", "small");
  document.querySelector(".gg-figure > [props]").style.minHeight = "5000px";
  return WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(() => 0);
}"""


def test_what_is_wrong_with_a_page_would_be_found(
    visit: Any, complaints: list[str]
) -> None:
    there = visit(width=390)
    there.page.add_init_script(WATCH)
    there.go("/step/0/3/")
    there.scroll_through()
    assert on_a_phone(there) == [] and complaints == []
    there.page.evaluate("scrollTo(0, 0)")
    there.page.evaluate(SPOIL)
    there.page.evaluate(FRAMES)
    found = on_a_phone(there) + wider_and_darker(there)
    text = "\n".join(f"{where}: {what}" for where, what in found)
    for fault in (
        "390: 30", "390: room of gg-count-table: ", "letters: ['p', 11]",
        "axe, light: color-contrast", "kernels in the page: 1", "shift: ",
        "1024: 30", "1440: 30", "contrast, dark: color-contrast: ['h1']",
    ):  # fmt: skip
        assert fault in text, text
    assert too_heavy({"reading": READING + 1, "fonts": 0, "training": 0}) == [
        ("reading", READING + 1), ("fonts", 0),
    ]  # fmt: skip


def test_what_a_page_complains_of_would_be_found(
    visit: Any, complaints: list[str]
) -> None:
    there = visit()
    there.go("/yours/")
    assert complaints == []
    there.page.evaluate("""() => {
      console.log("said");
      setTimeout(() => { throw new Error("thrown") });
      fetch("/not-there").catch(() => 0);
      fetch("http://localhost:9/").catch(() => 0);
    }""")
    wanted = ("said", "thrown", "404 for ", "//localhost:9/")
    for _ in range(100):
        if all(any(part in each for each in complaints) for part in wanted):
            break
        there.page.evaluate(FRAMES)
    for part in wanted:
        assert any(part in each for each in complaints), complaints
    complaints.clear()


def test_home_fetches_nothing_to_train_with_before_it_is_asked_to(visit: Any) -> None:
    there = visit(private=True)
    scale = Scale(there.page)
    there.go("/")
    there.page.wait_for_selector("gg-train-home[data-state=ready]")
    assert scale.sizes()["training"] == 0
    train_at_home(there)
    assert 50_000 < scale.sizes()["training"] <= TRAINING


def test_what_is_sent_is_encoded(visit: Any) -> None:
    there = visit()
    answers: list[Any] = []
    there.page.on("response", lambda one: answers.append(one))
    there.go("/step/1/9/")
    there.scroll_through()
    suffixes = (".js", ".css", ".wasm", ".txt", ".json", "/")
    sent = [a for a in answers if a.url.startswith("http") and a.url.endswith(suffixes)]
    assert len(sent) >= 5
    plain = [a.url for a in sent if a.headers.get("content-encoding") is None]
    assert plain == []


def test_the_loader_fetches_no_figure_before_it_is_near(visit: Any) -> None:
    there = visit(width=390)
    asked: list[str] = []
    there.page.on("request", lambda request: asked.append(request.url))
    there.page.set_viewport_size({"width": 390, "height": 120})
    there.go("/step/0/1/")  # its first figure is some such screens down
    there.page.evaluate(FRAMES)
    there.page.evaluate(FRAMES)
    assert not any(".wasm" in url for url in asked)
    there.scroll_through()
    assert any(".wasm" in url for url in asked)


def test_a_kind_of_page_reads_without_scripts(visit: Any) -> None:
    there = visit(java_script_enabled=False)
    for path in KINDS:
        there.go(path)
        assert there.page.inner_text("h1"), path
        assert not there.page.is_visible("#search-open"), path
        assert there.page.is_visible("article, main"), path
        if path in PATHS and there.page.locator(".gg-figure").count():
            assert "needs scripts" in there.page.inner_text(".gg-figure"), path
            assert there.page.inner_text("figcaption"), path
        for picture in there.page.locator(".gg-figure img.built").all():
            picture.scroll_into_view_if_needed()
            assert picture.is_visible() and picture.get_attribute("alt"), path


class Plain(html.parser.HTMLParser):
    """What stands on a page for readers without scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.figures: list[dict[str, str]] = []
        self.pictures: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "figure" and "gg-figure" in str(given.get("class")):
            self.figures.append({"noscript": "", "figcaption": ""})
        if tag == "img" and given.get("class") == "built":
            self.pictures.append(given)
        if tag in ("noscript", "figcaption"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.figures:
            self.figures[-1][self.open[-1]] += data.strip()


@pytest.mark.parametrize("path", PATHS)
def test_every_figure_stands_in_words_and_a_picture_without_scripts(
    path: str, guide_site: Path
) -> None:
    file = guide_site / path.strip("/") / "index.html"
    found = Plain(file.read_text("utf-8"))
    for each in found.figures:
        assert "needs scripts" in each["noscript"] and each["figcaption"]
    assert all(picture.get("alt") for picture in found.pictures)
