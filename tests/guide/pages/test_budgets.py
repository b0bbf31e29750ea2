"""What reading costs: bytes as they are sent, and who does the computing."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from browsing.visitor import KINDS, MADE, PATHS

READING, FONTS, TRAINING = 120_000, 80_000, 300_000
# whoever compiles or starts a kernel in the page itself is counted
WATCH = """
window.kernels = 0;
const calls = ["compile", "instantiate", "compileStreaming", "instantiateStreaming"];
for (const name of calls) {
  const real = WebAssembly[name];
  WebAssembly[name] = (...given) => { window.kernels++; return real(...given); };
}
for (const name of ["Module", "Instance"]) {
  const real = WebAssembly[name];
  WebAssembly[name] = function (...given) {
    window.kernels++;
    return new real(...given);
  };
}
"""


def kind(url: str) -> str:
    """What an address is counted as."""
    name = url.rsplit("/", 1)[-1].partition("#")[0]
    if name.endswith(".woff2"):
        return "fonts"
    if name.endswith(".wasm") or re.fullmatch(r"names-[\w-]+\.txt", name):
        return "training"
    return "reading"


def weighed(there: Any, path: str, use: bool) -> Counter[str]:
    """The bytes of a page's answers as they were encoded, by what they are for."""
    requests: list[Any] = []
    there.page.on("requestfinished", lambda one: requests.append(one))
    there.go(path)
    if use:
        there.scroll_through()
        if there.page.locator("gg-train-home").count():
            there.page.click("gg-train-home .primary")
            there.page.wait_for_selector("gg-train-home .names li")
    sizes: Counter[str] = Counter()
    for request in requests:
        if request.url.startswith("http"):
            sizes[kind(request.url)] += request.sizes()["responseBodySize"]
    return sizes


@pytest.mark.parametrize("path", PATHS)
def test_a_page_and_all_its_figures_cost_little(path: str, visit: Any) -> None:
    there = visit()
    there.page.add_init_script(WATCH)
    sizes = weighed(there, path, use=True)
    assert 10_000 < sizes["reading"] <= READING
    assert 10_000 < sizes["fonts"] <= FONTS
    assert sizes["training"] <= TRAINING
    assert there.page.evaluate("window.kernels") == 0


def test_home_fetches_nothing_to_train_with_before_it_is_asked_to(visit: Any) -> None:
    before = weighed(visit(), "/", use=False)
    after = weighed(visit(), "/", use=True)
    assert before["training"] == 0
    assert 50_000 < after["training"] <= TRAINING


def test_a_kernel_in_the_page_would_be_counted(visit: Any) -> None:
    there = visit()
    there.page.add_init_script(WATCH)
    there.go("/yours/")
    there.page.evaluate(
        "WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(() => 0)"
    )
    assert there.page.evaluate("window.kernels") == 1


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


def test_no_page_names_python_or_the_editor_as_its_own(guide_site: Path) -> None:
    # both come with a press: test_running_code.py watches the requests
    for file in guide_site.rglob("*.html"):
        assert not re.search("pyodide|codemirror", file.read_text("utf-8"), re.I), file


def test_every_kind_of_page_is_one_that_is_there() -> None:
    assert set(KINDS) <= {*PATHS, *MADE}
