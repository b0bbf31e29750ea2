"""The guide in Firefox and in WebKit: every page, a reader's word, a training."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.browsers import Other, firefox, watched, webkit
from support.guide.lessons import NEAR, lesson
from support.guide.paths import MADE, PATHS
from support.guide.visitor import NEXT_FIGURE

import glassgpt as gg

START = {"firefox": firefox.start, "webkit": webkit.start}
BOTH = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in START]
WIDE = """[document.documentElement, document.body].map((one) => one.scrollWidth)
  .filter((wide) => wide > innerWidth)"""
NAMES = "[...document.querySelectorAll('.names li')].map((one) => one.textContent)"

pytestmark = pytest.mark.full


@pytest.fixture(scope="module", params=BOTH)
def other(request: pytest.FixtureRequest, guide_site: Any) -> Iterator[Other]:
    """A browser that is not Chromium, on the guide."""
    with watched(guide_site) as address:
        running = Other(START[request.param], address)
        yield running
        running.close()


@pytest.mark.parametrize("path", [*PATHS, *MADE])
def test_every_page_is_whole_in_other_browsers(path: str, other: Other) -> None:
    def look() -> None:
        other.wait_until(NEXT_FIGURE)
        assert other.ask(WIDE) == []
        other.driver.resize(390)
        other.wait_until("innerWidth === 390")
        other.wait_until(NEXT_FIGURE)
        assert other.ask(WIDE) == []

    other.visit(path, look)


def test_what_a_page_complains_of_would_be_found(other: Other) -> None:
    errors = {
        "setTimeout(() => { throw new Error('late') })": "late",
        "void Promise.reject(new Error('promised'))": "promised",
        "console.warn('warned')": "warned",
        "document.body.append(Object.assign(new Image, { src: '/no' }))": "load .*/no",
    }
    for error, said in errors.items():

        def look(error: str = error) -> None:
            other.ask(error)
            other.wait_until("complaints.length")

        with pytest.raises(AssertionError, match=f"/about/ complains: .*{said}"):
            other.visit("/about/", look)


class Crashing:
    """A browser that goes away each time that it is asked."""

    def go(self, address: str) -> None:
        raise ConnectionResetError

    def resize(self, width: int) -> None:
        """It has no window."""


def test_a_browser_that_is_gone_is_started_once_more(guide_address: str) -> None:
    started: list[ExitStack] = []
    running = Other(lambda stack: started.append(stack) or Crashing(), guide_address)
    with pytest.raises(ConnectionResetError):
        running.visit("/", lambda: None)
    with pytest.raises(ConnectionResetError):
        running.visit("/", lambda: None)
    with pytest.raises(AssertionError, match="gone for good"):
        running.visit("/", lambda: None)
    assert len(started) == 2


def test_a_typed_word_is_read_in_other_browsers(other: Other) -> None:
    begun = lesson(1, 50)
    expected = begun.engine.token_losses(begun.tokenizer.encode("quinn"))
    rows = "document.querySelector('gg-loss-walk').table.rows"

    def look() -> None:
        other.wait_until(NEXT_FIGURE)
        other.press("gg-loss-walk .field input")
        other.ask("document.activeElement.select()")
        other.type("quinn")
        other.wait_until(f"{rows}.map((row) => row[0]).join('') === 'BOSquinn'")
        found = [row[3] for row in other.ask(rows)]
        assert found == pytest.approx(expected, **NEAR)

    other.visit("/step/1/5/#word=emma&walk.names=50", look)


def test_a_training_has_the_reference_s_losses_in_other_browsers(other: Other) -> None:
    run = gg.train("names", engine="kernel")

    def look() -> None:
        other.wait_until(NEXT_FIGURE)
        other.press("gg-train-home .fast")
        other.wait_until(
            "document.querySelector('gg-train-home[data-state=ready] svg .dot')"
        )
        figure = "document.querySelector('gg-train-home')"
        losses = [row[1] for row in other.ask(f"{figure}.table.rows")]
        assert losses == pytest.approx(run.losses, rel=1e-7)
        sentence = other.ask("document.querySelector('.frame-sentence').innerText")
        assert f"{run.heldout_loss:.4f}" in sentence
        assert other.ask(NAMES) == run.samples

    other.visit("/", look)
