"""The Chromium that tests, tools and benchmarks open pages in."""

import shutil

from playwright.sync_api import Browser, Error, Playwright

# without windows first: that one starts in half the time, for it draws no interface
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)


def find() -> str | None:
    """The machine's own; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright) -> Browser | None:
    """A browser: the machine's own, else Playwright's, else none."""
    try:
        return playwright.chromium.launch(executable_path=find(), args=FLAGS)
    except Error:
        if find() is None:
            return None
        raise
