"""What a reader may do by mistake: odd words, a file that misses its box."""

import re
from typing import Any

import pytest
from support.guide.figure import MOMENT, turn
from support.guide.visitor import wait_until

KNOWN = "Known are a b c"
NOTHING = "Type some of these: a b c"
# what people type, and what a field then says of it, all that it says
WORDS = {
    "Emma": ["Lower-cased, and read as emma."],
    "ÉMILE": ["Lower-cased, and read as mile.", "not in the vocabulary: É", KNOWN],
    "O'Neil": ["Lower-cased, and read as oneil.", "not in the vocabulary: '", KNOWN],
    "mary ann": ["Read as maryann.", "not in the vocabulary: space", KNOWN],
    "小明": ["not in the vocabulary: 小 明", NOTHING],
    "🙂é\u200d": ["not in the vocabulary: 🙂 é U+200D", NOTHING],
    "abcdefghij" * 4: [],
    "": [NOTHING],
    "emma": [],
}
READ = {"Emma": "emma", "ÉMILE": "mile", "O'Neil": "oneil", "mary ann": "maryann"}
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


def type_word(there: Any, word: str, label: str = "^your word") -> str:
    """What the page then says of the word, and that its figures have an answer."""
    field = there.page.get_by_label(re.compile(label)).first
    field.fill(word)
    there.page.evaluate(MOMENT)
    busy = "document.querySelectorAll('.gg-figure [data-state=busy]').length === 0"
    wait_until(there.page, busy)
    states = there.page.eval_on_selector_all(
        ".gg-figure > [data-state]", "(all) => all.map((each) => each.dataset.state)"
    )
    assert set(states) == {"ready"}
    assert field.input_value() == word, "it stays as it was typed"
    return " ".join(there.page.locator(".frame .field small").all_inner_texts())


def test_every_word_that_people_type_is_told_of_as_it_is_read(visit: Any) -> None:
    there = visit(width=390)
    there.go("/step/0/2/")
    there.scroll_through()
    for word, parts in WORDS.items():
        said = type_word(there, word)
        assert all(part in said for part in parts), (word, said)
        assert parts or not said, (word, said)
    wait_until(there.page, "location.hash.includes('word=emma')", 10)
    turn(there.page, f"#word={'xyz' * 200}")
    there.page.wait_for_selector("text=Only the first 60 characters are read.")
    turn(there.page, "#word=EMMA")
    there.page.wait_for_selector("text=Lower-cased, and read as emma.")
    assert there.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_a_name_is_to_begin_with_is_told_of_and_read_as_it_says(
    visit: Any,
) -> None:
    there = visit()
    there.go("/sandbox/generate/")
    there.scroll_through()
    for word, parts in WORDS.items():
        said = type_word(there, word, "^begin with")
        if word == "":
            assert said == ""  # nothing is something to begin with
        elif len(word) == 40:
            assert said == f"beyond the block: {word[15:]}"
        else:
            assert all(part in said for part in parts), (word, said)
            assert parts or not said, (word, said)
        tokens = there.page.locator(".chips").first.locator("b").all_inner_texts()
        read = READ.get(word, word if word.isascii() else "")[:15]
        assert tokens[: len(read) + 1] == ["BOS", *read], word
    turn(there.page, "#generate.prefix=EMMA")
    there.page.wait_for_selector("text=Lower-cased, and read as emma.")


def test_a_search_for_a_name_forgives_capitals_and_accents_and_says_so(
    visit: Any,
) -> None:
    there = visit()
    there.go("/step/0/1/")
    there.scroll_through()
    found = {}
    for word in ("emma", "Emma", "ÉMMA"):
        there.page.get_by_label("search", exact=True).fill(word)
        there.page.evaluate(MOMENT)
        wait_until(there.page, "!document.querySelector('[data-state=busy]')")
        found[word] = there.page.inner_text(".gg-figure .frame-sentence")
    looked = " Capitals and accents make no difference: it looked for “emma”."
    for word in ("Emma", "ÉMMA"):
        assert found[word] == found["emma"].replace("“emma”", f"“{word}”") + looked


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
