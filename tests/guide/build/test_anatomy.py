"""A lesson has all its parts, in their order."""

from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import FIGURES, GOOD, WORDS, source

from glassgpt.guide.content.anatomy import check_anatomy
from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.content.writing import Context, Page

HOOK = "A table of whole numbers. It is all there is.\n\n"
ASKED = "```question\nask = 'How?'\nanswer = 'So'\nworking = 'So.'\n{}```\n"
PREDICTION, QUESTION = ASKED.format("predict = true\n"), ASKED.format("")
SEEN = "This was seen.\n\n"
CODE = '```slice step0 "model: bigram"\n```\n'
BRIDGE = "```bridge\nThe next *lesson* counts.\n```\n"
WHOLE = (HOOK, PREDICTION, GOOD, SEEN, CODE, QUESTION, BRIDGE)


def page_of(*parts: str, folder: Path, name: str = "3") -> Page:
    """A page of Step 0 as a build makes and checks it."""
    written = source("".join(parts), folder, f"step/0/{name}.md")
    page = render(written, Context(WORDS, FIGURES, {}))
    check_anatomy(page)
    return page


def test_a_lesson_with_all_parts_is_built(tmp_path: Path) -> None:
    made = page_of(*WHOLE, folder=tmp_path).html
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
        page_of(*left, folder=tmp_path)


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
        page_of(*order, folder=tmp_path)


def test_a_step_s_own_page_needs_no_parts_but_a_figure_after_its_prediction(
    tmp_path: Path,
) -> None:
    assert page_of(SEEN, folder=tmp_path, name="index").html
    with pytest.raises(PageError, match=r"step/0/index\.md.*no figure comes after"):
        page_of(SEEN, PREDICTION, folder=tmp_path, name="index")
