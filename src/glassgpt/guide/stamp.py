"""What a site was built from: a stamp in it, by which a stale one is known.

A stamp is a hash of each part: the figures' sources, the pages, the package's code.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from glassgpt.guide.content.pages import ASSETS, CHECKOUT, FOLDER
from glassgpt.guide.server import SITE

NAME = ".stamp.json"
Stamp = dict[str, str]
_PACKAGE = Path(__file__).parents[1]
# folders of guide/ that pages are made of; the front end's build reads the last alone
_PAGES = ("pages", "strings", "fonts", "fallbacks", "style")
_GENERATED = "calls.ts"  # by the front end's build itself, out of wasm.json
_BUILT_WITH = (
    *("markdown-it-py", "mdit-py-plugins", "jinja2", "markupsafe", "pygments"),
    *("latex2mathml", "brotli"),
)
_SOURCES = {*(".py", ".html", ".svg", ".js", ".toml", ".txt", ".json", ".c", ".h")}


def of_figures(guide: Path = FOLDER) -> str:
    """The hash of what the front end's build reads."""
    left_out = {*_PAGES} - {"style"}
    own = [
        file
        for file in _files(guide)
        if file.relative_to(guide).parts[0] not in left_out and file.name != _GENERATED
    ]
    kernel = _PACKAGE / "kernel"
    others = [kernel / "wasm.json", *kernel.glob("built/*.wasm")]
    others += [_PACKAGE / "steps" / "names.txt", _PACKAGE / "guide/code/runner.py"]
    return _hash([*own, *others])


def of_site(guide: Path = FOLDER, language: str = "en", encoded: bool = True) -> Stamp:
    """The stamp of a site that is built now."""
    pages = [file for name in _PAGES for file in _files(guide / name)]
    return {
        "language": language,
        "encoded": str(encoded),
        "figures": of_figures(guide),
        "pages": _hash(pages),
        "package": _hash(_code(but=("cli",))),
        "libraries": " ".join(map(_version, _BUILT_WITH)),
    }


@functools.cache
def of_facts() -> str:
    """The hash of what computes the numbers of pages, the native kernel included."""
    guide = ("server.py", "build.py", "content", "templates")
    code = _code(but=("cli", *(f"guide/{name}" for name in guide)))
    kernels = _PACKAGE.glob("kernel/built/*libglassgpt*")
    return _hash([*code, *kernels, *_files(FOLDER / "states")])


def write(site: Path, stamp: Stamp) -> None:
    """Put a stamp into a built site."""
    text = json.dumps(stamp, indent=1, sort_keys=True) + "\n"
    (site / NAME).write_text(text, encoding="utf-8")


def why_stale(site: Path = SITE, language: str = "en", encoded: bool = True) -> str:
    """The parts that changed since a site was built; empty when it is current."""
    try:
        stamp = json.loads((site / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "it was not built"
    now = of_site(language=language, encoded=encoded)
    return ", ".join(part for part in now if stamp.get(part) != now[part])


def figures_are_current(assets: Path = ASSETS) -> bool:
    """Whether the front end's build is of what stands in guide/ now."""
    try:
        return (assets / NAME).read_text(encoding="utf-8") == of_figures()
    except OSError:
        return False


def _files(folder: Path) -> Iterator[Path]:
    """The files under a folder, less what is installed, made, or begins with a dot."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if entry.is_dir() and entry.name != "node_modules":
            yield from _files(entry)
        elif entry.is_file():
            yield entry


def _code(but: Iterable[str]) -> list[Path]:
    """The package's own files, less those under some names."""
    left_out = {*but, "guide/site", "guide/assets", "kernel/built"}
    left_out |= {f"guide/{one.name}" for one in SITE.parent.glob("site.new*")}
    found = []
    for file in _files(_PACKAGE):
        name = file.relative_to(_PACKAGE).as_posix()
        if file.suffix in _SOURCES and not any(
            name == one or name.startswith(f"{one}/") for one in left_out
        ):
            found.append(file)
    return found


def _hash(files: Iterable[Path]) -> str:
    made = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file
        body = hashlib.sha256(file.read_bytes()).hexdigest()
        made.update(f"{name.as_posix()} {body}\n".encode())
    return made.hexdigest()


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} none"
