"""The guide's own server, with pages that reload themselves."""

import contextlib
import errno
import html
from functools import partial
from http import HTTPStatus
from pathlib import Path

from state import State, Status

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.guide import server

SCRIPT = Path(__file__).with_name("live.js")
TAG = b'<script src="/live.js"></script>'
BEAT = 10.0  # seconds; a page that went away is noticed by then


class LiveHandler(server.Handler):
    """Answers as the guide's server does, and tells pages of new builds."""

    def __init__(self, status: Status, site: Path, *given: object) -> None:
        self._status = status
        super().__init__(site, *given)

    def _answer(self) -> None:
        """A file, the stream of builds, or what is wrong before there is a site."""
        if self.path == "/live":
            self._stream()
        elif self.path == "/live.js":
            headers = {"Content-Type": "text/javascript; charset=utf-8"}
            self._send(HTTPStatus.OK, headers, SCRIPT.read_bytes())
        elif not (self._site / "index.html").is_file():
            self._nothing_yet()
        else:
            super()._answer()

    def _body(self, file: Path) -> tuple[bytes, dict[str, str]]:
        body, headers = super()._body(file)
        if file.suffix == ".html":
            body = body.replace(b"</body>", TAG + b"</body>")
        # names of files do not change with what is in them fast enough
        return body, {**headers, "Cache-Control": "no-store"}

    def _nothing_yet(self) -> None:
        said = html.escape(self._status.state.error or "building")
        body = f"<!doctype html><title>glassgpt</title><body>{said}".encode()
        headers = {"Content-Type": "text/html; charset=utf-8"}
        self._send(HTTPStatus.SERVICE_UNAVAILABLE, headers, body + TAG)

    def _stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        told: State | None = None
        with contextlib.suppress(OSError):
            while True:
                now = self._status.after(told, BEAT)
                self.wfile.write(
                    b": still here\n\n" if now is told else self._status.event(now)
                )
                told = now


def listen(port: int | None, site: Path, status: Status) -> server.Server:
    """The server, listening. Raises GlassGPTError for a port that is taken."""
    try:
        handler = partial(LiveHandler, status, site)
        return server.Server((server.HOST, port or 0), handler)
    except (OSError, OverflowError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "it is taken" if taken else str(error)
        raise invalid("port", port, why, "Choose another.", GlassGPTError) from error
