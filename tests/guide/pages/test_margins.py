"""What stands beside the text: notes at their paragraphs, no holes, captions unseen."""

from typing import Any

from support.guide.paths import PATHS

# from a note's top to that of what it stands beside, and what a heading is pushed down
BESIDE = """[...document.querySelectorAll(".note")].map((note) => {
  const next = note.nextElementSibling;
  if (next.localName === "h2") return 0; // beside the end of a part, after its code
  return Math.abs(note.getBoundingClientRect().top - next.getBoundingClientRect().top);
})"""
HOLES = """[...document.querySelectorAll("article > :is(h2, .question)")].map((one) => {
  let before = one.previousElementSibling;
  while (before?.matches(".note, .before")) before = before.previousElementSibling;
  const margin = parseFloat(getComputedStyle(one).marginTop) +
    parseFloat(getComputedStyle(before).marginBottom);
  return [one.innerText.slice(0, 30), one.getBoundingClientRect().top -
    before.getBoundingClientRect().bottom - margin];
}).filter(([, hole]) => hole > 8)"""
SEEN = """[...document.querySelectorAll(".gg-figure > figcaption")]
  .filter((one) => one.offsetWidth > 1 || one.offsetHeight > 1).length"""

# whether a figure's hints begin where it ends, and not beside it
UNDER = """[...document.querySelectorAll(".gg-figure > .hint")].map((one) => {
  const figure = one.parentElement.querySelector("[props]").getBoundingClientRect();
  return one.getBoundingClientRect().top >= figure.bottom;
})"""


def test_a_note_stands_beside_its_paragraph_and_leaves_no_hole(visit: Any) -> None:
    there = visit()
    notes = []
    for path in PATHS:
        there.go(path)
        notes += there.page.evaluate(BESIDE)
        assert there.page.evaluate(HOLES) == [], path
    assert len(notes) > 10 and max(notes) <= 12


def test_what_to_try_stands_under_a_figure_or_in_its_margin(visit: Any) -> None:
    there = visit(width=390)
    there.go("/step/3/1/")
    there.scroll_through()
    for width, under in ((390, [True, True]), (1440, [True, False])):
        there.resize(width)
        assert there.page.evaluate(UNDER) == under, width


def test_a_caption_is_for_paper_and_for_who_does_not_see_the_picture(
    visit: Any,
) -> None:
    there = visit()
    there.go("/step/0/3/")
    there.scroll_through()
    caption = there.page.locator(".gg-figure > figcaption")
    assert "count table" in caption.inner_text()
    assert there.page.evaluate(SEEN) == 0
    there.page.emulate_media(media="print")
    assert there.page.evaluate(SEEN) == 1
