"""Pages that are elsewhere: missing, under a prefix, on a disk, on paper."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.guide.paths import COMING
from support.guide.visitor import wait_until

PREFIX = "/some/course/"
PICTURES = """[...document.querySelectorAll("article img:not(.near *)")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.naturalWidth, one.getBoundingClientRect().height])"""


class Host(SimpleHTTPRequestHandler):
    """A static host: the site under a prefix, else 404.html."""

    site: Path

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        file = self.site / path.removeprefix(PREFIX)
        file = file / "index.html" if path.endswith("/") else file
        found = path.startswith(PREFIX) and file.is_file()
        body = (file if found else self.site / "404.html").read_bytes()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(str(file)))
        if not found:
            self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        """Nothing."""


@pytest.fixture
def host(guide_site: Path) -> Iterator[str]:
    handler = type("ThisHost", (Host,), {"site": guide_site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_missing_address_has_style_and_leads_to_the_lessons_under_any_prefix(
    host: str, visit: Any, complaints: list[str]
) -> None:
    there = visit(address=host)
    for lost in ("nowhere/", "a/b/c", "assets/none/x.html"):
        there.go(PREFIX + lost)
        link = there.page.locator("main a[href$='step/0/3/']")
        wait_until(there.page, f"!!document.querySelector('a[href=\"{PREFIX}\"]')")
        assert link.get_attribute("href") == f"{PREFIX}step/0/3/"
        wide = there.page.eval_on_selector("article", "(one) => one.offsetWidth")
        assert wide < 1100  # a column: the style is there
    assert not [one for one in complaints if "404" not in one]
    complaints.clear()
    link.click()
    there.page.wait_for_url(f"**{PREFIX}step/0/3/")


def test_this_server_answers_a_missing_address_without_a_script(
    guide_address: str,
) -> None:
    with closing(HTTPConnection(guide_address.removeprefix("http://"))) as connection:
        connection.request("GET", "/a/b/c")
        answer = connection.getresponse()
        text = answer.read().decode()
    assert answer.status == 404
    assert 'href="/step/0/3/"' in text and "<script" not in text
    assert "./" not in text.split("</style>")[1]


def test_all_steps_are_there(visit: Any) -> None:
    there = visit()
    there.go("/")
    assert COMING == () and there.page.locator(".ladder tr:has(small)").count() == 0
    there.go("/sandbox/")
    there.page.click("article a")
    there.page.wait_for_url("**/sandbox/generate/")


def test_pages_from_a_disk_show_pictures_and_say_how_to_serve_them(
    guide_site: Path, visit: Any, complaints: list[str]
) -> None:
    there = visit(address=guide_site.as_uri())
    there.go("/index.html")
    assert "http.server" in there.page.inner_text("#from-disk")
    there.page.click("nav a[href*='step/0/']")
    there.page.click(".lessons a >> nth=2")
    there.page.wait_for_url("**/step/0/3/index.html")
    wait_until(there.page, f"{PICTURES}.every(([width]) => width > 0)")
    assert len(there.page.evaluate(PICTURES)) == 1
    assert there.page.is_visible("figcaption")
    complaints.clear()  # modules do not load from a disk


def test_paper_has_pictures_of_figures_that_were_not_scrolled_to(visit: Any) -> None:
    there = visit()
    there.go("/step/1/9/")
    there.page.emulate_media(media="print")
    figures = there.page.locator(".gg-figure")
    there.page.pdf()  # pictures that are lazy come now
    wait_until(there.page, f"{PICTURES}.every(([width]) => width > 0)")
    shown = there.page.evaluate(PICTURES)
    ready = there.page.locator(".gg-figure > [data-state=ready]").count()
    assert len(shown) == figures.count() - ready > 0
    for figure in figures.all():
        assert figure.evaluate("(one) => getComputedStyle(one).breakInside") == "avoid"
        assert figure.bounding_box()["height"] > 150
