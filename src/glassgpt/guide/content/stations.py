"""The model's one drawing in small: where a lesson stands in it."""

import functools
import json
from collections.abc import Iterable
from typing import Any

from glassgpt.errors import unknown
from glassgpt.guide.content.pages import FOLDER, PageError, Source, read_pages

PLACE = "/step/3/1/#map"  # where the drawing is, in full
# what is drawn as a box; all else is a strip of numbers
_BOXES = ("wte", "wpe", "attn_w", "mlp_fc", "lm_head", "tokens", "probs")
_MODEL = "3"  # the step whose model is drawn
_CHIPS = 6  # tokens that are drawn of a word


@functools.cache
def _layout() -> dict[str, Any]:
    """Where every part stands, in cells: the same file as the figure's."""
    text = (FOLDER / "kit" / "map" / "layout.json").read_text(encoding="utf-8")
    made: dict[str, Any] = json.loads(text)
    return made


def station_of(source: Source) -> str:
    """The station that a page names; empty for none. Raises PageError."""
    station = str(source.front.get("station", ""))
    if station and station not in _layout()["stations"]:
        what = f"station in {source.name}"
        raise unknown(what, station, _layout()["stations"], PageError)
    return station


def station_lessons() -> list[dict[str, str]]:
    """The lessons that stand at a station of the model's drawing, in their order."""
    return [
        {"station": station, "path": page.path, "number": page.number}
        for page in read_pages(FOLDER / "pages" / "en")
        if (station := station_of(page))
    ]


def small_map(station: str) -> dict[str, Any]:
    """The drawing's size and its paths, those of a station apart."""
    drawing = _layout()["wide"]
    lit = set(_layout()["stations"][station])
    boxes = {**drawing["parts"][_MODEL], "rail": drawing["rail"]}
    boxes["tokens"] = [*boxes["tokens"][:2], 5 * _CHIPS, boxes["tokens"][3]]
    framed = {name for name in boxes if name.startswith(_BOXES)}
    return {
        "width": drawing["columns"],
        "height": drawing["rail"][1] + drawing["rail"][3] + 1,
        "rail": _path([boxes["rail"]]),
        "framed": _path(boxes[name] for name in framed - lit),
        "numbers": _path(
            boxes[name] for name in boxes.keys() - framed - lit - {"rail"}
        ),
        "lit": _path(boxes[name] for name in boxes.keys() & lit),
        "ways": "".join(map(_line, drawing["ways"][_MODEL])),
    }


def _path(boxes: Iterable[list[float]]) -> str:
    return "".join(f"M{x:g} {y:g}h{w:g}v{h:g}h-{w:g}z" for x, y, w, h in sorted(boxes))


def _line(points: list[list[float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
