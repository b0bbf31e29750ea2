"""The reader's own documents: kept, told of where they cannot be, erased by nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.guide.visitor import wait_until

OWN = "mine one\nmine two\nmine three\n"
KEPT = "localStorage['glassgpt.documents']"
DENY = """for (const area of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, area,
    { get() { throw new DOMException("denied", "SecurityError"); } });"""
FILL = f"localStorage.setItem('glassgpt.documents', {json.dumps(OWN)})"


def in_use(there: Any) -> str:
    """What the figure of lesson 0.1 says of the documents."""
    there.scroll_through()
    return str(there.page.inner_text(".own"))


def choose(there: Any, text: str) -> None:
    """Choose a file of documents."""
    content = {"name": "own.txt", "mimeType": "text/plain", "buffer": text.encode()}
    there.page.set_input_files(".own input[type=file]", content)


@pytest.mark.parametrize("path", ["/step/0/1/", "/"])
def test_a_link_that_cannot_be_read_is_refused_and_erases_nothing(
    path: str, visit: Any
) -> None:
    there = visit()
    there.go("/yours/")
    there.page.evaluate(FILL)
    for docs, why in (("%20", "Every line is blank"), ("", "There is nothing in it"),
                      ("%00abc", "There is a zero byte")):  # fmt: skip
        there.go("/about/")
        there.go(f"{path}#docs={docs}")
        there.scroll_through()
        note = there.page.inner_text(".frame-note >> nth=0")
        assert f"The documents in this link cannot be read. {why}" in note
        if path == "/":
            there.page.get_by_role("button", name="Train 1,000 steps").click()
            there.scroll_through()
        else:
            assert "3 documents of your own" in in_use(there)
        assert there.page.evaluate(KEPT) == OWN
        assert there.page.evaluate("'glassgpt.documents' in sessionStorage") is False


def test_back_leaves_the_documents_of_a_link_and_only_these(visit: Any) -> None:
    there = visit()
    there.go("/yours/")
    there.page.evaluate(FILL)
    there.go("/step/0/1/#docs=ab%0Aabc%0A")
    said = in_use(there)
    assert "2 documents of your own" in said and "A link brought these" in said
    there.page.get_by_role("button", name="Back to your own").click()
    there.page.wait_for_selector(".in-use:has-text('3 documents of your own')")
    wait_until(there.page, "!location.hash.includes('docs')", 10)
    there.page.reload()
    said = in_use(there)
    assert "3 documents of your own" in said and "kept in this browser" in said
    there.page.get_by_role("button", name="Back to the names").click()
    there.page.wait_for_selector(".in-use:has-text('built-in names')")
    assert there.page.evaluate(KEPT) is None


def test_kept_documents_that_cannot_be_read_are_left_where_they_are(visit: Any) -> None:
    there = visit()
    there.go("/yours/")
    there.page.evaluate("localStorage.setItem('glassgpt.documents', ' ')")
    there.go("/step/0/1/")
    assert "the built-in names" in in_use(there)
    note = there.page.inner_text(".frame-note >> nth=0")
    assert "keeps for you cannot be read. Every line is blank." in note
    assert there.page.evaluate(KEPT) == " "


def test_documents_that_do_not_fit_last_on_this_page_and_older_ones_stay_away(
    visit: Any,
) -> None:
    there = visit()
    there.go("/yours/")
    there.page.evaluate(FILL)
    there.go("/step/0/1/")
    in_use(there)
    lines = 330_000
    choose(there, "".join(f"beta gamma delta {i}\n" for i in range(lines)))
    there.page.wait_for_selector(".in-use:has-text('330,000 documents')")
    assert "In use on this page only" in there.page.inner_text(".own .said")
    assert there.page.evaluate(KEPT) is None
    there.page.reload()
    assert "the built-in names" in in_use(there)
    # the same file again, changed meanwhile: the field is empty for it
    choose(there, OWN)
    there.page.wait_for_selector(".in-use:has-text('3 documents')")
    assert "kept in this browser" in there.page.inner_text(".own .said")
    assert there.page.input_value(".own input[type=file]") == ""
    assert there.page.evaluate(KEPT) == OWN


def test_a_browser_that_keeps_nothing_is_not_said_to_keep(visit: Any) -> None:
    there = visit()
    there.page.add_init_script(DENY)
    there.go("/step/0/1/")
    in_use(there)
    choose(there, OWN)
    there.page.wait_for_selector(".in-use:has-text('3 documents')")
    assert "In use on this page only" in there.page.inner_text(".own .said")


def test_a_link_says_when_the_documents_are_too_long_to_go_with_it(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    in_use(there)
    tools = there.page.locator(".frame-tools").first
    for lines, told, coded in (
        (120, "Link copied. Your documents are too long to go with it",
         "Code copied. Your documents are too long to go with it"),
        (3, "Link copied.", "Code copied."),
    ):  # fmt: skip
        choose(there, "".join(f"planet number {i} of the list\n" for i in range(lines)))
        there.page.wait_for_selector(f".in-use:has-text('{lines} documents')")
        for button, said in (("Copy link", told), ("Copy code to embed", coded)):
            if tools.get_attribute("open") is None:
                tools.locator("summary").click()
            tools.get_by_role("button", name=button).click()
            there.page.wait_for_selector(f".frame-told:has-text('{said}')")
        copied = there.page.evaluate("navigator.clipboard.readText()")
        assert ("docs=" in copied) is (lines == 3)


@pytest.mark.parametrize(
    ("kept", "said"),
    [({}, "There is nothing in this file"),
     ([], "not saved by this page"),
     ({"documents": "x\n" * 3_200_000}, "more than this browser can keep")],
)  # fmt: skip
def test_a_file_that_holds_nothing_or_too_much_changes_nothing(
    kept: Any, said: str, visit: Any, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"glassgpt": 1, "kept": kept}), encoding="utf-8")
    there = visit()
    there.go("/yours/")
    there.page.evaluate(FILL)
    there.page.evaluate("localStorage.setItem('glassgpt.word', 'otto')")
    there.page.set_input_files("#yours-import", file)
    there.page.wait_for_selector(f"#yours-said:has-text('{said}')")
    assert there.page.evaluate(KEPT) == OWN
    assert there.page.evaluate("localStorage['glassgpt.word']") == "otto"
    assert not there.page.is_visible("#yours-undo")
