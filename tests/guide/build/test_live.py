"""`make guide`: what is saved is built, and every page that is open shows it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from playwright.sync_api import expect
from support import not_run

from glassgpt.guide.content import pages as sources

ROOT = sources.CHECKOUT
PAGE = """+++
title = "Home"
summary = "A line."
+++
{said}

```figure linear-edit
id = "edit"
alt = "A matrix and a vector."
```
"""


class Live:
    """The command at work on a small copy of the guide."""

    def __init__(self, folder: Path) -> None:
        self.guide = folder / "guide"
        kept = shutil.ignore_patterns("node_modules", "pages")
        shutil.copytree(sources.FOLDER, self.guide, ignore=kept)
        (self.guide / "node_modules").symlink_to(sources.FOLDER / "node_modules")
        (folder / "src").symlink_to(ROOT / "src")
        (self.guide / "pages/en").mkdir(parents=True)
        self.write("At first.")
        work = ["--guide", str(self.guide), "--work", str(folder / "work")]
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tools/live"), "--no-open", *work],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout and self.process.stderr
        self.out, self.err = Queue[str](), Queue[str]()
        self.readers = [
            threading.Thread(target=lambda: [*map(self.out.put, self.process.stdout)]),
            threading.Thread(target=lambda: [*map(self.err.put, self.process.stderr)]),
        ]
        for reader in self.readers:
            reader.start()
        self.address = self.out.get(timeout=60).split()[1]

    def write(self, said: str) -> None:
        """Save the page with this in it."""
        text = PAGE.format(said=said)
        (self.guide / "pages/en/index.md").write_text(text, encoding="utf-8")

    def rest(self) -> list[int]:
        """The processes that are left of it."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid and fields[0] != "Z":
                    found.append(int(entry.name))
        return found


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """The command, ended afterwards whatever happened."""
    pytest.importorskip("watchfiles", reason="not run: watchfiles is not installed")
    if shutil.which("node") is None or not (sources.FOLDER / "node_modules").is_dir():
        not_run("browser", "node or its modules are missing: make site")
    started = Live(tmp_path)
    yield started
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.wait()
    for reader in started.readers:
        reader.join()
    for pipe in (started.process.stdout, started.process.stderr):
        assert pipe
        pipe.close()


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="processes: /proc")
@pytest.mark.full
def test_what_is_saved_is_shown_and_ctrl_c_ends_all(
    live: Live, visit: Any, complaints: list[str]
) -> None:
    assert live.out.get(timeout=60).startswith("built in ")
    page = visit().page
    page.set_default_timeout(30_000)
    page.goto(live.address)
    assert page.is_visible("text=At first.")

    live.write("Then this.")
    page.wait_for_selector("text=Then this.")

    live.write("Then 27 more.")
    page.wait_for_selector("#live-error:has-text('index.md:5: invalid bare number')")
    assert page.is_visible("text=Then this.")
    assert live.err.get(timeout=10) == "index.md:5: invalid bare number: 27\n"
    assert live.err.get(timeout=10).startswith("Write {= call }")

    live.write("All is well.")
    page.wait_for_selector("text=All is well.")
    assert page.locator("#live-error").count() == 0

    style = live.guide / "style/page.css"
    style.write_text(style.read_text("utf-8") + "h1 { opacity: 0 }\n", "utf-8")
    expect(page.locator("h1")).to_have_css("opacity", "0", timeout=30_000)

    strings = live.guide / "strings/en.toml"
    strings.write_text(
        strings.read_text("utf-8").replace("A matrix times", "Rows times"), "utf-8"
    )
    page.wait_for_selector("[aria-label='Rows times a vector']")

    figure = live.guide / "figures/network/linear-edit.svelte"
    good = figure.read_text("utf-8")
    figure.write_text(good.replace("</Frame>", "", 1), "utf-8")
    page.wait_for_selector("#live-error:has-text('linear-edit.svelte')")
    assert "linear-edit.svelte" in live.err.get(timeout=10)
    figure.write_text(good.replace("</Frame>", "<i>new here</i></Frame>", 1), "utf-8")
    page.wait_for_selector("text=new here")
    assert page.locator("#live-error").count() == 0

    assert len(live.rest()) >= 3
    page.close()
    os.killpg(live.process.pid, signal.SIGINT)
    assert live.process.wait(20) == 0
    assert live.rest() == []
    # a page that waits for the next build says when nobody answers
    assert [one for one in complaints if "ERR_" not in one] == []
    complaints.clear()
