"""The pages as they are written: Markdown files with a title, a folder a language."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassgpt.errors import GlassGPTError, invalid, missing

CHECKOUT = Path(__file__).parents[4]
FOLDER = CHECKOUT / "guide"
ASSETS = Path(__file__).parents[1] / "assets"
# what comes last of all; the five ideas come when Step 1 needs them, and what was built
# comes after the last lesson
_LAST = ("/glossary/", "/about/")
_ORDER = {"/": (0,), "/start/": (1, 0, 99), "/built/": (1, 5, 99)}
_FIELDS = {
    "title", "summary", "place", "wide", "kind", "later", "was", "can", "station",
}  # fmt: skip


class PageError(GlassGPTError):
    """A page that cannot be built: its file, its line, what is wrong."""


@dataclass(frozen=True)
class Source:
    """A page's file: its front matter and its text."""

    file: Path
    name: str
    path: str
    front: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    first_line: int = 1

    @property
    def title(self) -> str:
        """The title as written, calls not yet answered."""
        return str(self.front["title"])

    @property
    def step(self) -> int | None:
        """The step that the page belongs to."""
        parts = self.path.strip("/").split("/")
        return int(parts[1]) if parts[0] == "step" else None

    @property
    def number(self) -> str:
        """A lesson's number, such as 0.3; empty for other pages."""
        parts = self.path.strip("/").split("/")
        return ".".join(parts[1:]) if parts[0] == "step" and len(parts) == 3 else ""

    @property
    def order(self) -> tuple[int, ...]:
        """Where the page stands when all are read in a row; home first."""
        if self.path in _ORDER:
            return _ORDER[self.path]
        if self.path in _LAST:
            return (3, _LAST.index(self.path))
        if self.step is None:
            return (2,)
        return (1, *map(int, self.path.strip("/").split("/")[1:]))


def read_pages(folder: Path) -> list[Source]:
    """Every page under a language's folder, in reading order."""
    files = sorted(folder.rglob("*.md"))
    if not files:
        raise missing(f"pages in {folder}", "Build from the source folder.", PageError)
    return sorted((read_page(file, folder) for file in files), key=_reading_order)


def _reading_order(page: Source) -> tuple[tuple[int, ...], str]:
    return page.order, page.path


def read_page(file: Path, folder: Path) -> Source:
    """One page. Its front matter is TOML between two lines of +++."""
    name = file.relative_to(folder).as_posix()
    text = file.read_text(encoding="utf-8")
    head, _, body = text.removeprefix("+++\n").partition("\n+++\n")
    if not text.startswith("+++\n") or not body:
        raise PageError(f"missing front matter in {name}", "Begin with +++ and title.")
    try:
        front = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise invalid(f"front matter of {name}", error, error=PageError) from error
    for wanted in ("title", "summary"):
        if not front.get(wanted):
            raise PageError(f"missing {wanted} in {name}", f'Write: {wanted} = "…"')
    for given in front.keys() - _FIELDS:
        raise invalid(f"field of {name}", given, error=PageError)
    parts = name.removesuffix(".md").split("/")
    parts = parts[:-1] if parts[-1] == "index" else parts
    path = "/" + "".join(f"{part}/" for part in parts)
    return Source(file, name, path, front, body, head.count("\n") + 4)


def read_toml(text: str) -> dict[str, Any]:
    """What a block of a page says. Raises PageError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise invalid("block", error, "its lines are TOML", error=PageError) from error


def read_meanings(file: Path) -> dict[str, str]:
    """What the names of the programs mean, those without a docstring."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return {name: str(meaning) for name, meaning in read_toml(text).items()}


def read_strings(folder: Path, language: str) -> dict[str, dict[str, str]]:
    """The words of the interface, by section: as many as English has."""
    strings = _read_strings(folder, language)
    for section, words in _read_strings(folder, "en").items():
        for key in sorted(words.keys() ^ strings.get(section, {}).keys()):
            what = "missing" if key in words else "unknown"
            line = f"{what} string: {key} under [{section}] of {language}.toml"
            raise PageError(
                line, "It has the keys of en.toml, all of them and no other."
            )
    return strings


def _read_strings(folder: Path, language: str) -> dict[str, dict[str, str]]:
    file = folder / "strings" / f"{language}.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise missing(f"strings in {language}", f"Write {file}.", PageError) from error
