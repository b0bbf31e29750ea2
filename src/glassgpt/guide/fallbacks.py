"""What figures showed when they were photographed, for where nothing can compute."""

import json
from html import escape
from pathlib import Path

from glassgpt.errors import missing
from glassgpt.guide.assets import keep
from glassgpt.guide.content.pages import PageError

INDEX = "index.json"


def picture_name(path: str, identity: str) -> str:
    """The name of a figure's picture: of /step/0/3/ and table it is step-0-3-table."""
    return "-".join([*path.strip("/").split("/"), identity]).lstrip("-")


def built(folder: Path, kept: Path) -> dict[str, str]:
    """Put the guide's pictures into a site's assets. Their elements, by their names.
    Raises PageError for a picture that the index names and that is not there."""
    index = folder / "fallbacks" / INDEX
    if not index.is_file():
        return {}
    found = {}
    for name, one in json.loads(index.read_text(encoding="utf-8")).items():
        picture = index.with_name(f"{name}.webp")
        if not picture.is_file():
            remedy = "Make it: python tools/fallbacks.py"
            raise missing(f"picture {name}", remedy, PageError)
        file = keep(kept, name, ".webp", picture.read_bytes())
        found[name] = (
            f'<img class="built" src="/assets/{file}" alt="{escape(one["said"])}"'
            f' width="{one["width"]}" height="{one["height"]}" loading="lazy">'
        )
    return found
