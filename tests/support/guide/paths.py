"""The guide's pages: a new one is tested by being there."""

from pathlib import Path

from glassgpt.guide.content import pages as sources
from glassgpt.lessons import FILES

# as they are written, in reading order
PAGES = sources.read_pages(sources.FOLDER / "pages" / "en")
PATHS = tuple(page.path for page in PAGES)
# those that no file is written for
COMING = tuple(f"/step/{n}/" for n in range(len(FILES)) if f"/step/{n}/" not in PATHS)
MADE = ("/gallery/", "/yours/", "/404.html", *COMING)
KINDS = ("/", "/step/0/", "/step/1/9/", "/sandbox/generate/", "/gallery/", "/yours/")


def paths_of(site: Path) -> set[str]:
    """The addresses of a built site's pages, those to be framed left out."""
    files = (file.parent.relative_to(site) for file in site.rglob("index.html"))
    found = {"/" if str(p) == "." else f"/{p.as_posix()}/" for p in files}
    return {path for path in found if not path.startswith("/embed/")}
