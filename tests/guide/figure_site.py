"""A small site with one figure a page, for tests of figures before there are lessons.

`/figure/NAME/` shows a figure of the guide's build; its state is in the address.
"""

import html
import http.server
import json
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src/glassgpt/guide/assets"
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'"
)
# the names of the page's tokens, so that figures can be seen without its styles
TOKENS = """
:root { color-scheme: light dark; --paper: light-dark(#fdfcf9, #191a1d);
  --ink: light-dark(#1f2024, #e9e7e2); --muted: light-dark(#5c5e66, #a3a4ab);
  --line: light-dark(#d9d7d0, #393b41); --accent: light-dark(#1f6f64, #6cc5b6);
  --now: light-dark(#d78a00, #f0b13c); --minus: light-dark(#c05a1c, #ea955c);
  --plus: light-dark(#2166ac, #74aee6); --data: light-dark(#4b5a7d, #a3b4da);
  --forward: light-dark(#5d7fa8, #86a8d0); --loss: light-dark(#8a3b54, #dd92a8);
  --font-mono: monospace; --size-2: 15px; --size-4: 24px }
:root[data-theme=dark] { color-scheme: dark }
:root[data-theme=light] { color-scheme: light }
body { background: var(--paper); color: var(--ink); margin: 16px; font: 17px serif }
figure { margin: 0; max-width: 560px }
figure.wide { max-width: 968px }
.gg-figure > [props] { display: block; min-height: var(--h-960) }
@media (max-width: 640px) { .gg-figure > [props] { min-height: var(--h-390) } }
"""
TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8", ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}  # fmt: skip


def figures() -> dict[str, dict[str, Any]]:
    """What the build says of each figure."""
    found: dict[str, dict[str, Any]] = json.loads((ASSETS / "figures.json").read_text())
    return found


def page(name: str, given: str = "") -> str:
    """The page of a figure, with these props or those of its sample."""
    figure = figures()[name]
    manifest = json.loads((ASSETS / "manifest.json").read_text())
    loader = manifest["runtime/figure/loader.ts"]["file"]
    strings = tomllib.loads((ROOT / "guide/strings/en.toml").read_text())["figure"]
    height = figure["height"]
    kind = "gg-figure wide" if figure.get("wide") else "gg-figure"
    style = f"--h-390:{height['390']}px;--h-960:{height['960']}px"
    props = html.escape(given or json.dumps(figure.get("sample", {})), quote=True)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{TOKENS}</style>'
        '<script type="application/json" id="gg-strings">'
        f"{json.dumps(strings)}</script>"
        f'<script type="module" src="/assets/{loader}">'
        f'</script><main><h1>{name}</h1><figure class="{kind}" id="it" '
        f"style=\"{style}\"><gg-{name} props='{props}'></gg-{name}></figure></main>"
    )


class Handler(http.server.BaseHTTPRequestHandler):
    """Pages of figures, and the build's files."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        given = parse_qs(query).get("props", [""])[0]
        parts = path.strip("/").split("/")
        if parts[0] == "figure" and parts[1] in figures():
            self._send(200, page(parts[1], given).encode(), ".html")
        elif parts[0] == "assets" and (ASSETS / parts[-1]).is_file():
            self._send(200, (ASSETS / parts[-1]).read_bytes(), Path(parts[-1]).suffix)
        else:
            self._send(404, b"", ".txt")

    def _send(self, status: int, body: bytes, suffix: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", TYPES[suffix])
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """The site's address, while inside."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
