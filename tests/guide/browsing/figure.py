"""A browser that opens figures and keeps what it was told: import the fixtures."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import figure_site
import pytest
from chromium import launch
from support import not_run


class Visit:
    """A figure in a page of its own."""

    def __init__(self, page: Any, name: str) -> None:
        self.page = page
        self.name = name
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._requested)

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            self.complaints.append(f"request to {request.url}")

    def settle(self) -> None:
        """Wait until the figure has its answer."""
        # a change is seen a moment after it was made
        self.page.wait_for_timeout(60)
        self.page.wait_for_selector(f"gg-{self.name}[data-state=ready]", timeout=60_000)

    @property
    def table(self) -> list[list[Any]]:
        """The figure's numbers, all digits."""
        rows = self.page.evaluate(
            f"document.querySelector('gg-{self.name}').table.rows"
        )
        return [list(row) for row in rows]

    def column(self, index: int) -> list[Any]:
        """One column of the table."""
        return [row[index] for row in self.table]

    @property
    def sentence(self) -> str:
        """What the figure says."""
        return str(self.page.inner_text(".frame-sentence"))


@pytest.fixture(scope="session")
def chromium(playwright: Any) -> Iterator[Any]:
    """A Chromium, driven by what pytest-playwright started."""
    browser = launch(playwright)
    if browser is None:
        not_run("browser", "there is no chromium on this machine")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the figures."""
    if not (figure_site.ASSETS / "figures.json").is_file():
        not_run("browser", "the figures are not built: npm run build in guide/")
    with figure_site.serving() as address:
        yield address


Opener = Callable[..., Visit]


@pytest.fixture
def figure(chromium: Any, site: str) -> Iterator[Opener]:
    """Opens a figure with a state: `figure("generate", at=2, word="emma")`."""
    contexts: list[Any] = []
    visits: list[Visit] = []

    def open_figure(
        name: str, width: int = 1000, wasm: Path | None = None, address: str = "",
        props: dict[str, Any] | None = None, clean: bool = True, **state: Any,
    ) -> Visit:  # fmt: skip
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        visit = Visit(context.new_page(), name)
        if clean:
            visits.append(visit)
        if wasm is not None:
            visit.page.route("**/*f64*.wasm", lambda route: route.fulfill(path=wasm))
        shared = ("word", "docs")
        keys = {k if k in shared else f"it.{k}": v for k, v in state.items()}
        query = f"?{urlencode({'props': json.dumps(props)})}" if props else ""
        fresh = f"{site}/figure/{name}/{query}#{urlencode(keys)}"
        visit.page.goto(address or fresh)
        visit.settle()
        return visit

    yield open_figure
    for context in contexts:
        context.close()
    assert [visit.complaints for visit in visits if visit.complaints] == []


@contextmanager
def signs_turned(folder: Path, *turns: tuple[str, str, str]) -> Iterator[Path]:
    """The kernel as WebAssembly, with mistakes in it: file, right and wrong text."""
    from glassgpt.kernel import build

    others = shutil.ignore_patterns("*.py", "__*", "built")
    sources = Path(shutil.copytree(build.FOLDER, folder / "sources", ignore=others))
    for file, right, wrong in turns:
        text = (sources / file).read_text("utf-8")
        assert text.count(right) == 1
        (sources / file).write_text(text.replace(right, wrong), "utf-8")
    yield build.build_wasm(folder, sources, ["f64"])[0]
