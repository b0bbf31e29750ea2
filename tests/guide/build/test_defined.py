"""What a page says was defined before it: only that, and what each name means."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import FIGURES, WORDS, source

from glassgpt.guide.build import read_context
from glassgpt.guide.content.glossary import Glossary
from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import FOLDER, PageError, Source
from glassgpt.guide.content.writing import Context, Page
from glassgpt.guide.defined import Name, names_before
from glassgpt.lessons import lesson

CODE = re.compile(r"^```(?:reading|slice) .*?\n```\n", re.S | re.M)
MEANINGS = {"docs": "The documents.", "vocab_size": "How many tokens."}


def lessons_of(folder: Path, *texts: str, step: int = 0) -> list[Page]:
    """Lessons with these texts, one after the other."""
    context = Context(WORDS, FIGURES, {})
    return [
        render(source(text, folder, f"step/{step}/{number}.md"), context)
        for number, text in enumerate(texts, start=1)
    ]


def before(page: Page, pages: list[Page], **meanings: str) -> list[Name]:
    context = Context(WORDS, FIGURES, {}, meanings=meanings)
    return names_before(page, pages, context)


def slice_of(part: str, step: int = 0) -> str:
    return f'```slice step{step} "{part}"\n```\n'


def with_later(page: Page, *names: str) -> Page:
    given = {**page.source.front, "later": list(names)}
    one = page.source
    front = Source(one.file, one.name, one.path, given, one.text)
    return replace(page, source=front)


def test_a_name_is_listed_with_its_meaning_where_an_earlier_page_explains_it(
    tmp_path: Path,
) -> None:
    texts = ("tokenizer: vocab_size", "parameters: counts", "model: bigram")
    pages = lessons_of(tmp_path, *map(slice_of, texts))
    assert before(pages[0], pages) == []
    found = before(pages[2], pages, vocab_size="How many.", counts="How often.")
    assert [(one.name, one.meaning, one.link) for one in found] == [
        ("vocab_size", "How many.", "/step/0/1/"),
        ("counts", "How often.", "/step/0/2/"),
    ]  # and not smoothing, which no page here explains


def test_a_function_means_what_its_first_line_says(tmp_path: Path) -> None:
    texts = ("tokenizer: encode", "training")
    pages = lessons_of(tmp_path, *map(slice_of, texts))
    (encode,) = before(pages[1], pages)
    assert encode.meaning == "From a document to its token ids, BOS at both ends."


def test_a_name_without_a_meaning_is_refused(tmp_path: Path) -> None:
    texts = ("tokenizer: vocab_size", "parameters: counts")
    pages = lessons_of(tmp_path, *map(slice_of, texts))
    with pytest.raises(PageError, match=r"step/0/2\.md: missing meaning.*vocab_size"):
        before(pages[1], pages)


def test_a_name_used_before_its_lesson_is_refused(tmp_path: Path) -> None:
    texts = ("training", "loss of a document")
    pages = lessons_of(tmp_path, *map(slice_of, texts))
    wanted = r"step/0/1\.md: name used before its lesson, 0\.2: forward"
    with pytest.raises(PageError, match=wanted):
        before(pages[0], pages)
    pages[0] = with_later(pages[0], "forward")
    assert before(pages[0], pages) == []
    pages[0] = with_later(pages[0], "forward", "bigram")
    with pytest.raises(PageError, match=r"later of step/0/1\.md: bigram"):
        before(pages[0], pages)


def test_a_step_knows_what_the_step_before_wrote_in_the_same_words(
    tmp_path: Path,
) -> None:
    first = lessons_of(tmp_path, slice_of("data"), slice_of("model: bigram"))
    second = lessons_of(tmp_path, slice_of("training", 1), step=1)
    found = before(second[0], [*first, *second], **MEANINGS)
    assert [(one.name, one.link) for one in found] == [("docs", "/step/0/1/")]


def code_of(source: Source) -> Source:
    """A lesson with nothing in it but its code, which is all that is asked about."""
    kept = {"title", "summary", "later"}
    front = {name: value for name, value in source.front.items() if name in kept}
    return replace(source, text="".join(CODE.findall(source.text)), front=front)


def test_the_guide_s_own_boxes_list_nothing_that_comes_later() -> None:
    context, _ = read_context(FOLDER, FIGURES)
    context = replace(context, glossary=Glossary())
    pages = [render(code_of(one), context) for one in context.sources if one.number]
    lists = {
        page.source.number: [one.name for one in names_before(page, pages, context)]
        for page in pages
    }
    assert not {"softmax", "mlp"} & set(lists["1.1"])
    assert "init_std" not in lists["1.2"]
    assert {"state_dict", "linear", "softmax"} <= set(lists["1.7"])
    code = {line for step in (0, 1) for line in lesson(step).source.splitlines()}
    for page in pages:
        place = pages.index(page)
        for one in names_before(page, pages, context):
            assert one.page in pages[:place], (page.source.number, one.name)
            assert not any(one.meaning in line for line in code if '"""' not in line)
