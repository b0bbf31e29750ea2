"""A reader's browser on the guide: what it opens, and what it complained of."""

import time
from pathlib import Path
from typing import Any

from support import not_run

from glassgpt.guide.content import pages as sources

# the pages as they are written, in reading order: a new one is tested by being there
PAGES = sources.read_pages(sources.FOLDER / "pages" / "en")
PATHS = tuple(page.path for page in PAGES)
MADE = ("/gallery/", "/yours/", "/404.html")  # those that no file is written for
KINDS = ("/", "/step/0/", "/step/1/9/", "/sandbox/generate/", "/gallery/", "/yours/")
AXE = sources.FOLDER / "node_modules/axe-core/axe.min.js"
NEXT_FIGURE = """(() => {
  const waits = document.querySelector(".gg-figure > [props]:not([data-state=ready])");
  waits?.scrollIntoView({ behavior: "instant", block: "nearest" });
  return !waits;
})()"""
LAYOUT_SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


class Visitor:
    """A page of the guide, and what it complained of."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._requested)
        page.on("response", self._answered)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.complaints.append(f"request to {request.url}")

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{answer.status} for {answer.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path, wait_until="networkidle")

    def scroll_through(self) -> None:
        """Down to the end, so that every figure has been near."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height, 600):
            self.page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
            self.page.wait_for_timeout(80)
        # on a busy machine some were passed before they could begin
        wait_until(self.page, NEXT_FIGURE)


def wait_until(page: Any, true: str, seconds: float = 60) -> None:
    """Wait for an expression; the policy forbids pages to evaluate it themselves."""
    end = time.monotonic() + seconds
    while not page.evaluate(true):
        assert time.monotonic() < end, f"never: {true}"
        page.wait_for_timeout(50)


def axe(page: Any) -> list[str]:
    """What axe finds, at any impact."""
    if not AXE.is_file():
        not_run("browser", "axe-core is not installed: npm ci in guide/")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def paths_of(site: Path) -> set[str]:
    """The addresses of a built site's pages, those to be framed left out."""
    files = (file.parent.relative_to(site) for file in site.rglob("index.html"))
    found = {"/" if str(p) == "." else f"/{p.as_posix()}/" for p in files}
    return {path for path in found if not path.startswith("/embed/")}
