"""WebKit, as GTK has it: its own driver, a small browser, a screen in memory."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from support import not_run

from . import GONE, LONGEST, PageError, end

BROWSERS = ("webkit2gtk-4.*/MiniBrowser", "webkitgtk-*/MiniBrowser")
# without it the bar above a page keeps the window from being as narrow as a phone
NARROW = "* { min-width: 0; min-height: 0; padding: 0; margin: 0; border: 0; }"
SCRIPT = """const done = arguments[arguments.length - 1];
(%s).then((text) => done([text]), (error) => done([null, String(error)]));"""


class WebKit:
    """A running WebKit with one page."""

    def __init__(self, driver: str, browser: str) -> None:
        self._session = f"{driver}/session"
        options = {"binary": browser, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        found = self._call("", {"capabilities": wanted})
        self._session += f"/{found['sessionId']}"
        limit = int(1000 * LONGEST)
        self._call("/timeouts", {"script": limit, "pageLoad": limit})

    def _call(self, path: str, given: dict[str, Any], method: str = "POST") -> Any:
        asked = urllib.request.Request(
            self._session + path,
            data=json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(asked, timeout=LONGEST) as answer:
            return json.load(answer)["value"]

    def go(self, address: str) -> None:
        self._call("/url", {"url": address})

    def resize(self, width: int) -> None:
        self._call("/window/rect", {"width": width, "height": 900})

    def run(self, script: str) -> str:
        asked = {"script": SCRIPT % script, "args": []}
        text, *error = self._call("/execute/async", asked)
        if error:
            raise PageError(*error)
        return str(text)

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._call("/actions", {"actions": actions})

    def close(self) -> None:
        """End the browser; its driver goes on."""
        self._call("", {}, "DELETE")


def start(stack: ExitStack) -> WebKit:
    """A WebKit that ends with the stack; not run where there is none."""
    command, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    folders = [*Path("/usr/lib").glob("*-linux-gnu"), *Path("/usr").glob("lib*")]
    found = [file for name in BROWSERS for each in folders for file in each.glob(name)]
    if command is None or screen is None or not found:
        not_run("webkit", "there is no WebKitGTK with Xvfb: tools/other-browsers")
    settings = stack.enter_context(
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    )
    style = Path(settings, "gtk-3.0", "gtk.css")
    style.parent.mkdir()
    style.write_text(NARROW, encoding="utf-8")
    environment = {
        **os.environ,
        "DISPLAY": _screen(stack, screen),
        "HOME": settings,
        "XDG_CONFIG_HOME": settings,
        # whoever is root on the machine cannot have WebKit's sandbox
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    }
    port = _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    driver = subprocess.Popen([command, f"--port={port}"], env=environment, **quiet)
    stack.callback(end, driver)
    _wait_for(port, driver)
    running = WebKit(f"http://127.0.0.1:{port}", str(found[0]))
    stack.callback(_close, running)
    return running


def _screen(stack: ExitStack, command: str) -> str:
    """A screen that nobody sees; it says which number it has."""
    reading, writing = os.pipe()
    size = ("-screen", "0", "1600x1200x24", "-nolisten", "tcp")
    screen = subprocess.Popen(
        [command, "-displayfd", str(writing), *size],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(end, screen)
    os.close(writing)
    with os.fdopen(reading, encoding="ascii") as said:
        number = said.readline().strip()
    assert number, "Xvfb ended before it had a screen"
    return f":{number}"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int, driver: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + LONGEST
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert driver.poll() is None, "WebKitWebDriver ended before it listened"
            assert time.monotonic() < end, "WebKitWebDriver does not listen"


def _close(running: WebKit) -> None:
    # one that crashed cannot be asked
    with contextlib.suppress(*GONE):
        running.close()
