"""Photographs every figure for browsers that cannot compute it and for readers without
scripts: as it first stands on its page, or in the state that its description calls
`picture`, where at first there is only what is to come. Run it after `make site`, when
a figure was changed; the builder puts the pictures into the pages.

python tools/fallbacks.py [PATH ...]
"""

import argparse
import json
from urllib.parse import urlencode

from browsing import as_webp, described, figures, guide, settle

from glassgpt.guide.content.pages import FOLDER
from glassgpt.guide.fallbacks import INDEX, fallback_name

PICTURES = FOLDER / "fallbacks"


def main() -> None:
    """A picture of each figure, its size, and what the figure says of it."""
    parser = argparse.ArgumentParser(description="Photograph the figures.")
    parser.add_argument("paths", nargs="*")
    wanted = parser.parse_args().paths
    PICTURES.mkdir(exist_ok=True)
    index = PICTURES / INDEX
    known = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    with guide() as (browser, address):
        for source, name, identity, _ in figures():
            if wanted and source.path not in wanted:
                continue
            page = browser.new_page(viewport={"width": 1024, "height": 900})
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
            page.close()
    text = json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False)
    index.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
