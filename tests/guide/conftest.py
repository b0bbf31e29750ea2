"""The guide, built once for all tests that read or open it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from figure_browser import chromium as chromium
from support import not_run

from glassgpt.guide import server, sources


def _built(target: Path, language: str) -> Path:
    for package in ("markdown_it", "jinja2", "pygments", "latex2mathml"):
        pytest.importorskip(package)
    if not (sources.ASSETS / "figures.json").is_file():
        not_run("browser", "the figures are not built: npm run build in guide/")
    from glassgpt.guide.site import build

    build(target, language=language)
    return target


@pytest.fixture(scope="session")
def guide_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide as files."""
    return _built(tmp_path_factory.mktemp("guide") / "site", "en")


@pytest.fixture(scope="session")
def pseudo_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide in a language that nobody speaks."""
    return _built(tmp_path_factory.mktemp("guide") / "xx", "xx")


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
