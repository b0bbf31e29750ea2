"""A reader on a page of the guide, and what is wrong with what there is to see."""

import json
import re
from typing import Any

from glassgpt.guide.content import pages as sources
from glassgpt.lessons import FILES
from support import not_run

AXE = sources.FOLDER / "node_modules/axe-core/axe.min.js"
FIGURES = ".gg-figure > [props]"
# the next figure without an answer comes near; true when there is none
NEXT_FIGURE = f"""(() => {{
  const waits = document.querySelector("{FIGURES}:not([data-state=ready])");
  waits?.scrollIntoView({{ behavior: "instant", block: "nearest" }});
  return !waits;
}})()"""
# none that can be seen is without an answer
SEEN = f"""[...document.querySelectorAll("{FIGURES}:not([data-state=ready])")]
  .every((one) => {{
    const {{ top, bottom }} = one.getBoundingClientRect();
    return bottom < 0 || top > innerHeight;
  }})"""
RUN_AXE = "(asked) => axe.run(asked).then(({ violations }) => violations)"
FORGET = "localStorage.clear(); sessionStorage.clear()"
FRAMES = "new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on)))"
# whoever compiles or starts a kernel in the page itself is counted, and every shift
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
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SMALL = """[...document.querySelectorAll("article *, aside *, header *")]
  .filter((one) => !one.closest("math") && one.innerText?.trim())
  .map((one) => [one.localName, parseFloat(getComputedStyle(one).fontSize)])
  .filter(([, size]) => size < 12)"""
# a part of the window at a time, each held until what is seen of it stands still
DOWN = f"""async (limit) => {{
  const end = performance.now() + limit;
  for (let top = 0; top < document.documentElement.scrollHeight; top += 600) {{
    scrollTo({{ top, behavior: "instant" }});
    await {FRAMES};
    while (!({SEEN})) {{
      if (performance.now() > end) return false;
      await new Promise((on) => setTimeout(on, 10));
    }}
  }}
  return true;
}}"""
# numbers that JSON has no word for stand in a string by themselves
AS_JSON = """JSON.stringify(%s, (_, value) =>
  typeof value === "number" && !isFinite(value) ? `\\0${value}` : value)"""
ROOMS = """(all) => all.map((one) => [one.localName,
  one.offsetHeight - one.querySelector(".frame").offsetHeight])"""


class Visitor:
    """A page of the guide, as wide and as dark as its reader has it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def resize(self, width: int) -> None:
        """The same page, in a window of another width."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate(FRAMES)

    def set_theme(self, theme: str) -> None:
        """The same page, light or dark."""
        self.page.emulate_media(color_scheme=theme)
        self.page.evaluate(FRAMES)

    def scroll_through(self) -> None:
        """Every figure comes near, one after the other, and has its answer."""
        wait_until(self.page, NEXT_FIGURE)

    def read_through(self) -> None:
        """Down to the end as a reader goes, a part of the window at a time."""
        assert self.page.evaluate(DOWN, 60_000), f"never: {SEEN}"
        wait_until(self.page, NEXT_FIGURE)
        self.page.evaluate(FRAMES)

    def wide(self) -> list[object]:
        """What is wider than the window."""
        page, window = self.page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth]"
        )
        return [f"{page} wide"] if page > window else []

    def rooms(self) -> list[object]:
        """Figures for which a page keeps more room than they take."""
        found = self.page.eval_on_selector_all(FIGURES, ROOMS)
        return [f"room of {name}: {left}" for name, left in found if left > 100]

    def wrong_letters(self) -> list[object]:
        """What is set in fewer than twelve pixels."""
        return list(self.page.evaluate(SMALL))

    def axe(self, *rules: str) -> list[str]:
        """What axe finds, at any impact: with all its rules, or with these."""
        if not AXE.is_file():
            not_run("browser", "axe-core is not installed: npm ci in guide/")
        if not self.page.evaluate("'axe' in window"):
            # whoever evaluates tries all of it as a function first: not after a ";"
            self.page.evaluate("0;" + AXE.read_text(encoding="utf-8"))
        asked = {"resultTypes": ["violations"], "preload": False}
        if rules:
            asked["runOnly"] = rules
        found = self.page.evaluate(RUN_AXE, asked)
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]


def forget(page: Any, address: str) -> None:
    """Remove what a browser keeps for an address, from a place without a script."""
    page.goto(f"{address}/programs/{FILES[0]}")
    page.evaluate(FORGET)


def value_of(page: Any, expression: str) -> Any:
    """What an expression gives in the page: a large table in a fraction of the time.

    `evaluate` looks at each number that comes; this one at the text of all.
    """
    text = page.evaluate(AS_JSON % expression)
    return json.loads(re.sub(r'"\\u0000(NaN|-?Infinity)"', r"\1", text))


def wait_until(page: Any, true: str, seconds: float = 60) -> None:
    """Wait for an expression: asked in the page, at every turn."""
    assert page.evaluate(until(true, seconds)), f"never: {true}"


def until(true: str, seconds: float) -> str:
    """An expression that waits for another, and says whether that came true."""
    return f"""(async (limit) => {{
      const end = performance.now() + limit;
      while (!({true})) {{
        if (performance.now() > end) return false;
        await new Promise((on) => setTimeout(on, 10));
      }}
      return true;
    }})({1000 * seconds})"""


# a file let fall on the place for one's own documents
DROP = """([selector, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], "names.txt", { type: "text/plain" }));
  const drop = new DragEvent("drop", { dataTransfer: files, bubbles: true });
  document.querySelector(selector).dispatchEvent(drop);
}"""


def drop_names(there: Visitor, text: str, count: str) -> None:
    """Documents of one's own, dropped in lesson 0.1, until it says so many of them."""
    there.go("/step/0/1/")
    there.scroll_through()
    there.page.evaluate(DROP, [".own", text])
    there.page.wait_for_selector(f".frame-sentence:has-text('{count}')")
