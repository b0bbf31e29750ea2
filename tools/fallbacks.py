"""Photographs every figure for browsers that cannot compute it and for readers without
scripts: as it first stands on its page, or in the state that its description calls
`picture`, where at first there is only what is to come. Run it after `make site`, when
a figure was changed; the builder puts the pictures into the pages.

python tools/fallbacks.py [PATH ...]

`--ahead` makes the small ones alone, which lead to a page from the one before it, from
the pictures that are there.
"""

import argparse
import json
from urllib.parse import urlencode

from browsing import as_webp, described, figures, guide, settle
from playwright.sync_api import Page

from glassgpt.guide.content.pages import FOLDER
from glassgpt.guide.fallbacks import AHEAD, INDEX, fallback_name

PICTURES = FOLDER / "fallbacks"
SMALL = (384, 224)  # px: twice what the card of the next page has for it


def make_small(page: Page, name: str) -> None:
    """A picture in small, beside the others."""
    (PICTURES / AHEAD).mkdir(exist_ok=True)
    picture = (PICTURES / f"{name}.webp").read_bytes()
    _, _, made = as_webp(page, picture, most=SMALL)
    (PICTURES / AHEAD / f"{name}.webp").write_bytes(made)
    print(name, len(made), flush=True)


def main() -> None:
    """A picture of each figure, its size, and what the figure says of it."""
    parser = argparse.ArgumentParser(description="Photograph the figures.")
    parser.add_argument("--ahead", action="store_true", help="only the small ones")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    wanted = options.paths
    PICTURES.mkdir(exist_ok=True)
    index = PICTURES / INDEX
    known = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    with guide() as (browser, address):
        for source, name, identity, _ in figures():
            if wanted and source.path not in wanted:
                continue
            page = browser.new_page(viewport={"width": 1024, "height": 900})
            if options.ahead:
                make_small(page, fallback_name(source.path, identity))
                page.close()
                continue
            state = described(name).get("picture", {})
            query = urlencode({f"{identity}.{key}": state[key] for key in state})
            page.goto(f"{address}{source.path}#{query}", wait_until="networkidle")
            page.locator(f"#{identity}").scroll_into_view_if_needed()
            settle(page)
            frame = page.locator(f"#{identity}:has([data-state=ready]) .frame")
            frame.scroll_into_view_if_needed()
            page.wait_for_timeout(300)
            png = frame.locator(".frame-picture").screenshot()
            width, height, made = as_webp(page, png)
            name = fallback_name(source.path, identity)
            (PICTURES / f"{name}.webp").write_bytes(made)
            said = frame.locator(".frame-sentence").inner_text()
            known[name] = {"width": width, "height": height, "said": said}
            print(name, width, height, len(made), said, flush=True)
            make_small(page, name)
            page.close()
    text = json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False)
    index.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
