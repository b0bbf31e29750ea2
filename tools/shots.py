"""Photographs every page, narrow and wide, light and dark: `make shots`.

python tools/shots.py [--site DIR] [--out DIR] [PATH ...]
"""

import argparse
from pathlib import Path

from browsing import guide, settle

from glassgpt.guide import server

# on a page that is photographed whole nothing is scrolled
AT_REST = ".frame-controls { position: static !important }"
WIDTHS = (390, 1440)


def paths(site: Path) -> list[str]:
    """Every page of a site but the framed ones."""
    found = sorted(file.parent.relative_to(site) for file in site.rglob("index.html"))
    names = ["/" if str(p) == "." else f"/{p.as_posix()}/" for p in found]
    return [name for name in names if not name.startswith("/embed/")]


def main() -> None:
    """Write a picture for each page, width and theme."""
    parser = argparse.ArgumentParser(description="Photograph the guide.")
    parser.add_argument("--site", type=Path, default=server.SITE)
    parser.add_argument("--out", type=Path, default=Path("shots"))
    parser.add_argument("--width", type=int, action="append")
    parser.add_argument("--theme", action="append")
    parser.add_argument("--fold", action="store_true", help="only the first screen")
    parser.add_argument("paths", nargs="*")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with guide(given.site) as (browser, root):
        for theme in given.theme or ("light", "dark"):
            for width in given.width or WIDTHS:
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=theme
                )
                page = context.new_page()
                page.on("console", lambda m: print(m.type, m.text))
                page.on("pageerror", lambda error: print("error", error))
                for path in given.paths or paths(given.site):
                    page.goto(root + path, wait_until="networkidle")
                    if not given.fold:
                        page.add_style_tag(content=AT_REST)
                        settle(page)
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        print(f"{path}: {wide} px wide at {width}")
                    name = path.strip("/").replace("/", "-") or "home"
                    page.screenshot(
                        path=given.out / f"{name}-{width}-{theme}.png",
                        full_page=not given.fold,
                    )
                context.close()


if __name__ == "__main__":
    main()
