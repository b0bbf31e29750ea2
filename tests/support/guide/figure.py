"""Figures on their own pages, /embed/NAME/, one after another in one window.

A figure goes from state to state by its address. What a test leaves in it does not
meet the next: that has a new element in the same page, whose worker is still warm.
"""

import functools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from glassgpt.guide.content import pages as sources

from .visitor import FORGET, FRAMES, forget, value_of, wait_until

Opener = Callable[..., "Figure"]
SHARED = ("word", "docs")
FIRST_WORD = "emma"
# a change is seen a moment after it was made
MOMENT = "new Promise((on) => setTimeout(() => setTimeout(on)))"
HAS_DOCUMENTS = """[localStorage, sessionStorage].some(
  (each) => each.getItem("glassgpt.documents") !== null)"""
CONTROLS = """[...document.querySelectorAll(
  ".frame-controls :is(input, select, [aria-pressed], [aria-checked])"
)].map((each) => [
  each.type, each.value, each.checked, each.ariaPressed, each.ariaChecked])"""
AFRESH = """([name, props, hash]) => {
  const old = document.querySelector(`gg-${name}`);
  const place = document.createComment(name);
  old.replaceWith(place);
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
  const fresh = document.createElement(`gg-${name}`);
  window.given ??= old.getAttribute("props");
  fresh.setAttribute("props", props ?? window.given);
  place.replaceWith(fresh);
}"""
TURN = """(hash) => new Promise((on) => {
  if (location.hash === hash) return on();
  addEventListener("hashchange", () => setTimeout(on), { once: true });
  location.hash = hash;
})"""


@functools.cache
def figures() -> dict[str, dict[str, Any]]:
    """What the build says of each figure; nothing where there is no build."""
    file = sources.ASSETS / "figures.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


class Figure:
    """A figure that is shown, until the window shows another."""

    def __init__(
        self, window: "Window", name: str, props: dict[str, Any] | None = None
    ) -> None:
        self._window, self.name, self.props = window, name, props

    @property
    def page(self) -> Any:
        """The page it stands on."""
        assert self._window.shows is self, "the window shows another figure by now"
        return self._window.page

    def settle(self) -> None:
        """Wait until the figure has its answer."""
        self.page.evaluate(MOMENT)
        self.page.wait_for_selector(f"gg-{self.name}[data-state=ready]", timeout=60_000)

    def turn(self, **state: Any) -> None:
        """Go to another state, and nothing else, as by a link on the page."""
        assert self._window.shows is self, "the window shows another figure by now"
        if "docs" not in state and self.page.evaluate(HAS_DOCUMENTS):
            self._window.bring(self, state)
        else:
            turn(self.page, address(self.name, state))
        self.settle()

    def resize(self, width: int) -> None:
        """The same figure in a window of another width."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate(FRAMES)
        self.settle()

    def wait_for_address(self, part: str) -> None:
        """What is chosen stands in the address a moment later."""
        wait_until(self.page, f"location.hash.includes({json.dumps(part)})", 10)

    @property
    def table(self) -> list[list[Any]]:
        """The figure's numbers, all digits."""
        found = f"document.querySelector('gg-{self.name}').table.rows"
        return [list(row) for row in value_of(self.page, found)]

    def column(self, index: int) -> list[Any]:
        """One column of the table."""
        return [row[index] for row in self.table]

    @property
    def sentence(self) -> str:
        """What the figure says."""
        return str(self.page.inner_text(".frame-sentence"))

    @property
    def seen(self) -> dict[str, Any]:
        """All that a link is to bring back."""
        return {
            "table": self.table,
            "sentence": self.sentence,
            "controls": self.page.evaluate(CONTROLS),
        }

    def copied_link(self) -> str:
        """What the button puts on the clipboard."""
        if self.page.get_attribute(".frame-tools", "open") is None:
            self.page.click(".frame-tools summary")
        self.page.evaluate("navigator.clipboard.writeText('')")
        self.page.get_by_role("button", name="Copy link").click()
        wait_until(self.page, "await navigator.clipboard.readText() !== ''", 10)
        assert self.page.inner_text(".frame-told") == "Link copied."
        return str(self.page.evaluate("navigator.clipboard.readText()"))


class Window:
    """A page in which figures are shown."""

    def __init__(self, page: Any, root: str) -> None:
        self.page, self.root = page, root
        self.shows: Figure | None = None
        self._stands = ""

    def show(
        self, name: str, width: int = 1000, props: dict[str, Any] | None = None,
        embedded: bool = False, **state: Any,
    ) -> Figure:  # fmt: skip
        """A figure in a state, and nothing left of what was done before.

        Without props it has those of its sample; those of its page when `embedded`.
        """
        sample = figures()[name].get("sample", {})
        self.page.set_viewport_size({"width": width, "height": 900})
        self.shows = Figure(self, name, None if embedded else props or sample)
        self.bring(self.shows, state)
        self.shows.settle()
        # as the page's own script marks a figure once it has its numbers
        self.page.evaluate(f"document.querySelector('gg-{name}').dataset.shown = ''")
        return self.shows

    def open(self, name: str, link: str) -> Figure:
        """A figure as somebody who has been given its address sees it."""
        self.page.goto("about:blank")
        self.page.goto(link)
        return self.found(name)

    def found(self, name: str) -> Figure:
        """The figure that stands there, however it came."""
        self.shows, self._stands = Figure(self, name), ""
        self.shows.settle()
        return self.shows

    def bring(self, figure: Figure, state: dict[str, Any]) -> None:
        """Put a new element where the figure's was, on a page that knows nothing."""
        if self._stands != figure.name or self.page.evaluate(HAS_DOCUMENTS):
            self._come(figure.name)
        self.page.evaluate(FORGET)
        props = None if figure.props is None else json.dumps(figure.props)
        self.page.evaluate(AFRESH, [figure.name, props, address(figure.name, state)])

    def _come(self, name: str) -> None:
        forget(self.page, self.root)
        self.page.goto(f"{self.root}/embed/{name}/")
        wait_until(self.page, f"customElements.get('gg-{name}') !== undefined")
        self._stands = name


def turn(page: Any, hash: str) -> None:
    """Change what stands in the address after '#', as a link on the page does."""
    page.evaluate(TURN, hash)
    page.evaluate(MOMENT)


def address(name: str, state: dict[str, Any]) -> str:
    """A figure's state as it stands in the address, after '#'."""
    given = {"word": FIRST_WORD, **state}
    return "#" + urlencode(
        {key if key in SHARED else f"{name}.{key}": given[key] for key in given}
    )
