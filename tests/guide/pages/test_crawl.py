"""A crawl of the served guide: no link is dead, and nothing is out of reach."""

import html.parser
import json
import threading
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urldefrag, urljoin

import pytest
from support.guide.figure import figures

from glassgpt.guide import server


class Parsed(html.parser.HTMLParser):
    """The ids of a page, where its links lead, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        for key in ("href", "src"):
            link = given.get(key)
            if link and not link.startswith(("data:", "http:", "https:", "mailto:")):
                (self.links if tag == "a" else self.loads).append(link)


class Crawl:
    """What was fetched, and what was wrong with it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.answers: dict[str, int] = {}
        self.pages: dict[str, Parsed] = {}
        self.wrong: list[str] = []
        left = [f"{root}/"]
        while left:
            address = left.pop()
            if self._fetch(address) != 200:
                continue
            page = self.pages.get(address)
            for link in page.links if page else []:
                to = urldefrag(urljoin(address, link)).url
                if to not in self.answers and to not in left:
                    left.append(to)

    def _fetch(self, address: str) -> int:
        if address not in self.answers:
            try:
                with urllib.request.urlopen(address) as answer:
                    self.answers[address] = answer.status
                    if "html" in answer.headers["Content-Type"]:
                        self.pages[address] = Parsed(answer.read().decode())
            except HTTPError as error:
                self.answers[address] = error.code
        return self.answers[address]

    def dead(self) -> list[str]:
        """Links and loads without an answer, and places that are on no page."""
        found = []
        for address, page in list(self.pages.items()):
            for link in [*page.links, *page.loads]:
                to, place = urldefrag(urljoin(address, link))
                there = self.pages.get(to)
                if self._fetch(to) != 200:
                    found.append(f"{address}: {link} answers {self.answers[to]}")
                elif place and "=" not in place and there and place not in there.ids:
                    found.append(f"{address}: {link} is no place there")
        return found


@pytest.fixture(scope="module")
def crawl(guide_address: str) -> Crawl:
    return Crawl(guide_address)


def test_no_link_is_dead(crawl: Crawl) -> None:
    assert len(crawl.pages) > 20
    assert crawl.dead() == []


def orphans(crawl: Crawl, site: Path) -> set[str]:
    """What was built and cannot be reached."""
    files = [*site.rglob("*.html"), *site.rglob("programs/step*.py")]
    built = {f"/{file.relative_to(site).as_posix()}" for file in files}
    reached = {address.removeprefix(crawl.root) for address in crawl.answers}
    return {path.removesuffix("index.html") for path in built} - reached


def test_every_page_and_program_can_be_reached(crawl: Crawl, guide_site: Path) -> None:
    left = orphans(crawl, guide_site)
    assert left == {"/404.html"}  # a lost page's answer has no address


def test_what_search_finds_is_there(crawl: Crawl, guide_site: Path) -> None:
    entries = json.loads((guide_site / "search.json").read_text("utf-8"))
    assert entries
    for path, _place, _title, place, *_ in entries:
        page = crawl.pages[f"{crawl.root}{path}"]
        assert not place or place in page.ids, (path, place)


def test_a_dead_link_and_an_orphan_would_be_found(tmp_path: Path) -> None:
    for name, text in {
        "index.html": '<a href="b/#here">b</a> <a href="c/">c</a>',
        "b/index.html": '<p id="there"></p>',
        "d/index.html": "<p>nobody comes here</p>",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with server.serve(site=tmp_path) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        crawl = Crawl(f"http://{server.HOST}:{running.server_port}")
        found = [one.split(": ")[1] for one in crawl.dead()]
        running.shutdown()
    assert found == ["b/#here is no place there", "c/ answers 404"]
    assert orphans(crawl, tmp_path) == {"/d/"}


def test_the_gallery_links_each_figure_in_its_own_states(crawl: Crawl) -> None:
    gallery = crawl.pages[f"{crawl.root}/gallery/"]
    states = [link for link in gallery.links if "embed/" in link]
    for link in states:
        path, _, state = link.partition("#")
        name = path.strip("/").split("/")[-1]
        own = ("main", f"{name}.", "word=", "docs=")
        assert not state or state.startswith(own), link
    named = {link.partition("#")[0] for link in states}
    assert len(named) == len(figures())
