"""What a browser keeps for its reader: carried, exported, brought back, removed."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.guide.visitor import wait_until

from glassgpt.errors import GlassGPTError
from glassgpt.guide.content.answer_key import answer_key
from glassgpt.guide.facts import counting as worked

OWN = "anna\nbob\n\ncleo\n"
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('glassgpt.'))"


def fill(there: Any) -> None:
    """Leave something of every kind."""
    there.go("/step/0/3/")
    there.page.fill("#answer", "BOS")
    there.page.click(".question button")
    there.page.click("#theme")
    there.page.locator(".near").scroll_into_view_if_needed()
    wait_until(there.page, "'glassgpt.lessons' in localStorage", 10)
    there.go("/sandbox/play/")
    there.scroll_through()
    there.page.click(".written")
    there.page.keyboard.press("a")
    there.page.keyboard.press("Enter")
    there.go("/step/0/1/")
    there.scroll_through()
    there.page.fill(".own textarea", OWN)
    there.page.get_by_role("button", name="Use these").click()
    there.page.wait_for_selector(".own:has-text('3 documents of your own')")
    there.go("/step/0/5/")
    there.scroll_through()
    there.page.locator(".gg-figure input[type=text]").first.fill("cleo")
    wait_until(there.page, "localStorage['glassgpt.word'] === 'cleo'", 10)


def shown(there: Any) -> dict[str, str]:
    """What the page says is kept."""
    rows = there.page.query_selector_all("[data-kept]")
    return {row.get_attribute("data-kept"): row.inner_text() for row in rows}


def test_all_that_is_kept_is_shown_exported_removed_and_brought_back(
    visit: Any, tmp_path: Path
) -> None:
    there = visit(width=390)
    fill(there)
    there.go("/yours/")
    there.page.keyboard.press("Tab")
    before = shown(there)
    assert before == {
        "word": "cleo", "documents": "lines: 3", "answered": "1", "theme": "Light",
        "lessons": before["lessons"], "guesses": "1",
    }  # fmt: skip
    assert int(before["lessons"]) >= 1
    assert len(there.page.evaluate(KEPT)) == 6
    with there.page.expect_download() as saved:
        there.page.click("#yours-export")
    file = tmp_path / "mine.json"
    saved.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))["kept"]["documents"] == OWN
    there.page.focus("#yours-reset")
    there.page.keyboard.press("Enter")
    assert set(shown(there).values()) == {"nothing kept"}
    assert there.page.evaluate(KEPT) == []
    assert there.axe() == []
    there.page.click("#yours-undo")
    assert shown(there) == before
    there.page.click("#yours-reset")

    other = visit(theme="dark")
    other.go("/yours/")
    assert set(shown(other).values()) == {"nothing kept"}
    other.page.set_input_files("#yours-import", file)
    other.page.wait_for_selector("#yours-said:has-text('in place')")
    assert shown(other) == before
    assert other.axe() == []
    other.go("/step/0/1/")
    other.scroll_through()
    assert "3 documents" in other.page.inner_text(".gg-figure .frame-sentence")


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", '{"glassgpt": 2, "kept": {}}',
     '{"glassgpt": 1, "kept": {"word": 3}}', '{"glassgpt": 1, "kept": {"evil": "x"}}'],
)  # fmt: skip
def test_a_file_of_something_else_changes_nothing(
    text: str, visit: Any, tmp_path: Path
) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    there = visit()
    there.go("/yours/")
    there.page.evaluate("localStorage.setItem('glassgpt.word', 'otto')")
    there.page.set_input_files("#yours-import", file)
    there.page.wait_for_selector("#yours-said:has-text('not saved by this page')")
    assert there.page.evaluate("localStorage['glassgpt.word']") == "otto"


@pytest.mark.parametrize("kept", ["null", "[", '"x"', "[1]", "{}"])
def test_a_page_bears_whatever_is_kept(kept: str, visit: Any) -> None:
    there = visit()
    there.page.add_init_script(
        "for (const key of ['answered', 'lessons', 'answers', 'read', 'theme',"
        f" 'documents']) localStorage.setItem(`glassgpt.${{key}}`, {json.dumps(kept)})"
    )
    there.go("/step/0/")
    there.go("/step/0/3/")
    there.page.fill("#answer", "a")
    there.page.click(".question button")
    assert there.page.inner_text(".verdict")
    there.go("/yours/")
    assert there.page.is_visible("#yours-reset")


def test_a_lesson_that_was_read_is_marked_in_its_step(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    there.scroll_through()
    there.page.locator(".near").scroll_into_view_if_needed()
    wait_until(there.page, "'glassgpt.lessons' in localStorage", 10)
    there.go("/step/0/")
    read = there.page.locator(".lessons a:has(small)")
    assert [a.get_attribute("href") for a in read.all()] == ["../../step/0/3/"]


def test_what_was_kept_before_two_lessons_changed_places_goes_along_with_them(
    visit: Any, tmp_path: Path
) -> None:
    there = visit()
    there.go("/yours/")
    old = {
        "read": '["/step/0/3/","/step/0/5/"]',
        "answers": '{"/step/0/6/": {"given": "3", "right": true}}',
    }
    there.page.evaluate(
        "(old) => Object.entries(old).forEach("
        "([key, text]) => localStorage.setItem('glassgpt.' + key, text))",
        old,
    )

    def lessons_read() -> list[str]:
        there.go("/step/0/")
        links = there.page.locator(".lessons a:has(small)").all()
        return [link.get_attribute("href")[-9:] for link in links]

    def answered() -> Any:
        return json.loads(there.page.evaluate("localStorage['glassgpt.answered']"))

    for _ in range(2):  # once, and not back again
        assert lessons_read() == ["step/0/3/", "step/0/6/"]
        assert list(answered()) == ["/step/0/5/"]
    assert sorted(there.page.evaluate(KEPT)) == [
        "glassgpt.answered",
        "glassgpt.lessons",
    ]
    file = tmp_path / "old.json"
    file.write_text(
        json.dumps({"glassgpt": 1, "kept": {**old, "read": '["/step/0/6/"]'}})
    )
    there.go("/yours/")
    there.page.set_input_files("#yours-import", file)
    there.page.wait_for_selector("#yours-said:has-text('in place')")
    assert shown(there)["lessons"] == shown(there)["answered"] == "1"
    assert lessons_read() == ["step/0/5/"]
    assert list(answered()) == ["/step/0/5/"]


def test_what_a_link_brought_goes_along_and_is_not_kept(visit: Any) -> None:
    there = visit()
    there.go("/yours/")
    there.page.evaluate("localStorage.setItem('glassgpt.word', 'mine')")
    there.go("/step/0/1/#word=theirs&docs=ab%0Aabc%0A")
    there.scroll_through()
    assert "2 documents" in there.page.inner_text(".gg-figure .frame-sentence")
    assert "theirs" in there.page.inner_text(".ask")
    there.page.click(".near a[rel=next]")
    there.page.wait_for_url("**/step/0/2/")
    assert "theirs" in there.page.inner_text(".ask")
    there.go("/yours/")
    assert shown(there)["word"] == "mine"
    assert shown(there)["documents"] == "nothing kept"


def test_the_key_answers_every_question(guide_site: Path) -> None:
    lines = list(answer_key(guide_site, "quentin"))
    text = "\n".join(lines)
    cards = sum(
        file.read_text("utf-8").count('class="question card')
        for file in guide_site.rglob("index.html")
    )
    assert cards
    assert text.count("\n## ") == text.count("Answer: ") == cards
    assert f"Answer: {worked.followers('q')[0]}\n" in text
    assert "{" not in text and "<" not in text


def test_the_key_reads_a_word_as_pages_do(guide_site: Path) -> None:
    begun = "# Answers for the word "
    (mile,) = {tuple(answer_key(guide_site, "mile"))}
    assert mile[0] == f"{begun}mile"
    first, *others = answer_key(guide_site, " ÉMILE ")
    assert first == f"{begun} ÉMILE , read as mile" and others == [*mile[1:]]
    decomposed = "e\u0301mile"
    assert next(answer_key(guide_site, decomposed)).endswith("read as mile")
    long = list(answer_key(guide_site, "ab" * 40))
    assert long[0].endswith(f", read as {'ab' * 30}")
    text = "\n".join(long)
    assert text.count("Answer: ") == text.count("\n## ") > 0


def test_the_key_needs_a_word_and_a_site(guide_site: Path, tmp_path: Path) -> None:
    for word in (" ", "小明"):
        with pytest.raises(GlassGPTError, match="none of the letters") as caught:
            list(answer_key(guide_site, word))
        assert caught.value.remedy.startswith("Give one of some of these: a b c")
    with pytest.raises(GlassGPTError, match="missing guide, it was not built"):
        list(answer_key(tmp_path, "emma"))
