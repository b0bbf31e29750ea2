"""Browsers that cannot compute are told so, and shown a picture."""

from typing import Any

import pytest
from support.guide.visitor import wait_until

LACKING = {
    "WebAssembly": "delete globalThis.WebAssembly",
    "vector instructions": "WebAssembly.validate = () => false",
    # such a browser never asks for the type, and starts a classic worker
    "modules in the background": (
        "const Real = Worker; globalThis.Worker = class extends Real {"
        " constructor(file) { super(file); } }"
    ),
}


@pytest.mark.parametrize("said", LACKING)
@pytest.mark.parametrize("path", ["/step/0/3/", "/sandbox/generate/"])
def test_a_browser_that_cannot_compute_is_told_so(
    said: str, path: str, visit: Any
) -> None:
    there = visit()
    page = there.page
    page.add_init_script(LACKING[said])
    there.go(path)
    figure = page.locator(".gg-figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_selector(".gg-unsupported")
    assert said in figure.locator(".gg-unsupported").inner_text()
    if path.startswith("/step/"):  # what it showed when it was photographed
        picture = figure.locator("img.built")
        wait_until(page, "document.querySelector('img.built').complete")
        assert picture.evaluate("(one) => one.naturalWidth") > 300
        assert len(picture.get_attribute("alt")) > 20
    # what the figure shows is said in words, and the text has its numbers
    assert figure.locator("figcaption").is_visible()
    assert page.locator("article .num").count() or path.startswith("/sandbox/")
    # no room is kept for a picture that will not come
    kept = figure.locator("[props]").bounding_box()["height"]
    inside = figure.locator("[props] > *").all()
    assert kept <= sum(one.bounding_box()["height"] for one in inside) + 80
