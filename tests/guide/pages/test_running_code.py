"""Code that a reader runs and changes, in a browser: it ends in a clear result."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.guide.visitor import FRAMES, NEXT_FIGURE, wait_until

from glassgpt.guide.code.listings import named_slice
from glassgpt.lessons import lesson

LESSON = "/step/1/3/"
LOADING = 120_000  # milliseconds that Python may take to come, on a busy machine

SOFTMAX = named_slice(lesson(1), "model: softmax").text
# what is written in the place of the lines after softmax, and what must then be said
EDITS = [
    ("1 + 1", "Not what the program’s own prints"),
    ("softmax([2, 1, 0])[0] > 0.6", "Not what"),
    ("[round(p, 3) for p in softmax([2, 1, 0])]", "The same as the program’s own"),
    ("[0.665, 0.245, 0.09]", "The same as"),
    ("print([0.665, 0.245, 0.09])", "The same as"),
    ("[0.665, 0.245, 0.091]", "Not what"),
    ("", "Not what"),
    ("print('é ☃ 𝛁')", "Not what"),
    ("1 / 0", "Line 66, ZeroDivisionError"),
    ('encode("Zoe")', "Z is not among the 26 characters"),
    ("softmax(7)", "TypeError"),
    ("def (", "SyntaxError"),
    ("  x = 1", "IndentationError"),
    ("import numpy", "ModuleNotFoundError"),
    ("raise SystemExit('enough')", "SystemExit: enough"),
    ("import os; os._exit(3)", "SystemExit: 3"),
    ("import os; os.abort()", "These lines ended Python itself"),
    ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    ("input()", "EOFError"),
    ("for _ in range(10**4): print('x' * 99)", "1,000,000 characters in all"),
    ("softmax = None; softmax(1)", "TypeError"),
    ("while True: pass", None),
    ("while True: print('again ' * 100)", None),
]


class Box:
    """Lines of a page that can be run: the first, or the first that hold a text."""

    def __init__(self, page: Any, text: str = "") -> None:
        self.page = page
        self.box = page.locator(f".run[data-run*='{text}']" if text else ".run").first

    def open(self) -> None:
        self.box.get_by_role("button", name="Change it").click()
        self.page.locator(".cm-content").wait_for()

    def write(self, text: str) -> None:
        self.page.locator(".cm-content").fill(text)

    def run(self) -> None:
        self.box.get_by_role("button", name=re.compile("Run")).click()

    def said(self) -> str:
        """What is said when the run is over."""
        self.box.locator(".run-said[data-state=still]").wait_for(timeout=LOADING)
        return str(self.box.locator(".run-said").inner_text())


@pytest.fixture
def page(visit: Any) -> Any:
    there = visit()
    there.page.asked = []
    there.page.on("request", lambda request: there.page.asked.append(request.url))
    there.go(LESSON)
    return there.page


def heavy(asked: list[str]) -> list[str]:
    """The requests for Python and for the editor."""
    return [url for url in asked if re.search(r"/python-|/open-|names\.txt", url)]


def test_python_comes_with_the_first_press_and_not_before(page: Any) -> None:
    wait_until(page, NEXT_FIGURE)
    page.mouse.wheel(0, 20_000)
    page.evaluate(FRAMES)
    page.evaluate(FRAMES)
    assert heavy(page.asked) == []
    box = Box(page)
    box.open()
    assert not [url for url in page.asked if "/python-" in url]
    box.run()
    assert box.said().startswith("The same as the program’s own")
    assert [url for url in page.asked if url.endswith("pyodide.asm.wasm")]


@pytest.mark.full
def test_twenty_edits_end_in_a_clear_result(page: Any, complaints: list[str]) -> None:
    box = Box(page, "softmax([2, 1, 0])")
    box.open()
    for text, said in EDITS:
        box.write(f"{SOFTMAX}\n\n{text}")
        box.run()
        if said is None:
            page.locator(".run-said[data-state=running]").wait_for(timeout=LOADING)
            box.box.get_by_role("button", name="Stop").click()
            page.locator(".run-said[data-state=still]").wait_for(timeout=2000)
            assert box.said() == "Stopped. Nothing else on this page was touched."
        else:
            assert said in box.said(), text
        if "abort" in text:  # Python in the browser tells its own end on the console
            assert any("Aborted()" in one for one in complaints)
            complaints.clear()
        assert complaints == [], text
    box.box.get_by_role("button", name="Back to the program’s own").click()
    box.run()
    assert box.said().startswith("The same as the program’s own")


def test_figures_go_on_while_code_runs_without_end(page: Any) -> None:
    box = Box(page)
    box.open()
    box.write("while True: pass")
    box.run()
    page.locator(".run-said[data-state=running]").wait_for(timeout=LOADING)
    figure = page.locator("gg-softmax-edit")
    figure.scroll_into_view_if_needed()
    figure.locator("input[type=range]").first.press("Home")
    page.locator("gg-softmax-edit[data-state=ready]").wait_for()
    assert "0.05" in figure.inner_text()
    box.box.get_by_role("button", name="Stop").click()
    assert box.said().startswith("Stopped.")


def test_a_keyboard_is_not_caught_in_the_editor(page: Any) -> None:
    box = Box(page)
    box.open()
    within = "document.activeElement.closest('.cm-editor') !== null"
    assert page.evaluate(within)
    page.keyboard.press("Tab")
    assert page.evaluate(within)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate(within)


def runs_of(site: Path) -> list[tuple[str, int, dict[str, Any]]]:
    """Every run of a site: its page, its place there, and what is asked."""
    found = []
    for file in sorted(site.rglob("index.html")):
        text = file.read_text(encoding="utf-8")
        for place, data in enumerate(re.findall(r'data-run="([^"]*)"', text)):
            path = f"/{file.parent.relative_to(site).as_posix()}/"
            found.append((path, place, json.loads(html.unescape(data))))
    return found


def test_what_a_page_says_is_printed_stands_there_without_scripts(
    visit: Any, guide_site: Path
) -> None:
    there = visit(java_script_enabled=False)
    there.go(LESSON)
    page = there.page
    own = [asked for path, _, asked in runs_of(guide_site) if path == LESSON]
    shown = page.locator(".run .output").all_inner_texts()
    assert own
    assert [text.strip() for text in shown] == [one["shipped"].strip() for one in own]
    assert page.locator(".run button:visible").count() == 0


@pytest.mark.full
def test_every_run_prints_in_the_browser_what_the_page_says(
    page: Any, guide_address: str, guide_site: Path
) -> None:
    found = runs_of(guide_site)
    assert found
    for path in sorted({path for path, _, _ in found}):
        page.goto(guide_address + path)
        for place in range(sum(one == path for one, _, _ in found)):
            box = page.locator(".run").nth(place)
            box.get_by_role("button", name="Run this").click()
            said = box.locator(".run-said[data-state=still]")
            said.wait_for(timeout=LOADING)
            assert said.get_attribute("data-verdict") == "same", (path, place)
