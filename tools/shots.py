"""Photographs every page, narrow and wide, light and dark: `make shots`.

python tools/shots.py [--site DIR] [--out DIR] [PATH ...]
"""

import argparse
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from glassgpt.guide import server

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
]
WIDTHS = (390, 1440)


def paths(site: Path) -> list[str]:
    """Every page of a site but the framed ones."""
    found = sorted(file.parent.relative_to(site) for file in site.rglob("index.html"))
    names = ["/" if str(p) == "." else f"/{p.as_posix()}/" for p in found]
    return [name for name in names if not name.startswith("/embed/")]


def settle(page: Page) -> None:
    """Scroll through, so that every figure computes; then wait for them."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 700):
        page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
        page.wait_for_timeout(120)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.wait_for_timeout(300)


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
    with server.serve(site=given.site) as running, sync_playwright() as play:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        root = f"http://{server.HOST}:{running.server_port}"
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
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
        browser.close()
        running.shutdown()


if __name__ == "__main__":
    main()
