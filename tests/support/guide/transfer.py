"""What reading costs: bytes as they are sent, by what they are for."""

import re
from collections import Counter
from typing import Any

from .visitor import Visitor

READING, FONTS, TRAINING = 120_000, 80_000, 300_000


def kind(url: str) -> str:
    """What an address is counted as."""
    name = url.rsplit("/", 1)[-1].partition("#")[0]
    if name.endswith(".woff2"):
        return "fonts"
    # a model's trained weights come with the kernel that computes with them
    if name.endswith((".wasm", ".bin")) or re.fullmatch(r"names-[\w-]+\.txt", name):
        return "training"
    return "reading"


def train_at_home(there: Visitor) -> None:
    """Train at full speed on the first page, if it is that page."""
    if there.page.locator("gg-train-home").count():
        there.page.click("gg-train-home .fast")
        there.page.wait_for_selector("gg-train-home[data-state=ready] svg .dot")


class Scale:
    """The bytes of a page's answers as they were encoded, by what they are for."""

    def __init__(self, page: Any) -> None:
        self._requests: list[Any] = []
        page.on("requestfinished", lambda one: self._requests.append(one))

    def sizes(self) -> Counter[str]:
        """What came until now."""
        found: Counter[str] = Counter()
        for request in self._requests:
            if request.url.startswith("http"):
                found[kind(request.url)] += request.sizes()["responseBodySize"]
        return found
