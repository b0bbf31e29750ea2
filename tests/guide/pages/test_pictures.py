"""Pictures stand where nothing can compute: one of each figure, and none is stale."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from support.guide.figure import figures
from support.guide.paths import PATHS
from support.guide.visitor import wait_until

from glassgpt.guide import fallbacks
from glassgpt.guide.content import pages as sources

FOLDER = sources.FOLDER / "fallbacks"
SAID = """(all) => all.map((one) =>
  [one.closest("figure").id, one.querySelector(".frame-sentence").innerText])"""


NAMED = """(all) => all.map((one) =>
  [one.closest("figure").id, one.localName.slice(3)])"""


def pictured(named: list[tuple[str, str]]) -> dict[str, str]:
    """The state of a page in which its figures were photographed."""
    return {
        f"{identity}.{key}": value
        for identity, name in named
        for key, value in figures()[name].get("picture", {}).items()
    }


def index() -> dict[str, dict[str, Any]]:
    """What each picture is known by."""
    text = (FOLDER / fallbacks.INDEX).read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def test_the_pictures_are_those_that_the_index_names() -> None:
    small = FOLDER / fallbacks.AHEAD
    for folder in (FOLDER, small):
        assert {file.stem for file in folder.glob("*.webp")} == set(index())
    # those that lead to the next page add little to what reading costs
    assert max(file.stat().st_size for file in small.glob("*.webp")) < 20_000


@pytest.mark.full
@pytest.mark.parametrize("path", PATHS)
def test_a_picture_is_of_what_its_figure_says(path: str, visit: Any) -> None:
    there = visit(width=1024)
    there.go(path)
    shown = there.page.locator(".gg-figure > [props]")
    state = urlencode(pictured(shown.evaluate_all(NAMED)))
    there.page.goto("about:blank")
    there.go(f"{path}#{state}")
    there.scroll_through()
    wait_until(
        there.page,
        "document.querySelectorAll('.gg-figure > [props]:not([data-state=ready])')"
        ".length === 0",
    )
    said = dict(shown.evaluate_all(SAID))
    known = index()
    named = {
        identity: known.pop(fallbacks.fallback_name(path, identity))["said"]
        for identity in said
    }
    assert named == said
