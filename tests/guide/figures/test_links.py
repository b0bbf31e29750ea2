"""What a figure gives away: its link in a private window, its frame on another site."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import figure_site
import pytest

DOCS = "ava\nbob\nada\nabba\nbaobab\ncleo\nleo\n" * 6
CONTROLS = """[...document.querySelectorAll(
  ".frame-controls input, .frame-controls select, .frame-controls [aria-pressed]"
)].map((each) => [each.type, each.value, each.checked, each.ariaPressed])"""


def states() -> list[tuple[str, dict[str, str]]]:
    """Every figure in every state that is declared."""
    if not (figure_site.ASSETS / "figures.json").is_file():
        return []
    known = figure_site.figures()
    return [(name, state) for name in known for state in known[name]["states"]]


class Shown:
    """A figure on its own page: what can be seen of it."""

    def __init__(self, chromium: Any, address: str, name: str) -> None:
        self.context = chromium.new_context(viewport={"width": 900, "height": 900})
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.goto(address)
        self.page.wait_for_timeout(60)
        self.page.wait_for_selector(f"gg-{name}[data-state=ready]", timeout=60_000)
        table = f"document.querySelector('gg-{name}').table"
        self.seen = {
            "table": self.page.evaluate(table),
            "sentence": self.page.inner_text(".frame-sentence"),
            "controls": self.page.evaluate(CONTROLS),
        }

    def copied_link(self) -> str:
        """What the button puts on the clipboard."""
        self.page.click(".frame-tools summary")
        self.page.get_by_role("button", name="Copy link").click()
        self.page.wait_for_selector("text=Link copied.")
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


def reproduced(
    chromium: Any, root: str, name: str, state: dict[str, str], **shared: str
) -> None:
    given = {**{f"{name}.{key}": value for key, value in state.items()}, **shared}
    first = Shown(chromium, f"{root}/embed/{name}/#{urlencode(given)}", name)
    link = first.copied_link()
    assert link.startswith(root)
    again = Shown(chromium, link, name)
    assert again.seen == first.seen
    for key, value in shared.items():
        assert urlencode({key: value}) in link
    first.close()
    again.close()


@pytest.mark.parametrize(("name", "state"), dict(states()).items(), ids=str)
def test_a_copied_link_shows_the_same_in_a_private_window(
    name: str, state: dict[str, str], chromium: Any, guide_address: str
) -> None:
    reproduced(chromium, guide_address, name, state, word="abba", docs=DOCS)


@pytest.mark.soak
@pytest.mark.parametrize("own", [False, True], ids=["names", "own-data"])
@pytest.mark.parametrize(("name", "state"), states(), ids=str)
def test_a_copied_link_of_any_state_shows_the_same(
    name: str, state: dict[str, str], own: bool, chromium: Any, guide_address: str
) -> None:
    shared = {"word": "abba", "docs": DOCS} if own else {"word": "ava"}
    reproduced(chromium, guide_address, name, state, **shared)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another site: its page frames whatever stands after the question mark."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, _, framed = self.path.partition("?")
            body = (
                '<!doctype html><link rel="icon" href="data:,"><script>'
                "addEventListener('message', (event) => {"
                "  if (event.data.type !== 'glassgpt-height') return;"
                "  window.told = [event.origin, event.data.height];"
                "  document.querySelector('iframe').style.height ="
                "    event.data.height + 'px' })</script>"
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


@pytest.mark.parametrize("name", sorted({name for name, _ in states()}))
def test_a_figure_works_in_a_frame_on_another_site(
    name: str, chromium: Any, guide_address: str, elsewhere: str
) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{elsewhere}?{guide_address}/embed/{name}/")
    frame = page.frame_locator("iframe")
    frame.locator(f"gg-{name}[data-state=ready]").wait_for(timeout=60_000)
    page.wait_for_timeout(200)
    origin, height = page.evaluate("window.told")
    assert origin == guide_address
    inside = page.frames[1]
    assert height >= inside.evaluate("document.querySelector('figure').offsetHeight")
    # as high as it said, there is nothing left to scroll
    room = "[document.documentElement.scrollHeight, innerHeight]"
    needed, there = inside.evaluate(room)
    assert needed <= there
    assert complaints == []
    page.close()


@pytest.mark.parametrize("path", ["/", "/step/0/3/", "/gallery/", "/yours/"])
def test_no_other_page_may_be_framed(
    path: str, chromium: Any, guide_address: str, elsewhere: str
) -> None:
    page = chromium.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{elsewhere}?{guide_address}{path}")
    page.wait_for_timeout(200)
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in one for one in refused)
    page.close()
