"""A lesson that declares its anatomy has all parts, in their order."""

from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import FIGURES, GOOD, HEAD, WORDS

from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import PageError, read_page
from glassgpt.guide.content.writing import Context, Page

HOOK = "A table of whole numbers. It is all there is.\n\n"
ASKED = "```question\nask = 'How?'\nanswer = 'So'\nworking = 'So.'\n{}```\n"
PREDICTION, QUESTION = ASKED.format("predict = true\n"), ASKED.format("")
SEEN = "This was seen.\n\n"
CODE = '```slice step0 "model: bigram"\n```\n'
BRIDGE = "```bridge\nThe next *lesson* counts.\n```\n"
WHOLE = (HOOK, PREDICTION, GOOD, SEEN, CODE, QUESTION, BRIDGE)


def lesson_of(*parts: str, folder: Path, form: str = "2", name: str = "3") -> Page:
    file = folder / f"step/0/{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = HEAD.replace("+++\n", f"+++\nanatomy = {form}\n", 1)
    file.write_text(head + "".join(parts), encoding="utf-8")
    return render(read_page(file, folder), Context(WORDS, FIGURES, {}))


def test_a_lesson_with_all_parts_is_built(tmp_path: Path) -> None:
    made = lesson_of(*WHOLE, folder=tmp_path).html
    assert '<p class="bridge">The next <em>lesson</em> counts.</p>' in made


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (HOOK, "hook"),
        (PREDICTION, "prediction"),
        (GOOD, "figure"),
        (QUESTION, "question"),
        (BRIDGE, "bridge"),
    ],
)
def test_a_lesson_without_a_part_is_refused(
    part: str, name: str, tmp_path: Path
) -> None:
    left = [one for one in WHOLE if one != part]
    with pytest.raises(PageError, match=rf"step/0/3\.md.*{name}"):
        lesson_of(*left, folder=tmp_path)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ((HOOK, GOOD, PREDICTION, QUESTION, BRIDGE), "prediction"),
        ((HOOK, PREDICTION, CODE, GOOD, QUESTION, BRIDGE), "slice comes before"),
        ((HOOK, PREDICTION, QUESTION, GOOD, SEEN, BRIDGE), "a question comes after"),
        ((HOOK, PREDICTION, GOOD, BRIDGE, QUESTION), "one bridge comes last"),
    ],
)
def test_a_lesson_in_another_order_is_refused(
    order: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PageError, match=said):
        lesson_of(*order, folder=tmp_path)


def test_only_a_lesson_has_an_anatomy_and_only_of_this_form(tmp_path: Path) -> None:
    for given in ({"form": "1"}, {"name": "index"}):
        with pytest.raises(PageError, match="lessons may say anatomy = 2"):
            lesson_of(*WHOLE, folder=tmp_path, **given)
