"""Terms: their meanings are at hand where a page uses them."""

from typing import Any


def test_a_meaning_comes_by_pointer_and_by_key(visit: Any) -> None:
    there = visit()
    there.go("/step/0/7/")
    term = there.page.locator("a.term").first
    says = term.get_attribute("data-says")
    card = there.page.locator("#term-card")
    assert not card.is_visible()
    term.hover()
    assert card.inner_text() == says
    there.page.mouse.move(0, 0)
    card.wait_for(state="hidden")
    there.page.keyboard.press("Tab")
    term.evaluate("(link) => link.focus({ focusVisible: true })")
    assert card.inner_text() == says
    assert term.get_attribute("aria-describedby") == "term-card"
    assert there.axe() == []
    there.page.keyboard.press("Escape")
    assert not card.is_visible()


def test_a_first_tap_shows_and_a_second_follows(visit: Any) -> None:
    there = visit(width=390, has_touch=True)
    there.go("/step/0/7/")
    term = there.page.locator("a.term").first
    term.tap()
    card = there.page.locator("#term-card")
    assert card.inner_text() == term.get_attribute("data-says")
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    term.tap()
    there.page.wait_for_url("**/glossary/#term-*")
