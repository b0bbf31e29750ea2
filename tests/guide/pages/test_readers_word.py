"""A reader's word on every page: figures, questions and links take it as it is read."""

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlencode

import pytest
from support.guide.figure import MOMENT, turn
from support.guide.paths import PATHS
from support.guide.visitor import value_of, wait_until

from glassgpt.guide.content.answer_key import key_of, read_as
from glassgpt.guide.facts import names

BLOCK = 16  # tokens, of which the first is BOS
# what people type, and what is read of it
FIRST_WORDS = {
    "ÉMILE": "mile",
    "小明": "",
    "abcdefghij" * 4: "abcdefghij" * 4,
}
OTHER_WORDS = {
    "Emma": "emma",
    "O'Neil": "oneil",
    "mary ann": "maryann",
    "": "",
}
WORDS = FIRST_WORDS | OTHER_WORDS
QUIET = """document.querySelectorAll(
  ".gg-figure > [data-state=busy]").length === 0"""
# what the page says and shows, code and maths left out
VISIBLE = """(() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) {
    const { parentElement: at, data } = walk.currentNode;
    if (at.closest("pre, code, math, script, style, noscript, .cm-editor")) continue;
    if (data.trim() && at.checkVisibility()) texts.push(data);
  }
  return texts.join("\\n");
})()"""
FIGURES = """[...document.querySelectorAll(
  ".gg-figure > [data-state]")].map((each) => ({
  name: each.localName, state: each.dataset.state, columns: each.table.columns,
  rows: each.table.rows, sentence: each.querySelector(".frame-sentence").innerText,
}))"""
IN_ADDRESS = "new URLSearchParams(location.hash.slice(1)).get('word')"
QUESTIONS = """[...document.querySelectorAll(".question")].map((card) => {
  const seen = (what) => [...card.querySelectorAll(what)]
    .filter((one) => one.checkVisibility()).map((one) => one.innerText);
  return { words: seen(".ask [data-word]"), keys: seen(".ask [data-key]"),
    ask: seen(".ask"), read: seen(".ask-read"), none: seen(".ask-none"),
    form: seen("form").length,
    link: card.querySelector(".ask-none a")?.pathname ?? "" };
})"""
# what is said to each of some answers, given in turn
ANSWERS = """([place, answers]) => answers.map((given) => {
  const card = document.querySelectorAll(".question")[place];
  card.querySelector("input").value = given;
  card.querySelector("form").requestSubmit();
  const verdict = card.querySelector(".verdict");
  return [verdict.dataset.right, verdict.innerText];
})"""
WRONG_TEXT = re.compile(r"NaN|undefined|\[object|\{[\w-]+\}|“”|Infinity|\bnull\b")


class Page:
    """A page of the guide with a word, and what is wrong with what it then says."""

    def __init__(self, there: Any, path: str, site: Path) -> None:
        self.there, self.page, self.path = there, there.page, path
        asked = json.loads((site / "questions.json").read_text("utf-8"))
        self.asked = [one for one in asked if one["path"] == path]
        there.go(path)
        there.scroll_through()
        self.field = self.page.get_by_label(re.compile("^your word")).first
        self.typed = self.field.count() > 0

    def take(self, word: str, linked: bool = False) -> list[dict[str, Any]]:
        """Type the word, or come by a link that has it; what figures then say."""
        if linked or not self.typed:
            turn(self.page, "#" + urlencode({"word": word}))
        else:
            self.field.fill(word)
        at = json.dumps(word)
        # the address follows a moment later, and what is asked with it
        self.page.evaluate(MOMENT)
        wait_until(self.page, f"{QUIET} && {IN_ADDRESS} === {at}", 60)
        self.page.evaluate("document.dispatchEvent(new FocusEvent('focusin'))")
        return list(value_of(self.page, FIGURES))

    def check_field(self, typed: str, read: str) -> None:
        """The word stays as it was typed, and the field says how it is read."""
        if not self.typed:
            return
        assert self.field.input_value() == typed
        said = " ".join(
            self.field.locator("xpath=..").locator("small").all_inner_texts()
        )
        if read and read != typed:
            assert f"ead as {read}." in said
            assert ("Lower-cased" in said) == (typed.lower() != typed), said
        if lacking := list(dict.fromkeys(struck_out(typed))):
            assert f"not in the vocabulary: {' '.join(lacking)}" in said
        if not read:
            assert "Type some of these: a b c" in said
        # a model of Step 3 reads no more than its block
        if beyond := "beyond the block: " in said:
            assert said.endswith(f"beyond the block: {read[BLOCK - 1 :]}")
        assert bool(said) == (typed != read or not read or beyond)

    def check_text(self) -> None:
        """Nothing unfilled, nothing that is no number, nothing too wide."""
        found = WRONG_TEXT.findall(self.page.evaluate(VISIBLE))
        assert found == [] and self.there.wide() == []

    def check_questions(self, typed: str, read: str) -> None:
        """Each is asked of the word as it is read, and judged; or says why not."""
        shown = self.page.evaluate(QUESTIONS)
        assert len(shown) == len(self.asked)
        for place, (one, asked) in enumerate(zip(shown, self.asked, strict=True)):
            of_word = "{word}" in asked["ask"] or "{key}" in asked["ask"]
            if of_word and not read:
                assert one["ask"] == [] and one["form"] == 0, (typed, one)
                assert "only the letters a to z" in one["none"][0]
                assert one["link"] == "/step/0/2/"
                continue
            key = key_of(read, asked["each"])
            assert one["none"] == [] and "" not in one["ask"], (typed, one)
            assert set(one["words"]) <= {read} and set(one["keys"]) <= {key}
            assert bool(one["words"]) == ("{word}" in asked["ask"])
            if of_word and typed != read:
                (told,) = one["read"]
                assert typed in told and told.endswith(f"so this is asked of {read}.")
            else:
                assert one["read"] == []
            self.check_answer(place, asked["answers"][key][0])

    def check_answer(self, place: int, answer: str) -> None:
        """A wrong answer is wrong and the right one right, in each of its ways."""
        given = ["zzz", *answer.split(" / ")]
        wrong, *rights = self.page.evaluate(ANSWERS, [place, given])
        judged, said = wrong
        assert judged == "false" and said.startswith("Not quite."), (answer, said)
        for judged, said in rights:
            assert judged == "true" and said.startswith("Yes."), (answer, said)


