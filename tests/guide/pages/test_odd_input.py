"""What a reader may do by mistake: odd words, a file that misses its box."""

import re
from typing import Any

import pytest
from support.guide.figure import MOMENT, turn
from support.guide.visitor import wait_until

# one page of each figure that takes a word
PAGES = ["/step/0/2/", "/step/0/4/", "/step/0/6/", "/step/1/6/", "/step/1/7/",
         "/step/1/8/"]  # fmt: skip
DROP = """(where) => {
  const files = new DataTransfer();
  files.items.add(new File(["ab\\nabc\\n"], "own.txt", { type: "text/plain" }));
  const at = document.querySelector(where);
  let kept = true;
  for (const type of ["dragenter", "dragover", "drop"])
    kept = at.dispatchEvent(new DragEvent(type,
      { bubbles: true, cancelable: true, dataTransfer: files })) && kept;
  return kept;
}"""


def type_word(there: Any, word: str) -> str:
    """What the page then says of the word, and that its figures have an answer."""
    field = there.page.get_by_label(re.compile("^your word")).first
    field.fill(word)
    there.page.evaluate(MOMENT)
    busy = "document.querySelectorAll('.gg-figure [data-state=busy]').length === 0"
    wait_until(there.page, busy)
    states = there.page.eval_on_selector_all(
        ".gg-figure > [data-state]", "(all) => all.map((each) => each.dataset.state)"
    )
    assert set(states) == {"ready"}
    return " ".join(there.page.locator(".frame .field small").all_inner_texts())


@pytest.mark.parametrize("path", PAGES)
def test_an_odd_word_is_told_of_with_what_to_do(path: str, visit: Any) -> None:
    there = visit(width=390)
    there.go(path)
    there.scroll_through()
    assert "Type some of these: a b c" in type_word(there, "")
    said = type_word(there, "🙂é\u200d")
    assert "not in the vocabulary: 🙂 é U+200D" in said
    assert "Type some of these: a b c" in said
    said = type_word(there, "Zoë!")
    assert "not in the vocabulary: ë !" in said and "Known are a b c" in said
    assert there.page.get_by_label(re.compile("^your word")).first.input_value() == (
        "zoë!"
    )
    assert type_word(there, "emma") == ""
    wait_until(there.page, "location.hash.includes('word=emma')", 10)
    turn(there.page, f"#word={'xyz' * 200}")
    there.page.wait_for_selector("text=Only the first 60 characters are read.")
    assert there.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/", "/step/0/3/", "/step/0/1/", "/yours/"])
def test_a_file_that_misses_its_box_does_not_take_the_page_away(
    path: str, visit: Any
) -> None:
    there = visit()
    there.go(path)
    assert there.page.evaluate(DROP, "h1") is False
    hint = there.page.locator("#drop-hint")
    assert "box" in hint.inner_text()
    assert hint.locator("a").get_attribute("href").endswith("step/0/1/")


def test_a_file_in_its_box_is_read(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    there.scroll_through()
    assert there.page.evaluate(DROP, ".own p") is False
    there.page.wait_for_selector(".in-use:has-text('2 documents of your own')")


def test_what_is_dragged_and_is_no_file_is_left_alone(visit: Any) -> None:
    there = visit()
    there.go("/")
    assert there.page.evaluate(
        "document.body.dispatchEvent(new DragEvent('dragover',"
        " { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }))"
    )
