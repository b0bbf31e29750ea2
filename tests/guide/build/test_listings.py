"""Slices of the lessons' programs: found by name, explained, drawn in small."""

import re

import pytest

pytest.importorskip("pygments")

from glassgpt.guide.code import listings
from glassgpt.guide.code.filemap import MapSection, map_svg
from glassgpt.lessons import lesson


def test_every_part_of_every_step_can_be_named() -> None:
    for step in range(6):
        program = lesson(step)
        for name in [*program.sections, *listings.parts(program)]:
            assert listings.named_slice(program, name).text.strip()


def test_a_fragment_may_leave_out_its_middle() -> None:
    one = listings.named_slice(lesson(0), "update: update")
    (found,) = listings.find_fragments(one, ["for pos_id … += 1"])
    assert one.text[found.start : found.end].startswith("for pos_id in range(n):")
    assert one.text[found.start : found.end].endswith("+= 1")


def test_names_that_were_defined_before_come_from_the_program() -> None:
    one = listings.named_slice(lesson(0), "model: bigram")
    found = {d.name: d.meaning for d in listings.needed([one])}
    assert found == {"vocab_size": "", "counts": "", "smoothing": ""}


def test_a_name_made_between_two_slices_is_explained_too() -> None:
    names = ("gradient: numerical_gradient", "gradient check")
    slices = [listings.named_slice(lesson(1), name) for name in names]
    for given in (slices, slices[::-1]):
        found = {d.name: d.meaning for d in listings.needed(given)}
        assert found["analytic_gradient"].startswith("The chain rule by hand")
        assert {"forward", "params", "encode", "docs"} <= set(found)
        assert "numerical_gradient" not in found and "largest" not in found


def test_a_name_that_a_slice_makes_itself_is_not_needed() -> None:
    # the gradient check above it makes a name tokens of its own
    needed = listings.needed([listings.named_slice(lesson(1), "training")])
    assert "docs" in {d.name for d in needed}
    assert "tokens" not in {d.name for d in needed}


def test_a_map_of_a_file_says_where_each_section_is_explained() -> None:
    program = lesson(0)
    lines = program.sections["update"]
    block = MapSection("update", lines, "/step/0/3/", "update: lesson 0.3")
    pages = dict.fromkeys(lines, "/step/0/3/")
    svg = map_svg(program, [block], pages, set(lines), set(), across=False)
    assert '<a href="/step/0/3/" aria-label="update: lesson 0.3">' in svg
    (count,) = re.findall(
        r'class="known" data-page="/step/0/3/" data-lines="(\d+)"', svg
    )
    text = program.source.splitlines()
    assert int(count) == sum(bool(text[n - 1].strip()) for n in lines)
