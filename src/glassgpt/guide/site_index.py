"""The pages beside each other: their order, and which of them explains what."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from glassgpt.guide.content.writing import Page
from glassgpt.lessons import FILES

Explained = dict[int, dict[int, str]]
"""Of each step's lines the page that explains them first."""


@dataclass(frozen=True)
class SiteIndex:
    """All pages, in the order in which they are read."""

    pages: tuple[Page, ...]

    @cached_property
    def explained(self) -> Explained:
        """What all pages explain."""
        return _explained(self.pages)

    def known_before(self, page: Page) -> Explained:
        """What a reader has met who comes to a page."""
        return _explained(self.pages[: self._place(page)])

    def near(self, page: Page) -> tuple[Page | None, Page | None]:
        """The pages before and after a page; None at either end."""
        place = self._place(page)
        before = self.pages[place - 1] if place else None
        after = self.pages[place + 1] if place + 1 < len(self.pages) else None
        return before, after

    def _place(self, page: Page) -> int:
        paths = [one.source.path for one in self.pages]
        return paths.index(page.source.path)


def _explained(pages: Iterable[Page]) -> Explained:
    found: Explained = {step: {} for step in range(len(FILES))}
    for page in pages:
        for one in page.slices if page.source.number else []:
            for number in one.lines:
                found[one.program.step].setdefault(number, page.source.path)
    return found
