"""The search: what comes when it opens, typing errors, and the way by arrow keys."""

from typing import Any

FOUND = "#search-found a"


def focused(page: Any) -> str:
    """What has the focus: an id, or the number of what was found."""
    return str(
        page.evaluate(
            "(one => one.id || [...document.querySelectorAll('#search-found a')]"
            ".indexOf(one).toString())(document.activeElement)"
        )
    )


def search(there: Any, query: str) -> list[str]:
    """The addresses that are found."""
    there.page.fill("#search-for", "")
    there.page.wait_for_selector(FOUND, state="detached")
    there.page.fill("#search-for", query)
    there.page.wait_for_selector(FOUND)
    return list(there.page.eval_on_selector_all(FOUND, "l => l.map(a => a.pathname)"))


def test_a_typing_error_finds_what_was_meant(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    there.page.keyboard.press("/")
    for meant, typed in (("softmax", "sofmax"), ("gradient", "gradeint")):
        assert search(there, typed)[0] == search(there, meant)[0]
    assert there.page.locator("#search-found mark").first.inner_text() != ""


def test_a_result_says_what_page_it_is_on_in_words_that_are_spaced(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    there.page.keyboard.press("/")
    assert search(there, "learning rate")[0] == "/step/1/9/"
    kinds = there.page.locator("#search-found small").all_inner_texts()
    assert kinds[0] == "Lesson 1.9 · Training and inference"
    search(there, "softmax")
    kinds = there.page.locator("#search-found small").all_inner_texts()
    assert "Glossary" in kinds
    for meant in ("loss", "token"):  # again at once, in the place of what stands there
        there.page.keyboard.press("Escape")
        assert not there.page.evaluate("document.getElementById('search').open")
        there.page.keyboard.press("/")
        there.page.keyboard.type(meant)
        assert there.page.input_value("#search-for") == meant


def test_arrow_keys_walk_through_what_was_found(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    page = there.page
    page.keyboard.press("/")
    assert len(search(there, "loss")) >= 3
    walked = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(focused(page))
    assert walked == ["0", "1", "0", "search-for", "search-for"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    path = page.evaluate("document.activeElement.pathname")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}**")


def test_index_and_finder_come_when_the_search_opens(visit: Any) -> None:
    there = visit()
    asked: list[str] = []
    there.page.on("request", lambda one: asked.append(one.url))
    there.go("/")
    there.scroll_through()
    parts = ("search.json", "search-index")
    assert not any(part in url for url in asked for part in parts)
    there.page.keyboard.press("/")
    search(there, "loss")
    assert all(any(part in url for url in asked) for part in parts)