def tokens_of(read: str) -> list[str]:
    """A word's tokens as tables name them."""
    tokenizer = names.tokenizer()
    return [names.character_of(one) for one in tokenizer.encode(read)]


def check_tokens(figure: dict[str, Any], read: str) -> None:
    """A table of the word's tokens, or of its pairs, has those of what is read."""
    columns, rows, tokens = figure["columns"], figure["rows"], tokens_of(read)
    if columns[:2] == ["from", "to"]:
        pairs = [list(pair) for pair in itertools.pairwise(tokens)]
        assert [row[:2] for row in rows] == pairs, figure["name"]
    if figure["name"] == "gg-tokenizer":
        assert [row[1] for row in rows] == tokens
        assert [row[2] for row in rows] == names.tokenizer().encode(read)


def struck_out(typed: str) -> list[str]:
    """The characters that the vocabulary lacks, a space by its name."""
    lacking = [one for one in typed if one.lower() not in names.letters()]
    return ["space" if one == " " else one for one in lacking]


def take_words(page: Page, words: Mapping[str, str]) -> None:
    """A page's figures and questions, as they take what is typed and what is read."""
    plain = {read: page.take(read, linked=True) for read in {*words.values()}}
    for typed, read in words.items():
        assert read_as(typed, names.letters()) == read
        for figure, other in zip(page.take(typed), plain[read], strict=True):
            assert figure["state"] == "ready"
            assert figure["rows"] == other["rows"], (figure["name"], typed)
            said = other["sentence"]
            if figure["name"] == "gg-tokenizer" and (lacking := struck_out(typed)):
                said += f" Not in the vocabulary, and so left out: {' '.join(lacking)}."
            assert figure["sentence"] == said, (figure["name"], typed)
            check_tokens(figure, read)
        page.check_field(typed, read)
        page.check_text()
        page.check_questions(typed, read)


@pytest.mark.parametrize("path", PATHS)
def test_every_figure_and_question_takes_a_word_as_it_is_read(
    path: str, visit: Any, guide_site: Path
) -> None:
    take_words(Page(visit(width=390), path, guide_site), FIRST_WORDS)


@pytest.mark.full
@pytest.mark.parametrize("path", PATHS)
def test_every_figure_and_question_takes_other_words_as_they_are_read(
    path: str, visit: Any, guide_site: Path
) -> None:
    take_words(Page(visit(width=390), path, guide_site), OTHER_WORDS)


def test_a_word_goes_with_links_and_from_page_to_page(visit: Any) -> None:
    there = visit(width=390)
    page = there.page
    for typed, read in WORDS.items():
        there.go("/step/0/2/")
        there.scroll_through()
        page.get_by_label(re.compile("^your word")).first.fill(typed)
        wait_until(page, f"{IN_ADDRESS} === {json.dumps(typed)}", 10)
        menu = page.locator(".gg-figure .frame-tools").first
        menu.evaluate("(menu) => (menu.open = true)")
        page.evaluate("navigator.clipboard.writeText('')")
        # questions are put anew at their own time: it may move under a pointer
        menu.get_by_role("button", name="Copy link").evaluate("(it) => it.click()")
        wait_until(page, "await navigator.clipboard.readText() !== ''", 10)
        link = page.evaluate("navigator.clipboard.readText()")
        state = parse_qs(urldefrag(link).fragment, keep_blank_values=True)
        assert state["word"] == [typed]
        page.click(".near a[rel=next]")
        page.wait_for_url("**/step/0/3/")
        assert asked_of(page) == ({read} if read else set())
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto(link)
        there.scroll_through()
        field = page.get_by_label(re.compile("^your word")).first
        assert field.input_value() == typed


def asked_of(page: Any) -> set[str]:
    """The words that a page's questions are asked of."""
    return {word for one in page.evaluate(QUESTIONS) for word in one["words"]}


def test_a_vocabulary_is_made_of_whatever_is_typed(visit: Any) -> None:
    there = visit(width=390)
    there.go("/step/0/2/")
    there.scroll_through()
    for typed in WORDS:
        there.page.get_by_label("some words").fill(typed)
        there.page.evaluate(MOMENT)
        wait_until(there.page, QUIET)
        written = "".join(typed.split())
        sentence = there.page.inner_text("gg-character-set .frame-sentence")
        assert there.wide() == []
        if not written:
            assert sentence.startswith("No words, no characters: only BOS is left")
            continue
        kinds = len({*written})
        assert sentence.startswith(f"{len(written)} characters were written, {kinds} ")
        assert sentence.endswith(f"makes a vocabulary of {kinds + 1} tokens.")
