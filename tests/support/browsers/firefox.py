"""Firefox without a window, by WebDriver BiDi."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from support import not_run

from . import LONGEST, PageError, end

NAMES = ("firefox-esr", "firefox")
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# a profile that asks nobody for anything
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.max_script_run_time": 0,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """A running Firefox with one page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._calls = socket, 0
        self._call("session.new", capabilities={})
        tree = self._call("browsingContext.getTree")
        self._page = tree["contexts"][0]["context"]

    def _call(self, method: str, **given: Any) -> Any:
        self._calls += 1
        asked = {"id": self._calls, "method": method, "params": given}
        self._socket.send(json.dumps(asked))
        while True:
            answer = json.loads(self._socket.recv(timeout=LONGEST))
            if answer.get("id") == self._calls:
                assert answer["type"] == "success", f"{method}: {answer}"
                return answer["result"]

    def go(self, address: str) -> None:
        self._call(
            "browsingContext.navigate", context=self._page, url=address, wait="complete"
        )

    def resize(self, width: int) -> None:
        window = {"width": width, "height": 900}
        self._call("browsingContext.setViewport", context=self._page, viewport=window)

    def run(self, script: str) -> str:
        target = {"context": self._page}
        found = self._call(
            "script.evaluate", expression=script, target=target, awaitPromise=True
        )
        if found["type"] == "exception":
            raise PageError(found["exceptionDetails"]["text"])
        return str(found["result"].get("value", ""))

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._call("input.performActions", context=self._page, actions=actions)


def start(stack: ExitStack) -> Firefox:
    """A Firefox that ends with the stack; not run where there is none."""
    command = next(filter(None, map(shutil.which, NAMES)), None)
    if command is None:
        not_run("firefox", "there is no Firefox: tools/other-browsers")
    profile = stack.enter_context(
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    )
    lines = [
        f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
        for key, value in PREFERENCES.items()
    ]
    Path(profile, "user.js").write_text("".join(lines), encoding="utf-8")
    flags = ("--headless", "--no-remote", "--remote-debugging-port", "0")
    process = subprocess.Popen(
        [command, *flags, "--profile", profile],
        env={**os.environ, "HOME": profile},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    stack.callback(process.stderr.close)
    stack.callback(end, process)
    listens = next(filter(None, map(LISTENS.search, process.stderr)), None)
    assert listens is not None, "Firefox ended before it listened"
    # what it goes on to say has to be read, else it waits
    threading.Thread(target=process.stderr.read, daemon=True).start()
    socket = connect(f"{listens[1]}/session", max_size=None, open_timeout=LONGEST)
    return Firefox(stack.enter_context(socket))
