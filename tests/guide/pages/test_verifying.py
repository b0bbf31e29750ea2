"""Verify this page: the reader's browser holds its kernel to the program's numbers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing.figure import signs_turned

from glassgpt.guide import verify

Opened = Callable[..., Any]


def pages_with_checks(site: Path) -> list[str]:
    """The pages that have a button for their checks."""
    files = [
        file for file in site.rglob("index.html") if "data-verify" in file.read_text()
    ]
    return sorted(f"/{file.parent.relative_to(site).as_posix()}/" for file in files)


@pytest.fixture
def verified(chromium: Any, guide_address: str) -> Iterator[Opened]:
    """Opens a page, presses the button and waits: the state, and the rows."""
    contexts: list[Any] = []

    def opened(path: str, wasm: Path | None = None, word: str = "emma") -> Any:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        if wasm is not None:
            page.route("**/*f64*.wasm", lambda route: route.fulfill(path=wasm))
        page.goto(f"{guide_address}{path}#word={word}")
        page.get_by_role("button", name="Verify this page").click()
        table = page.locator(".verify-table:not([data-state=busy])")
        table.wait_for(timeout=120_000)
        rows = [row.inner_text().split("\t") for row in table.locator("tbody tr").all()]
        return table.get_attribute("data-state"), rows

    yield opened
    for context in contexts:
        context.close()


def test_every_page_with_a_figure_can_be_verified(guide_site: Path) -> None:
    pages = pages_with_checks(guide_site)
    figures = [
        f"/{file.parent.relative_to(guide_site).as_posix()}/"
        for file in guide_site.rglob("index.html")
        if re.search(r'class="gg-figure', file.read_text())
    ]
    framed = ("/embed/", "/gallery/")
    assert pages == sorted(path for path in figures if not path.startswith(framed))
    assert pages


@pytest.mark.parametrize("word", ["emma", "zoë", "christopherjohnson-the-second"])
def test_a_page_agrees_with_the_program(verified: Opened, word: str) -> None:
    state, rows = verified("/step/1/8/", word=word)
    assert state == "passed"
    expected = verify.expected(1)
    assert [row[-1] for row in rows] == ["agrees"] * 5
    assert f"{len(expected['gradient']):,}" in rows[0][0]


def test_a_kernel_with_one_sign_turned_does_not_agree(
    verified: Opened, tmp_path: Path
) -> None:
    plain = ("core/layers.c", "dlogits[targets[t]] -=", "dlogits[targets[t]] +=")
    fast = ("simd/layers.h", "logits[targets[t]] -=", "logits[targets[t]] +=")
    with signs_turned(tmp_path, plain, fast) as wasm:
        for path in ("/step/1/8/", "/"):
            state, rows = verified(path, wasm)
            assert (path, state) == (path, "failed")
            assert "differs" in {row[-1] for row in rows}


@pytest.mark.full
def test_every_page_agrees_with_the_program(verified: Opened, guide_site: Path) -> None:
    for path in pages_with_checks(guide_site):
        state, rows = verified(path)
        assert (path, state) == (path, "passed")
        assert all(row[-1] == "agrees" for row in rows)
