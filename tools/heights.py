"""Measures the height of every figure and writes it where it is kept: the figure's
description, or the page that gives a height of its own. Run it after `make site`.

python tools/heights.py [NAME ...]
"""

import argparse
import json
import re
from collections import defaultdict
from urllib.parse import urlencode

from browsing import described, described_in, figures, guide, settle
from playwright.sync_api import Browser

from glassgpt.guide.figures import WIDTHS

MORE = 60  # the most px kept free for states that are taller than the first
# the widths of a window at which the height from each width of a page on is measured
BANDS = {"390": (390, 450), "520": (520, 600), "720": (720, 840), "960": (960, 1440)}
FRAME = "document.getElementById('%s').querySelector('.frame').offsetHeight"
FREE = ".gg-figure > [props] { min-height: 0 !important; }"
_GIVEN = re.compile(r"^height = .*$", re.MULTILINE)
_KEPT = re.compile(r'"height": \{[^}]*\}')
Heights = dict[str, int]


def measured(browser: Browser, address: str, identity: str) -> Heights:
    """How high a figure is at an address, in each band of widths, in px."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address, wait_until="networkidle")
    settle(page)
    page.wait_for_selector(f"#{identity} > [props][data-state=ready]")
    page.add_style_tag(content=FREE)
    found = {}
    for band, widths in BANDS.items():
        heights = []
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            heights.append(page.evaluate(FRAME % identity))
        found[band] = max(heights)
    page.close()
    return found


def room(first: Heights, others: list[Heights]) -> Heights:
    """What to keep free: the first state's height, and something for taller ones."""
    kept = {}
    for band, height in first.items():
        tallest = max([height, *(other[band] for other in others)])
        kept[band] = min(tallest, height + MORE)
    return kept


def as_json(kept: Heights) -> str:
    """As it stands in a description."""
    return f'"height": {json.dumps(kept)}'.replace("{", "{ ").replace("}", " }")


def as_toml(kept: Heights) -> str:
    """As it stands in a page."""
    return f"height = {{ {', '.join(f'{w} = {h}' for w, h in kept.items())} }}"


def main() -> None:
    """Measure each figure on the pages it stands on, and write what was found."""
    parser = argparse.ArgumentParser(description="Measure the heights of figures.")
    parser.add_argument("names", nargs="*")
    wanted = parser.parse_args().names
    everywhere: dict[str, list[Heights]] = defaultdict(list)
    with guide() as (browser, address):
        for source, name, identity, given in figures():
            if wanted and name not in wanted:
                continue
            found = []
            for state in described(name)["states"]:
                query = {f"{identity}.{key}": value for key, value in state.items()}
                at = f"{address}{source.path}#{urlencode(query)}"
                found.append(measured(browser, at, identity))
            kept = room(found[0], found[1:])
            print(f"{source.path} {name}: {found[0]} kept {kept}", flush=True)
            if _GIVEN.search(given):
                text = source.file.read_text(encoding="utf-8")
                text = text.replace(given, _GIVEN.sub(as_toml(kept), given))
                source.file.write_text(text, encoding="utf-8")
            else:
                everywhere[name].append(kept)
    for name, several in everywhere.items():
        file = described_in(name)
        highest = {width: max(one[width] for one in several) for width in WIDTHS}
        text = file.read_text(encoding="utf-8")
        file.write_text(_KEPT.sub(as_json(highest), text), encoding="utf-8")


if __name__ == "__main__":
    main()
