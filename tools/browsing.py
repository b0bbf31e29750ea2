"""What the tools that look at the built guide share: a browser, pages and figures."""

import base64
import json
import re
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import launch
from playwright.sync_api import Browser, Page, sync_playwright

from glassgpt.guide import server
from glassgpt.guide.content import pages

PAGES = pages.FOLDER / "pages" / "en"
FENCE = re.compile(r"```figure (\S+)\n(.*?)```", re.DOTALL)

# a picture in a form that takes a third of the bytes, made smaller until it fits
_AS_WEBP = """async ([given, quality, most]) => {
  const picture = new Image();
  picture.src = "data:image;base64," + given;
  await picture.decode();
  const by = Math.min(1, most[0] / picture.width, most[1] / picture.height);
  const [width, height] = [picture.width * by, picture.height * by].map(Math.round);
  const canvas = new OffscreenCanvas(width, height);
  const drawn = canvas.getContext("2d");
  drawn.imageSmoothingQuality = "high";
  drawn.drawImage(picture, 0, 0, width, height);
  const made = await canvas.convertToBlob({ type: "image/webp", quality });
  const read = new FileReader();
  await new Promise((done) => { read.onload = done; read.readAsDataURL(made); });
  return [width, height, read.result.split(",")[1]];
}"""


@contextmanager
def guide(site: Path = server.SITE) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the built guide."""
    with server.serve(site=site) as running, sync_playwright() as play:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        browser = launch(play)
        if browser is None:
            sys.exit("missing browser: run tools/browser")
        yield browser, f"http://{server.HOST}:{running.server_port}"
        browser.close()
        running.shutdown()


def settle(page: Page) -> None:
    """Scroll through, so that every figure computes; then wait for them."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 700):
        page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
        page.wait_for_timeout(120)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.wait_for_timeout(300)


def as_webp(
    page: Page,
    picture: bytes,
    quality: float = 0.8,
    most: tuple[int, int] = (4096, 4096),
) -> tuple[int, int, bytes]:
    """A picture in fewer bytes, made in a page; before it its width and height.

    It is made smaller where it is larger than `most`, a width and a height.
    """
    given = base64.b64encode(picture).decode()
    width, height, made = page.evaluate(_AS_WEBP, [given, quality, most])
    return width, height, base64.b64decode(made)


def figures() -> Iterator[tuple[pages.Source, str, str, str]]:
    """Every figure on every page: its page, its name, its id, and what it is given."""
    for source in pages.read_pages(PAGES):
        for name, given in FENCE.findall(source.text):
            yield source, name, tomllib.loads(given)["id"], given


def described_in(name: str) -> Path:
    """The file that describes a figure, in the folder of its subject."""
    return next(pages.FOLDER.glob(f"figures/*/{name}.json"))


def described(name: str) -> dict[str, Any]:
    """What a figure's description says."""
    return dict(json.loads(described_in(name).read_text(encoding="utf-8")))
