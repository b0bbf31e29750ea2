"""The links of a built site: each must lead somewhere."""

import html.parser
import re
from pathlib import Path

from glassgpt.errors import invalid
from glassgpt.guide.content.pages import PageError


class _Links(html.parser.HTMLParser):
    """The ids of a page, its links, and its pictures without words."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("id"):
            self.ids.append(name)
        for key in ("href", "src"):
            if link := given.get(key):
                self.links.append(link)
        # what only adorns a link says so
        adorns = given.get("aria-hidden") == "true"
        if tag == "img" and not (given.get("alt") or adorns):
            self.silent.append(str(given.get("src")))


def check_links(target: Path) -> None:
    """Raise PageError for a link that leads nowhere, an id twice, a silent picture."""
    pages = {}
    for file in sorted(target.rglob("*.html")):
        parser = _Links()
        parser.feed(file.read_text(encoding="utf-8"))
        pages[file.resolve()] = parser
    for file, parser in pages.items():
        name = file.relative_to(target.resolve()).as_posix()
        twice = {one for one in parser.ids if parser.ids.count(one) > 1}
        if twice:
            raise invalid(f"id in {name}", sorted(twice)[0], "twice", error=PageError)
        if parser.silent:
            raise invalid(f"picture in {name}", parser.silent[0], error=PageError)
        for link in parser.links:
            if why := _dead(link, file, pages):
                raise invalid(f"link in {name}", link, why, error=PageError)


def _dead(link: str, file: Path, pages: dict[Path, _Links]) -> str:
    if re.match(r"https?:|mailto:|data:", link):
        return ""
    path, _, anchor = link.partition("#")
    there = (file.parent / path).resolve() if path else file
    if path.endswith("/") or there.is_dir():
        there = there / "index.html"
    if not there.is_file():
        return "nothing is there"
    if anchor and "=" not in anchor and there in pages:
        return "" if anchor in pages[there].ids else "no such place on that page"
    return ""
