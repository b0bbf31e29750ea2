"""What figures showed when they were photographed, for where nothing can compute."""

import json
from pathlib import Path

from glassgpt.errors import missing
from glassgpt.guide.assets import keep
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.figures import Fallback

INDEX = "index.json"
AHEAD = "ahead"  # the folder of the same pictures in small


def fallback_name(path: str, identity: str) -> str:
    """The name of a figure's picture: of /step/0/3/ and table it is step-0-3-table."""
    return "-".join([*path.strip("/").split("/"), identity]).lstrip("-")


def put_fallbacks(folder: Path, kept: Path) -> dict[str, Fallback]:
    """Put the guide's pictures into a site's assets; they come back by name.

    Raises PageError for a picture that the index names and that is not there.
    """
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
        small = picture.parent / AHEAD / picture.name
        ahead = file
        if small.is_file():
            ahead = keep(kept, f"{name}-small", ".webp", small.read_bytes())
        found[name] = Fallback(file, one["width"], one["height"], one["said"], ahead)
    return found
