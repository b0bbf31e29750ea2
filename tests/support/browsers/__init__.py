"""Browsers other than Chromium: what tests ask of each, however it is driven.

Firefox speaks WebDriver BiDi by itself; WebKit's driver speaks WebDriver. What a page
complains of is told to a script of the tests' own server, the same in both.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from websockets.exceptions import WebSocketException

from glassgpt.guide import server
from support.guide.visitor import until

# a browser that crashed or hangs answers with one of these
GONE = (OSError, HTTPException, WebSocketException)
LONGEST = 90.0  # seconds that a page may take for whatever it is asked
RESTARTS = 1
WATCHER = "/watcher.js"
WATCH = """
window.complaints = [];
const tell = (...all) => window.complaints.push(all.map(String).join(" "));
addEventListener("error", (event) => {
  const from = event.target;
  // a page told of beforehand may be fetched, and need not
  if (from.localName === "link" && from.rel !== "stylesheet") return;
  tell(event.message ?? `cannot load ${from.src ?? from.href}`);
}, true);
addEventListener("unhandledrejection", (event) => tell(event.reason));
addEventListener("securitypolicyviolation", (event) =>
  tell(event.violatedDirective, event.blockedURI));
for (const name of ["debug", "log", "info", "warn", "error"]) console[name] = tell;
"""
MIDDLE = """(() => {
  const one = document.querySelector(%s);
  one.scrollIntoView({ behavior: "instant", block: "center" });
  const { left, top, width, height } = one.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
})()"""


class PageError(AssertionError):
    """What a page threw when it was asked."""


class Driver(Protocol):
    """A running browser with one page."""

    def go(self, address: str) -> None:
        """Open a page, and wait until it is loaded."""

    def resize(self, width: int) -> None:
        """Make the page so wide."""

    def run(self, script: str) -> str:
        """What an expression comes to in the page, as text; promises are awaited."""

    def act(self, actions: list[dict[str, Any]]) -> None:
        """Do what hands do: both protocols say it in the same way."""


class Other:
    """A browser on the guide: started when it is first needed, and once more."""

    def __init__(self, start: Callable[[ExitStack], Driver], address: str) -> None:
        self._start, self.address = start, address
        self._stack: ExitStack | None = None
        self._driver: Driver | None = None
        self._starts = 0

    @property
    def driver(self) -> Driver:
        """The browser, running."""
        if self._driver is None:
            assert self._starts <= RESTARTS, "the browser is gone for good"
            self._starts += 1
            self._stack = ExitStack()
            self._driver = self._start(self._stack)
        return self._driver

    def close(self) -> None:
        """End it, and what belongs to it."""
        stack, self._stack, self._driver = self._stack, None, None
        if stack is not None:
            stack.close()

    def visit(self, path: str, look: Callable[[], None], width: int = 1440) -> None:
        """Open a page and look at it; again, if the browser is gone meanwhile."""
        try:
            self._look(path, look, width)
        except GONE:
            self.close()
            if self._starts > RESTARTS:
                raise
            self._look(path, look, width)

    def _look(self, path: str, look: Callable[[], None], width: int) -> None:
        self.driver.resize(width)
        self.driver.go("about:blank")
        self.driver.go(self.address + path)
        look()
        found = self.ask("complaints")
        assert not found, f"{path} complains: {found}"

    def ask(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        asked = f"(async () => JSON.stringify(await ({expression})) ?? 'null')()"
        return json.loads(self.driver.run(asked))

    def type(self, text: str) -> None:
        """Press the keys of a text, one after the other."""
        self._act("key", [
            {"type": kind, "value": letter}
            for letter in text for kind in ("keyDown", "keyUp")
        ])  # fmt: skip

    def press(self, selector: str) -> None:
        """Press something with the mouse, in its middle."""
        x, y = self.ask(MIDDLE % json.dumps(selector))
        self._act("pointer", [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ])  # fmt: skip

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        self.driver.act([{"type": kind, "id": kind, "actions": actions}])

    def wait_until(self, true: str, seconds: float = 60) -> None:
        """Wait for an expression: asked in the page, at every turn."""
        assert self.ask(until(true, seconds)), f"never: {true}"


class _Watched(server.Handler):
    """The guide's own server, whose pages tell what goes wrong in them."""

    def _answer(self) -> None:
        if self.path == WATCHER:
            headers = {"Content-Type": "text/javascript"}
            self._send(server.HTTPStatus.OK, headers, WATCH.encode())
        else:
            super()._answer()

    def _body(self, file: Path) -> tuple[bytes, dict[str, str]]:
        body, headers = super()._body(file)
        if file.suffix != ".html":
            return body, headers
        headers.pop("Content-Encoding", None)
        return _with_watcher(file.read_bytes()), headers

    def _missing(self) -> bytes:
        return _with_watcher(super()._missing())


def _with_watcher(page: bytes) -> bytes:
    script = f'<head><script src="{WATCHER}"></script>'
    return page.replace(b"<head>", script.encode(), 1)


@contextmanager
def watched(site: Path) -> Iterator[str]:
    """The address of a site whose pages are watched, while inside."""
    with server.Server((server.HOST, 0), partial(_Watched, site)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://{server.HOST}:{running.server_port}"
        running.shutdown()


def end(process: subprocess.Popen[Any]) -> None:
    """End a process, at last by force."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
