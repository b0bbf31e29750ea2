"""The figures that pages may hold, as the front end's build describes them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassgpt.errors import invalid, missing, unknown
from glassgpt.guide.content.pages import PageError

_TYPES: dict[str, type | tuple[type, ...]] = {
    "number": (int, float),
    "text": str,
    "string": str,
    "flag": bool,
    "boolean": bool,
    "list": list,
}


# the widths of a page in px at which the height kept for a figure may change: page.css
WIDTHS = ("390", "520", "720", "960")


@dataclass(frozen=True)
class Fallback:
    """A figure's picture: its file in the site's assets, its size, what it says.

    `ahead` is the same in small, for the way from the page before it.
    """

    file: str
    width: int
    height: int
    said: str
    ahead: str


@dataclass(frozen=True)
class Figures:
    """Every figure by name, where its code is, and its picture for want of scripts."""

    table: dict[str, dict[str, Any]]
    manifest: dict[str, dict[str, Any]]
    fallbacks: dict[str, Fallback] = field(default_factory=dict)

    @classmethod
    def read(cls, assets: Path) -> "Figures":
        """What the front end's build wrote. Raises PageError when it did not run."""
        try:
            table = json.loads((assets / "figures.json").read_text(encoding="utf-8"))
            manifest = json.loads(
                (assets / "manifest.json").read_text(encoding="utf-8")
            )
        except OSError as error:
            remedy = "In guide/: npm ci && npm run build"
            raise missing("figures, not built", remedy, PageError) from error
        return cls(table, manifest)

    def script(self, name: str) -> str:
        """The hashed file of an entry such as figure/loader."""
        entry = self.manifest.get(f"runtime/{name}.ts")
        if entry is None:
            raise missing(f"runtime/{name}.ts in the build", error=PageError)
        return str(entry["file"])

    def props(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """The props given, when the figure is there and takes just these."""
        if name not in self.table:
            raise unknown("figure", name, self.table, PageError)
        wanted = self.table[name].get("props", {})
        optional = {key for key in wanted if wanted[key].endswith("?")}
        for key in given.keys() - wanted.keys():
            raise unknown(f"prop of {name}", key, wanted, PageError)
        for key in wanted.keys() - given.keys() - optional:
            raise missing(f"prop of {name}: {key}", error=PageError)
        for key, value in given.items():
            kind = _TYPES.get(wanted[key].rstrip("?"), object)
            if not isinstance(value, kind):
                raise invalid(
                    f"prop {key} of {name}", value, wanted[key], "", PageError
                )
        return given

    def sample(self, name: str) -> dict[str, Any]:
        """Props to show a figure with where no page gives any."""
        return dict(self.table[name].get("sample", {}))

    def height(self, name: str, given: dict[str, int] | None = None) -> dict[str, int]:
        """The heights in px that are kept free for a figure, each by the page's width
        from which it holds. Where a width has none, that of the next narrower holds."""
        known = given or self.table[name].get("height", {})
        for width in known.keys() - WIDTHS:
            raise unknown(f"width of {name}", width, WIDTHS, PageError)
        room, last = {}, 600
        for width in WIDTHS:
            room[width] = last = known.get(width, last)
        return room

    def wide(self, name: str) -> bool:
        """Whether a figure takes the margin's room too."""
        return bool(self.table[name].get("wide", False))
