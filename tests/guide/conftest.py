"""The guide, built before the tests, and browsers that are watched.

A test opens at most two contexts of the browser: one page serves many assertions. A
page of the guide is resized and recoloured (`visit`), a figure goes from state to state
by its address (`figure`). Whatever a page complains of fails the test.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import FLAGS, find
from filelock import FileLock
from support import not_run
from support.guide.figure import Opener, Window
from support.guide.mistakes import SIGN_TURNED, wrong_wasm
from support.guide.visitor import Visitor, forget
from support.guide.watch import Watch, too_many

from glassgpt.guide import server, stamp

STRICT = "CI" in os.environ or "browser" in os.environ.get("REQUIRE", "")
WATCH = Watch()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file that share a browser's page run in one process."""
    for item in items:
        if "figure" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def guide_site() -> Path:
    """The guide as files, as `make site` built it."""
    if not (server.SITE / "index.html").is_file():
        not_run("browser", "the guide is not built: make site")
    stale = stamp.why_stale()
    assert not stale, f"the guide is not current ({stale}): make site"
    return server.SITE


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a site, while inside."""
    with server.serve(site=site) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://{server.HOST}:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session")
def guide_address(guide_site: Path) -> Iterator[str]:
    """The guide as it is served."""
    with served(guide_site) as address:
        yield address


def once(
    factory: pytest.TempPathFactory, worker: str, name: str, make: Callable[[Path], Any]
) -> Path:
    """A folder that is made by whichever test process comes first."""
    shared = factory.getbasetemp()
    target = (shared if worker == "master" else shared.parent) / name
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            make(target)
    return target


@pytest.fixture(scope="session")
def pseudo_address(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[str]:
    """The guide in a language that nobody speaks."""
    from glassgpt.guide.build import build

    def made(target: Path) -> None:
        build(target, language="xx", encode=False)

    with served(once(tmp_path_factory, worker_id, "guide-xx", made)) as address:
        yield address


@pytest.fixture(scope="session")
def sign_turned(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The kernel as WebAssembly with one sign of its gradient turned."""
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")

    def made(target: Path) -> None:
        wrong_wasm(target, *SIGN_TURNED)

    (found,) = once(tmp_path_factory, worker_id, "sign", made).glob("*.wasm")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], playwright: Any
) -> dict[str, Any]:
    """The machine's own Chromium, else Playwright's."""
    path = find()
    if path is None and not Path(playwright.chromium.executable_path).is_file():
        not_run("browser", "there is no chromium on this machine")
    return {**browser_type_launch_args, "executable_path": path, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Whatever is copied may be read by the test."""
    return {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture(scope="session")
def browser(browser: Any) -> Any:
    """A Chromium for all tests of a process, watched."""
    browser.on("context", WATCH.opened)
    return browser


@pytest.fixture(scope="session")
def watch() -> Watch:
    """Who looks on at all pages."""
    return WATCH


@pytest.fixture(autouse=True)
def complaints() -> Iterator[list[str]]:
    """What pages complained of: none may be left, and few contexts may be opened."""
    yield WATCH.complaints
    found, contexts = WATCH.take()
    assert found == []
    assert not (STRICT and too_many(contexts)), too_many(contexts)


@pytest.fixture(scope="session")
def shared_context(browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    """One context for all tests of a process: what was fetched once is there."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def visit(shared_context: Any, new_context: Any, guide_address: str) -> Iterator[Any]:
    """Opens a page of some width and theme: `visit(width=390)`.

    The first is a new page in the context that all tests share, with nothing kept.
    Later ones have a context of their own, as whoever asks for one (`private`) or for
    more that only a context can have (`has_touch=True`).
    """
    opened: list[Any] = []

    def open_page(
        width: int = 1440,
        theme: str = "light",
        address: str = guide_address,
        private: bool = False,
        **more: Any,
    ) -> Visitor:
        own = bool(private or more or opened)
        context = new_context(**more) if own else shared_context
        page = context.new_page()
        opened.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        if not own:
            forget(page, address)
        return Visitor(page, address)

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture(scope="session")
def window(shared_context: Any, guide_address: str) -> Window:
    """The page that figures are shown in."""
    return Window(shared_context.new_page(), guide_address)


@pytest.fixture(scope="session")
def elsewhere(
    browser: Any, browser_context_args: dict[str, Any], guide_address: str
) -> Iterator[Window]:
    """A window of somebody else, who has been given a link."""
    context = browser.new_context(**browser_context_args)
    yield Window(context.new_page(), guide_address)
    context.close()


@pytest.fixture
def figure(window: Window) -> Opener:
    """Shows a figure in a state: `figure("generate", at=2, word="emma")`."""
    return window.show


@pytest.fixture
def private_window(new_context: Any, guide_address: str) -> Callable[..., Window]:
    """Opens a window of its own for figures, perhaps with another kernel."""

    def opened(wasm: Path | None = None) -> Window:
        page = new_context().new_page()
        if wasm is not None:
            page.route("**/*f64*.wasm", lambda route: route.fulfill(path=wasm))
        return Window(page, guide_address)

    return opened
