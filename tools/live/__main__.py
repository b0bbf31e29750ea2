"""The guide while it is being written: `make guide`.

python tools/live [--port P] [--no-open] [--guide DIR] [--work DIR]

Serves the guide, builds what is saved, and has every open page reload. Ctrl-C ends it.
"""

import argparse
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from builders import Builders
from serving import listen
from state import Status
from watchfiles import watch

from glassgpt.errors import GlassGPTError
from glassgpt.guide import server

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "glassgpt"
UNWATCHED = ("node_modules", "fallbacks")
MADE = (PACKAGE / "guide" / "assets", PACKAGE / "guide" / "site")


def part(file: Path, guide: Path) -> str:
    """What a changed file is a part of; empty for what does not matter."""
    if "__pycache__" in file.parts or file.name.endswith(("~", ".swp", ".tmp")):
        return ""
    if file.is_relative_to(guide):
        inside = file.relative_to(guide).parts[0]
        return "pages" if inside in ("pages", "strings", "fonts") else "figures"
    if any(file.is_relative_to(made) for made in MADE):
        return ""
    if any(name.startswith("site.new") for name in file.parts):
        return ""
    if file.suffix == ".wasm" or file.name == "names.txt":
        return "figures"
    return "builder" if file.suffix in (".py", ".html", ".svg", ".js", ".toml") else ""


def changes(guide: Path) -> Iterator[set[str]]:
    """What is to be built: all of it, then the parts that were saved."""
    folders = [one for one in guide.iterdir() if one.is_dir() and one.name[0] != "."]
    places = [one for one in folders if one.name not in UNWATCHED]
    places += [guide / "vite.config.ts", PACKAGE]
    begun = False
    # it has begun to watch once it yields, so nothing saved since is missed
    for found in watch(*places, debounce=200, yield_on_timeout=True, rust_timeout=500):
        if not begun:
            begun = True
            yield {"figures", "pages"}
        elif parts := {part(Path(name), guide) for _, name in found} - {""}:
            yield parts


def rebuild(builders: Builders, parts: set[str], status: Status) -> None:
    """Build, and tell it: here in a line or two, and on every open page."""
    begun = time.monotonic()
    error, remedy = builders.build(parts)
    if error:
        status.bad(error, remedy)
        print("\n".join(filter(None, (error, remedy))), file=sys.stderr, flush=True)
        return
    status.good()
    print(f"built in {time.monotonic() - begun:.1f} s", flush=True)


def live(guide: Path, work: Path, port: int | None, opened: bool) -> None:
    """Serve and build until somebody ends it."""
    status, builders = Status(), Builders(guide, work)
    failed: set[str] = set()
    with listen(port, work / "site", status) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://{server.HOST}:{running.server_port}/"
        print(f"guide: {address} (Ctrl-C ends it)", flush=True)
        try:
            for parts in changes(guide):
                # figures that failed are built again whatever is saved next
                rebuild(builders, parts | failed, status)
                failed = {"figures"} if status.state.error else set()
                if opened:
                    webbrowser.open(address)
                    opened = False
        finally:
            builders.end()
            running.shutdown()


def main() -> int:
    """Read the command line. Exit status 0 after Ctrl-C, 1 for what cannot begin."""
    parser = argparse.ArgumentParser(description="Write the guide, and see it.")
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-open", dest="open", action="store_false")
    parser.add_argument("--guide", type=Path, default=ROOT / "guide")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "live")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        live(given.guide.resolve(), given.work.resolve(), given.port, given.open)
    except KeyboardInterrupt:
        print()
    except GlassGPTError as error:
        print(f"{error}\n{error.remedy}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
