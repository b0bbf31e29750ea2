"""What a figure gives away: its address and link, its files, its frame elsewhere."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from support import spread
from support.guide.figure import Figure, Opener, Window, figures
from support.guide.visitor import forget, wait_until

DOCS = "ava\nbob\nada\nabba\nbaobab\ncleo\nleo\n" * 6
STATES = [(name, state) for name, each in figures().items() for state in each["states"]]


def use_every_control(shown: Figure) -> None:
    """Move what can be moved, press what is not pressed, choose and type."""
    for kind, act in {
        "input[type=range]:enabled": lambda each: each.press("ArrowLeft"),
        ".frame input[type=checkbox]": lambda each: each.click(),
        "button[aria-pressed=false]:not(.frame-tools *):not(.pair)": (
            lambda each: each.click()
        ),
        ".frame-controls select": lambda each: each.select_option(index=1),
        ".frame input[type=search]": lambda each: each.fill("an"),
    }.items():
        for each in shown.page.query_selector_all(kind):
            act(each)
            shown.settle()


# what an address says after '#', in any order
STANDS = (
    """(link) => [...new URLSearchParams(new URL(link).hash.slice(1))].sort().join()"""
)


def save_all(shown: Figure) -> None:
    """The files that a figure gives hold what it shows."""
    page, table = shown.page, shown.table

    def take(name: str) -> None:
        if page.get_attribute(".frame-tools", "open") is None:  # it closes after each
            page.click(".frame-tools summary")
        page.get_by_role("button", name=name).click()

    with page.expect_download() as csv:
        take("Save numbers")
    lines = csv.value.path().read_text("utf-8").splitlines()
    assert len(lines) == len(table) + 1
    if page.query_selector("svg.picture"):
        for kind, start in {"SVG": b"<svg", "PNG": b"\x89PNG"}.items():
            with page.expect_download() as saved:
                take(f"Save as {kind}")
            assert saved.value.path().read_bytes().startswith(start)
    take("Show as a table")
    rows = page.locator(".frame-table tbody tr").count()
    assert rows == min(1000, len(table))


@pytest.fixture(scope="module")
def other_site() -> Iterator[str]:
    """Another site: its page frames whatever stands after the question mark."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            framed = unquote(self.path.partition("?")[2])
            body = (
                '<!doctype html><link rel="icon" href="data:,"><script>'
                "window.told = new Promise((on) => "
                "addEventListener('message', (event) => {"
                "  if (event.data.type !== 'glassgpt-height') return;"
                "  document.querySelector('iframe').style.height ="
                "    event.data.height + 'px';"
                "  window.last = [event.origin, event.data.height]; on() }))</script>"
                f'<iframe src="{framed}" width="600" height="50"></iframe>'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


# as high as it said, there is nothing left to scroll
FITS = """document.documentElement.scrollHeight <= innerHeight
  && innerHeight >= document.querySelector("figure").offsetHeight"""


def framed(window: Window, name: str, link: str, other_site: str) -> Figure:
    """A figure in a frame on another site, which makes it as high as it says it is."""
    page = window.page
    page.goto(f"{other_site}?{quote(link, safe='')}")
    page.evaluate("window.told")
    _, frame = page.frames
    shown = Window(frame, link).found(name)
    wait_until(frame, FITS, 10)
    origin, height = page.evaluate("window.last")
    assert link.startswith(origin + "/")
    assert height >= frame.evaluate("document.querySelector('figure').offsetHeight")
    return shown


@pytest.mark.parametrize("name", figures())
def test_address_and_link_hold_what_is_shown_and_a_frame_shows_it(
    name: str, figure: Opener, elsewhere: Window, other_site: str
) -> None:
    run = {"run": 1} if name == "train-home" else {}
    shown = figure(name, embedded=True, word="ava", **run)
    use_every_control(shown)
    link, seen = shown.copied_link(), shown.seen
    address, same = shown.page.url.partition("#")[0], f"({STANDS})"
    assert link.startswith(address) and "word=ava" in link
    wait_until(shown.page, f"{same}(location.href) === {same}({json.dumps(link)})", 5)
    forget(elsewhere.page, elsewhere.root)
    assert framed(elsewhere, name, link, other_site).seen == seen


@pytest.mark.parametrize("name", spread(figures(), 4))
def test_a_link_with_a_word_and_data_of_one_s_own_and_all_files_hold_what_is_shown(
    name: str, figure: Opener, elsewhere: Window
) -> None:
    own = {"word": "abba", "docs": DOCS}
    shown = figure(name, embedded=True, **{**figures()[name]["states"][-1], **own})
    link, seen = shown.copied_link(), shown.seen
    for key, value in own.items():
        assert urlencode({key: value}) in link
    save_all(shown)
    forget(elsewhere.page, elsewhere.root)
    assert elsewhere.open(name, link).seen == seen


@pytest.mark.soak
@pytest.mark.parametrize("own", [False, True], ids=["names", "own-data"])
@pytest.mark.parametrize(("name", "state"), STATES, ids=str)
def test_a_copied_link_of_any_state_shows_the_same(
    name: str,
    state: dict[str, str],
    own: bool,
    figure: Opener,
    elsewhere: Window,
) -> None:
    shared = {"word": "abba", "docs": DOCS} if own else {"word": "ava"}
    shown = figure(name, embedded=True, **{**state, **shared})
    link, seen = shown.copied_link(), shown.seen
    for key, value in shared.items():
        assert urlencode({key: value}) in link
    forget(elsewhere.page, elsewhere.root)
    assert elsewhere.open(name, link).seen == seen


@pytest.mark.parametrize("path", ["/", "/step/0/2/", "/step/1/9/"])
def test_a_figure_on_a_page_gives_the_code_to_embed_it(path: str, visit: Any) -> None:
    there = visit()
    there.go(path)
    there.scroll_through()
    for frame in there.page.locator(".frame").all():
        name = frame.evaluate("(one) => one.parentElement.localName.slice(3)")
        frame.locator(".frame-tools summary").click()
        frame.get_by_role("button", name="Copy code").click()
        frame.locator("text=Code copied.").wait_for()
        copied = there.page.evaluate("navigator.clipboard.readText()")
        assert f"embed/{name}/" in copied


def test_no_other_page_may_be_framed(
    visit: Any, guide_address: str, other_site: str, complaints: list[str]
) -> None:
    page = visit().page
    for path in ("/", "/step/0/3/", "/gallery/", "/yours/"):
        with page.expect_console_message(lambda one: "frame-ancestors" in one.text):
            page.goto(f"{other_site}?{guide_address}{path}")
        assert page.frames[1].url.startswith("chrome-error:"), path
        complaints.clear()
