"""Builds the figures, then the pages, each only where something changed: `make site`.

Two of these wait for each other. Whether something changed is told by stamps, which
stand in what was built.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from glassgpt.guide import stamp
from glassgpt.guide.content.pages import ASSETS, CHECKOUT
from glassgpt.guide.server import SITE

SETUP = ". tools/node.sh"
FIGURES = f"{SETUP}; cd guide; $npm run --silent build >/dev/null"
PAGES = (sys.executable, "-m", "glassgpt", "guide", "build", SITE.relative_to(CHECKOUT))
AHEAD = (sys.executable, "tools/answer_ahead.py")
# parts of the stamp that no number on a page comes from
_WORDS = {"figures", "pages"}
_LEFT = 3600  # seconds after which an unfinished site is one whose build was killed


def run(*command: str | Path) -> None:
    """Run a command in the checkout, and end with its exit status when it fails."""
    done = subprocess.run(command, cwd=CHECKOUT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def build_figures() -> None:
    """The front end's files, unless they are of what stands in guide/ now."""
    if stamp.figures_are_current():
        run("sh", "-euc", SETUP)
        return
    print("building the figures", flush=True)
    read = stamp.of_figures()
    run("sh", "-euc", FIGURES)
    (ASSETS / stamp.NAME).write_text(read, encoding="utf-8")


def build_pages() -> None:
    """The site, unless it is current."""
    why = stamp.why_stale()
    if not why:
        print(f"current: {SITE.relative_to(CHECKOUT)}")
    elif {*why.split(", ")} <= _WORDS:
        run(*PAGES)
    else:
        with answering_ahead():
            run(*PAGES)


@contextmanager
def answering_ahead() -> Iterator[None]:
    """A second process works out what pages ask for, until they are built."""
    with subprocess.Popen(AHEAD, cwd=CHECKOUT, stderr=subprocess.DEVNULL) as ahead:
        try:
            yield
        finally:
            ahead.terminate()


def clear_unfinished() -> None:
    """Remove what a build left that was killed."""
    for folder in SITE.parent.glob(f"{SITE.name}.new*"):
        if time.time() - folder.stat().st_mtime > _LEFT:
            shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Build what is stale, alone."""
    (CHECKOUT / "build").mkdir(exist_ok=True)
    with FileLock(CHECKOUT / "build" / "site.lock"):
        clear_unfinished()
        build_figures()
        build_pages()


if __name__ == "__main__":
    main()
