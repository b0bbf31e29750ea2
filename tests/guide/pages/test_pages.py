"""Every page as a reader meets it: in a browser, with a keyboard, on paper."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.guide.paths import MADE, PAGES, PATHS, paths_of


def test_every_page_that_is_written_is_built(guide_site: Path) -> None:
    assert paths_of(guide_site) | {"/404.html"} == {*PATHS, *MADE}


def test_every_lesson_ends_in_what_its_reader_can_do_now(guide_site: Path) -> None:
    for page in PAGES:
        if page.number:
            text = (guide_site / page.path.strip("/") / "index.html").read_text("utf-8")
            assert re.search(r'<p class="can"><b>[^<]+</b> \w', text), page.path


def test_arrow_keys_turn_the_pages(visit: Any) -> None:
    lessons = [page.path for page in PAGES if page.number]
    there = visit()
    there.go(lessons[1])
    there.page.keyboard.press("ArrowRight")
    there.page.wait_for_url(f"**{lessons[2]}")
    there.page.keyboard.press("ArrowLeft")
    there.page.wait_for_url(f"**{lessons[1]}")


@pytest.mark.parametrize(
    ("query", "lesson", "term"),
    [
        ("softmax", "/step/1/3/", "softmax"),
        ("BOS", "/step/0/2/", "BOS"),
        ("perplexity", "/step/0/5/", "perplexity"),
        ("gradient", "/step/1/6/", "gradient"),
        ("vector", "/start/", "vector"),
    ],
)
def test_search_finds_where_a_term_is_explained_and_then_its_line_in_the_glossary(
    query: str, lesson: str, term: str, visit: Any
) -> None:
    there = visit()
    there.go("/step/0/1/")
    there.page.keyboard.press("/")
    there.page.keyboard.type(query)
    there.page.wait_for_selector("#search-found a")
    links = there.page.eval_on_selector_all(
        "#search-found a", "l => l.map(a => a.pathname + a.hash)"
    )
    assert links[0].split("#")[0] == lesson
    assert f"/glossary/#term-{term.lower()}" in links[1:3]
    if query != "softmax":
        return
    assert there.axe() == []
    there.page.keyboard.press("Enter")
    there.page.wait_for_url(lambda url: lesson in url)


def test_search_finds_a_lesson_by_its_number(visit: Any) -> None:
    there = visit()
    there.go("/")
    there.page.keyboard.press("/")
    there.page.keyboard.type("1.4")
    first = there.page.locator("#search-found a").first
    assert first.inner_text().startswith("1.4 ")


def test_search_says_when_there_is_nothing(visit: Any) -> None:
    there = visit()
    there.go("/")
    there.page.click("#search-open")
    there.page.keyboard.type("xqzzv")
    there.page.wait_for_selector("#search-said:has-text('xqzzv')")
    there.page.keyboard.press("Escape")
    assert not there.page.evaluate("document.getElementById('search').open")


def test_the_theme_is_kept(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = there.page.evaluate(paper)
    there.page.click("#theme")
    assert there.page.evaluate(paper) == light
    there.page.click("#theme")
    dark = there.page.evaluate(paper)
    assert dark != light
    there.go("/step/0/3/")
    assert there.page.evaluate(paper) == dark


def test_a_meaning_lights_its_code(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    there.page.hover('.meanings li[data-f="4"]')
    lit = there.page.inner_text('.panel .frag.lit[data-f="4"]')
    assert lit.startswith("+=")
    there.page.focus('.meanings li[data-f="1"]')
    assert "lit" in there.page.get_attribute('.panel .frag[data-f="1"]', "class")


def test_a_question_gives_a_hint_before_the_working(visit: Any) -> None:
    there = visit()
    there.go("/step/0/1/#word=olivia")
    card = there.page.locator(".question:not(.predict)")
    verdict = card.locator(".verdict")
    hint = card.locator(".hint-said").text_content()

    def verdict_on(answer: str) -> str:
        card.locator("input").fill(answer)
        card.locator("button").click()
        assert verdict.get_attribute("data-right") == "false"
        return str(verdict.inner_text())

    for _ in range(2):  # the same answer again is no second try
        assert hint in verdict_on("6") and "30.2 of" not in verdict_on("6")
    assert "30.2 of every hundred" in verdict_on("7")
    card.locator("input").fill("27")
    there.page.keyboard.press("Enter")
    assert verdict.get_attribute("data-right") == "true"
    assert "olivia" in card.locator(".ask").inner_text()


@pytest.mark.parametrize(
    ("word", "right", "told"),
    [
        ("sam", ["a", "h", "H", "a / h"], "a and h, 34 each"),
        ("xavier", ["a", "BOS", "bos"], "a and BOS, 4 each"),
        ("quinn", ["u"], "7 of 9: u."),
    ],
)
def test_each_of_several_right_answers_is_right(
    word: str, right: list[str], told: str, visit: Any
) -> None:
    there = visit()
    there.go(f"/step/0/3/#word={word}")
    for given in [*right, "z", "y"]:
        there.page.fill("#answer", given)
        there.page.click(".question button")
        verdict = there.page.get_attribute(".verdict", "data-right")
        assert verdict == str(given not in "zy").lower(), given
    assert told in there.page.inner_text(".verdict")


def test_a_prediction_is_judged_and_stays_at_its_figure(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/#word=quinn")
    card = there.page.locator(".question.predict")
    assert card.locator("h2").inner_text() == "Predict"
    assert card.locator(".hint-said [data-key]").text_content() == "q"
    for answer, right in (("x", "Compare"), ("u", "so it is")):
        card.locator("input").fill(answer)
        card.locator("input").press("Enter")
        (said,) = there.page.locator(".predicted").all_inner_texts()
        assert answer in said and right in said
    stands = ".predicted + .gg-figure#table"
    assert there.page.locator(stands).count() == 1
    assert there.axe() == []


def test_what_stands_over_a_question_says_whether_its_figure_comes_after_it(
    guide_site: Path,
) -> None:
    for file in guide_site.rglob("step/*/*/index.html"):
        text = file.read_text(encoding="utf-8")
        figures = [one.start() for one in re.finditer('<figure class="gg-figure', text)]
        over = re.finditer(r'<h2 id="question[-\d]*">([^<]+)</h2>', text)
        for found in over:
            comes = any(place > found.start() for place in figures)
            was = any(place < found.start() for place in figures)
            if found[1] in ("Before you look", "Predict"):
                assert comes, (file, found[1])
            if found[1] == "Before you look":
                assert not was, file


def test_a_link_into_a_lesson_that_moved_leads_to_where_it_is_now(visit: Any) -> None:
    there = visit()
    for old, now in {
        "/step/0/5/#live.at=3&word=ava": "/step/0/6/#live.at=3&word=ava",
        "/step/0/6/#word=ava&walk.at=1": "/step/0/5/#word=ava&walk.at=1",
        "/step/0/6/#term-perplexity": "/step/0/5/#term-perplexity",
        "/step/0/6/#live": "/step/0/6/#live",
        "/step/0/5/#word=ava": "/step/0/5/#word=ava",
    }.items():
        there.go("/yours/")
        there.go(old)
        there.page.wait_for_url(f"**{now}")
        there.page.wait_for_load_state()
        assert there.page.url.endswith(now)


def test_the_map_fills_with_what_was_read_to_its_end(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    before = there.page.inner_text(".filemap .said")
    assert there.page.locator(".filemap .down path.known").count() == 0
    there.go("/step/0/1/")
    there.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    there.page.wait_for_function("localStorage.getItem('glassgpt.lessons') !== null")
    there.go("/step/0/3/")
    assert there.page.locator(".filemap .down path.known").count() > 0
    assert there.page.inner_text(".filemap .said") != before
    block = there.page.locator(".filemap .down a[aria-label^='data']")
    block.hover()
    assert "lesson 0.1" in there.page.inner_text(".filemap .said")
    block.click()
    there.page.wait_for_url("**/step/0/1/")


def test_a_question_bears_any_word(visit: Any) -> None:
    there = visit()
    there.go("/step/0/3/")
    for word in ("<b>x</b>", "$&{word}", "a" * 300):
        there.page.evaluate("(w) => localStorage.setItem('glassgpt.word', w)", word)
        there.go("/step/0/3/")
        card = there.page.locator(".question:not(.predict)")
        card.locator("input").fill("61")  # as many pairs as the longest word has
        card.get_by_role("button").click()
        right = card.locator(".verdict").get_attribute("data-right")
        assert right == str(len(word) == 300).lower()
        told = card.locator(".ask-read").inner_text()
        assert told.startswith(f"You typed {word}. ") or len(word) == 300
        assert there.page.locator(".question b b, .ask-read *").count() == 0


def test_on_paper_the_text_stays_and_the_frame_goes(visit: Any) -> None:
    there = visit(theme="dark")
    there.go("/step/0/3/")
    there.page.emulate_media(media="print")
    assert not there.page.is_visible("header.site")
    assert not there.page.is_visible(".near")
    assert there.page.is_visible("article h1")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert there.page.evaluate(paper) == "rgb(255, 255, 255)"
    assert len(there.page.pdf()) > 10_000


def test_every_page_says_its_language_and_title(guide_site: Path) -> None:
    titles = []
    for file in guide_site.rglob("*.html"):
        html = file.read_text(encoding="utf-8")
        assert re.search(r'<html lang="en"', html), file
        title = re.search(r"<title>(.+?)</title>", html)
        assert title and "glassgpt" in title[1], file
        if "embed" not in file.parts:
            titles.append(title[1])
    assert len(titles) == len(set(titles))


def test_an_embed_tells_its_height_and_may_be_framed(visit: Any) -> None:
    there = visit()
    there.go("/")
    height = there.page.evaluate("""() => new Promise((done) => {
      addEventListener("message", (event) => {
        if (event.data.type === "glassgpt-height") done(event.data.height);
      });
      const frame = document.createElement("iframe");
      frame.src = "embed/count-table/";
      document.body.append(frame);
    })""")
    assert height > 200
