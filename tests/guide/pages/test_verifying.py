"""Verify this page: the reader's browser holds its kernel to the program's numbers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glassgpt.guide import verify

Opened = Callable[..., Any]


def pages_with_checks(site: Path) -> list[str]:
    """The pages that have a button for their checks."""
    files = [
        file for file in site.rglob("index.html") if "data-verify" in file.read_text()
    ]
    return sorted(f"/{file.parent.relative_to(site).as_posix()}/" for file in files)


@pytest.fixture
def verified(visit: Any) -> Opened:
    """Opens a page, presses the button and waits: the state, and the rows."""

    def opened(path: str, wasm: Path | None = None, word: str = "emma") -> Any:
        there = visit(private=wasm is not None)
        if wasm is not None:
            there.page.route("**/*f64*.wasm", lambda route: route.fulfill(path=wasm))
        return pressed(there, path, word)

    return opened


def pressed(there: Any, path: str, word: str = "emma") -> Any:
    """What the checks of a page say, when they have been asked for."""
    there.page.goto("about:blank")
    there.go(f"{path}#word={word}")
    there.page.get_by_role("button", name="Verify this page").click()
    table = there.page.locator(".verify-table:not([data-state=busy])")
    table.wait_for(timeout=120_000)
    rows = [row.inner_text().split("\t") for row in table.locator("tbody tr").all()]
    return table.get_attribute("data-state"), rows


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


@pytest.mark.parametrize("path", ["/step/1/8/", "/"])
def test_a_kernel_with_one_sign_turned_does_not_agree(
    path: str, verified: Opened, sign_turned: Path
) -> None:
    state, rows = verified(path, sign_turned)
    assert state == "failed"
    assert "differs" in {row[-1] for row in rows}


def test_the_focus_goes_to_what_the_checks_say(visit: Any) -> None:
    there = visit()
    focused = "document.activeElement.className || document.activeElement.innerText"
    pressed(there, "/step/1/8/")
    assert there.page.evaluate(focused) == "verify-said"
    again = there.page.get_by_role("button", name="Verify again")
    again.click()
    there.page.wait_for_selector(".verify-table[data-state=passed]")
    assert there.page.evaluate(focused) == again.inner_text()


@pytest.mark.full
def test_every_page_agrees_with_the_program(visit: Any, guide_site: Path) -> None:
    there = visit()
    for path in pages_with_checks(guide_site):
        state, rows = pressed(there, path)
        assert (path, state) == (path, "passed")
        assert all(row[-1] == "agrees" for row in rows)
