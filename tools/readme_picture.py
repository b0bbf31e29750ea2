"""Photographs the guide's first page after a training, light and dark, for the README.
Run it after `make site`, when that page was changed.

python tools/readme_picture.py
"""

from pathlib import Path

from browsing import as_webp, guide
from playwright.sync_api import FloatRect, Page, expect

DOCS = Path(__file__).parents[1] / "docs"
FIGURE = "train"
WIDTH, HEIGHT = 1120, 900  # of the window, in px
SCALE = 1.5  # px of the picture for each, for fine screens
AROUND = 24  # px kept free above and below what is shown
QUALITY = 0.5


def photographed(page: Page, address: str) -> bytes:
    """From the title to the controls once the figure has trained, as PNG."""
    page.goto(f"{address}/#{FIGURE}.run=1")
    figure = page.locator(f"#{FIGURE}")
    expect(figure.locator("dd").first).to_have_text("1,000", timeout=60_000)
    expect(figure.locator("[props]")).to_have_attribute("data-state", "ready")
    page.evaluate("document.fonts.ready")
    top, bottom = page.locator("h1"), figure.locator(".frame-sentence")
    first, last = top.bounding_box(), bottom.bounding_box()
    assert first and last
    y, end = first["y"] - AROUND, last["y"]
    clip: FloatRect = {"x": 0, "y": y, "width": WIDTH, "height": end - y}
    return page.screenshot(animations="disabled", clip=clip)


def main() -> None:
    """Write the picture of each theme."""
    with guide() as (browser, address):
        for theme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT},
                device_scale_factor=SCALE,
                color_scheme=theme,
            )
            width, height, made = as_webp(page, photographed(page, address), QUALITY)
            file = DOCS / f"guide-{theme}.webp"
            file.write_bytes(made)
            print(f"{file.name}: {width} x {height}, {len(made):,} bytes")
            page.close()


if __name__ == "__main__":
    main()
