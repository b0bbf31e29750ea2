"""A lesson's place in the drawing of the model: lit, and refused if unknown."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from rendering import source
from support.guide.paths import PAGES

from glassgpt.config import preset
from glassgpt.engines.shapes import shapes
from glassgpt.guide.content.pages import FOLDER, PageError
from glassgpt.guide.content.stations import small_map, station_of

LAYOUT = json.loads((FOLDER / "kit/map/layout.json").read_text(encoding="utf-8"))


def test_an_unknown_station_is_refused_with_the_nearest(tmp_path: Path) -> None:
    page = source("Text.\n", tmp_path, "step/3/9.md")
    assert station_of(page) == ""
    page.front["station"] = "cachee"
    with pytest.raises(PageError, match=r"station in step/3/9\.md: cachee") as error:
        station_of(page)
    assert "Did you mean cache?" in str(error.value.remedy)
    page.front["station"] = "cache"
    assert station_of(page) == "cache"


def test_every_part_of_a_station_is_in_both_drawings() -> None:
    for drawing in ("wide", "tall"):
        there = {*LAYOUT[drawing]["parts"]["3"], "rail"}
        for station, parts in LAYOUT["stations"].items():
            assert set(parts) <= there, (drawing, station)


def test_each_matrix_has_a_place_of_its_shape() -> None:
    for step in ("2", "3"):
        expected = shapes(preset(f"step{step}").with_vocabulary(27).model)
        for drawing in ("wide", "tall"):
            boxes = LAYOUT[drawing]["parts"][step]
            for name, (rows, columns) in expected.items():
                assert boxes[name][2:] == [columns, rows], (drawing, step, name)


def test_the_small_map_lights_its_station_and_draws_the_rest() -> None:
    made = small_map("scores")
    assert made["lit"].count("M") == 2
    everything = made["framed"] + made["numbers"] + made["lit"]
    assert everything.count("M") == len(LAYOUT["wide"]["parts"]["3"])


def test_lessons_with_a_station_have_the_small_map_and_it_leads_to_the_large_one(
    guide_site: Path,
) -> None:
    lit = [page for page in PAGES if page.front.get("station")]
    assert lit
    for page in lit:
        file = guide_site / page.path.strip("/") / "index.html"
        text = file.read_text(encoding="utf-8")
        (link,) = re.findall(r'<a class="small-map" href="([^"]+)"', text)
        assert (file.parent / link.split("#")[0]).resolve() == guide_site / "step/3/1"
        assert small_map(page.front["station"])["lit"] in text
        (drawn,) = re.findall(r'<a class="small-map".*?</a>', text)
        assert len(drawn) < 4000 and "built-in" not in drawn
