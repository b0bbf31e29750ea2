"""The guide, built once for all tests that read or open it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing.figure import chromium as chromium
from filelock import FileLock
from support import not_run
from browsing.visitor import Visitor

from glassgpt.guide import server
from glassgpt.guide.content import pages as sources


def _built(factory: pytest.TempPathFactory, worker: str, language: str) -> Path:
    """The site, built by whichever test process comes first."""
    for package in ("markdown_it", "jinja2", "pygments", "latex2mathml"):
        pytest.importorskip(package)
    if not (sources.ASSETS / "figures.json").is_file():
        not_run("browser", "the figures are not built: npm run build in guide/")
    from glassgpt.guide.build import build

    shared = factory.getbasetemp()
    shared = shared if worker == "master" else shared.parent
    target = shared / f"guide-{language}"
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            build(target, language=language, encode=language == "en")
    return target


@pytest.fixture(scope="session")
def guide_site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The guide as files."""
    return _built(tmp_path_factory, worker_id, "en")


@pytest.fixture(scope="session")
def pseudo_site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The guide in a language that nobody speaks."""
    return _built(tmp_path_factory, worker_id, "xx")


def _served(site: Path) -> Iterator[str]:
    with server.serve(site=site) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://{server.HOST}:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session")
def guide_address(guide_site: Path) -> Iterator[str]:
    """The guide as it is served."""
    yield from _served(guide_site)


@pytest.fixture(scope="session")
def pseudo_address(pseudo_site: Path) -> Iterator[str]:
    """The same in the other language."""
    yield from _served(pseudo_site)


@pytest.fixture
def visit(chromium: Any, guide_address: str) -> Iterator[Any]:
    """Opens a browser of some width and theme: `visit(width=390)`."""
    contexts: list[Any] = []
    visitors: list[Visitor] = []

    def opened(
        width: int = 1440,
        theme: str = "light",
        address: str = guide_address,
        **more: Any,
    ) -> Visitor:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, color_scheme=theme, **more)
        contexts.append(context)
        visitor = Visitor(context.new_page(), address)
        visitors.append(visitor)
        return visitor

    yield opened
    for context in contexts:
        context.close()
    assert [one.complaints for one in visitors if one.complaints] == []
