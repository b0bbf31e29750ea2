"""Serves the built guide on this machine, and to nobody else."""

import contextlib
import errno
import mimetypes
import re
import shutil
import sys
import urllib.parse
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from glassgpt.errors import GlassGPTError, invalid, missing

SITE = Path(__file__).parent / "site"
HOST = "127.0.0.1"
# the page for a missing address
MISSING = "/404.html"
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'"
)
_TYPES = {
    ".js": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_TEXT = ("text/", "application/json", "image/svg+xml")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Handler(BaseHTTPRequestHandler):
    """Answers with the files under `site`, the encoded ones where they are there."""

    protocol_version = "HTTP/1.1"
    # else a body may wait until the browser has said that it has the headers
    disable_nagle_algorithm = True
    server_version = "glassgpt"
    sys_version = ""

    def __init__(self, site: Path, *given: object) -> None:
        self._site = site.resolve()
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """A file, or the page that says there is none."""
        self._answer()

    def do_HEAD(self) -> None:
        """The same without the file."""
        self._answer()

    def _answer(self) -> None:
        asked = urllib.parse.urlsplit(self.path).path
        file = find(self._site, asked)
        if file is None and find(self._site, asked + "/"):
            place = asked.rpartition("/")[2] + "/"
            self._send(HTTPStatus.MOVED_PERMANENTLY, {"Location": place}, b"")
            return
        status = HTTPStatus.OK if file else HTTPStatus.NOT_FOUND
        if file is None or asked == MISSING:
            self._send(
                status, {"Content-Type": "text/html; charset=utf-8"}, self._missing()
            )
            return
        body, headers = self._body(file)
        self._send(status, headers, body)

    def _missing(self) -> bytes:
        """The page for a missing address. This server knows where the guide begins."""
        file = find(self._site, MISSING)
        page = file.read_bytes() if file else b"not there"
        return re.sub(rb"(?s)<script>.*?</script>", b"", page.replace(b'"./', b'"/'))

    def _body(self, file: Path) -> tuple[bytes, dict[str, str]]:
        headers = {"Content-Type": content_type(file), "Vary": "Accept-Encoding"}
        hashed = file.is_relative_to(self._site / "assets")
        keep = "max-age=31536000, immutable" if hashed else "no-cache"
        headers["Cache-Control"] = keep
        accepted = self.headers.get("Accept-Encoding", "")
        names = {part.partition(";")[0].strip() for part in accepted.split(",")}
        for name, suffix in _ENCODINGS:
            encoded = file.with_name(file.name + suffix)
            if name in names and encoded.is_file():
                return encoded.read_bytes(), {**headers, "Content-Encoding": name}
        return file.read_bytes(), headers

    def _send(self, status: HTTPStatus, headers: dict[str, str], body: bytes) -> None:
        framed = urllib.parse.urlsplit(self.path).path.split("/")[1:2] == ["embed"]
        policy = POLICY if framed else f"{POLICY}; frame-ancestors 'none'"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what is read stays with the reader."""


class Server(ThreadingHTTPServer):
    """A server whose broken connections are nobody's business."""

    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away needs no traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def find(site: Path, path: str) -> Path | None:
    """The file for a path as it was asked for; None where there is none.

    Nothing outside `site` is ever found, and no file whose name begins with a dot.
    """
    name = urllib.parse.unquote(path)
    if not name.startswith("/") or "\\" in name or "\0" in name:
        return None
    parts = name.split("/")[1:]
    if any(part.startswith(".") for part in parts):
        return None
    if parts[-1] == "":
        parts[-1] = "index.html"
    with contextlib.suppress(OSError, ValueError):
        file = site.joinpath(*parts).resolve()
        if file.is_relative_to(site.resolve()) and file.is_file():
            return file
    return None


def content_type(file: Path) -> str:
    """What a file is, by its name."""
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = _TYPES.get(file.suffix, guessed)
    return f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind


def serve(port: int | None = None, site: Path = SITE) -> Server:
    """A server for `site`, listening and not yet answering. Without a port, a free one.

    Raises GlassGPTError for a site that was not built and for a port that is taken.
    """
    if not (site / "index.html").is_file():
        remedy = "Make it in the source folder: make site"
        raise missing("guide, it was not built", remedy, GlassGPTError)
    try:
        return Server((HOST, port or 0), partial(Handler, site))
    except (OSError, OverflowError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "it is taken" if taken else str(error)
        remedy = "Choose another, or leave --port out."
        raise invalid("port", port, why, remedy, GlassGPTError) from error


def copy_built(target: Path, site: Path = SITE) -> None:
    """The site that came with the package, to `target`."""
    check_target(target)
    if not (site / "index.html").is_file():
        raise missing(
            "guide, it was not built", "Make it in the source folder: make site"
        )
    shutil.copytree(site, target, dirs_exist_ok=True)


def check_target(target: Path) -> None:
    """Raise UsageError for a folder that holds something else."""
    if (
        target.is_dir()
        and any(target.iterdir())
        and not (target / "index.html").exists()
    ):
        raise invalid("DIR", target, "it holds other files", "Give a new folder.")
    if target.is_file():
        raise invalid("DIR", target, "it is a file", "Give a new folder.")
