"""What the templates of whole pages are filled with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from glassgpt.guide import gallery, verify
from glassgpt.guide.blocks.figure import figure_html
from glassgpt.guide.code import steps
from glassgpt.guide.code.filemap import MapSection, map_svg
from glassgpt.guide.content.pages import Source
from glassgpt.guide.content.stations import PLACE, small_map, station_of
from glassgpt.guide.content.writing import Context, Page
from glassgpt.guide.defined import names_before
from glassgpt.guide.fallbacks import fallback_name
from glassgpt.guide.figures import Fallback
from glassgpt.guide.server import POLICY
from glassgpt.guide.site_index import SiteIndex
from glassgpt.guide.templating import as_json, in_script, inline_script, render
from glassgpt.lessons import FILES, Lesson, lesson

View = tuple[str, str, dict[str, Any]]
"""An address, the template of its page, and what is in the page."""

# the words of figures of Steps 4 and 5 and of what comes after them
_LATER = tuple(
    f"{first}-"
    for first in (
        *("averages", "depths", "gauge", "heads", "landscape", "lists", "longer"),
        *("loop", "moved", "name-heads", "race", "scale", "size", "slices", "stack"),
        "update",
    )
)


@dataclass(frozen=True)
class Site:
    """All that pages are made of: words and figures, the pages, the files' names."""

    context: Context
    figure_words: dict[str, str]
    index: SiteIndex
    files: dict[str, str]


def views(site: Site) -> Iterator[View]:
    """Every page of the site, those that have no Markdown too."""
    for page in site.index.pages:
        yield page.source.path, "page.html", _page(site, page)
    first = gallery.first_uses(site.index.pages)
    for name in site.context.figures.table:
        title = site.figure_words.get(f"title-{name}", name)
        props = first[name].props if name in first else {}
        props = props or site.context.figures.sample(name)
        content = figure_html(site.context, name, name, props, alt=title)
        yield f"/embed/{name}/", "embed.html", {"title": title, "content": content}
    groups = gallery.groups(site.context, site.figure_words, first)
    yield "/gallery/", "gallery.html", {"groups": groups}
    yield "/yours/", "yours.html", {}
    yield "/404.html", "missing.html", _missing(site)
    for step in range(len(FILES)):
        if f"/step/{step}/" not in site.context.titles:
            yield f"/step/{step}/", "coming.html", _coming(site, step)


def _missing(site: Site) -> dict[str, Any]:
    """All lessons by step, and a script that finds where the guide begins."""
    context = site.context
    sources, place = context.sources, context.place
    by_step = [
        (step, [one for one in sources if one.step == step and one.number])
        for step in range(len(FILES))
    ]
    return {
        "find_root": inline_script("find-root.js"),
        "inline_style": Markup(site.files["inline_style"]),
        "lessons": [
            (step, _named(site, step), [(one.path, place(one)) for one in own])
            for step, own in by_step
            if own
        ],
    }


def _coming(site: Site, step: int) -> dict[str, Any]:
    """A step whose lessons are not written yet."""
    say, file = site.context.say, lesson(step).path.name
    idea = say(f"{steps.idea(step).capitalize()}.")
    return {"step": step, "file": file, "name": _named(site, step), "idea": idea}


def _named(site: Site, step: int) -> str:
    """A step's name as a heading has it."""
    return site.context.say(steps.name(step).capitalize())


def common(site: Site, path: str) -> dict[str, Any]:
    """What every page shows or needs: the head, the links to all parts, the words."""
    titles = site.context.titles
    sandboxes = [one for one in titles if one.startswith("/sandbox/")]
    return {
        "lang": site.context.language,
        "words": site.context.words,
        "files": site.files,
        "path": path,
        "policy": POLICY,
        "root": "../" * (path.count("/") - 1) or "./",
        "strings": in_script(_figure_words(site, path)),
        "steps": [
            (step, steps.name(step))
            for step in range(len(FILES))
            if f"/step/{step}/" in titles
        ],
        "there": set(titles),
        "sandbox": min(sandboxes, default=""),
    }


def _figure_words(site: Site, path: str) -> dict[str, str]:
    """What figures may say on a page: in the lessons of Steps 0 to 3 without the words
    of figures that come later, which would weigh on every page."""
    if not path.startswith(tuple(f"/step/{step}/" for step in range(4))):
        return site.figure_words
    words = site.figure_words.items()
    return {key: said for key, said in words if not key.startswith(_LATER)}


def _page(site: Site, page: Page) -> dict[str, Any]:
    source = page.source
    previous, following = site.index.near(page)
    return {
        "page": page,
        "content": page.html,
        "kind": source.front.get("kind", "lesson" if source.number else "plain"),
        "crumbs": _crumbs(site.context, source),
        "before": names_before(page, site.index.pages, site.context),
        "filemap": _filemap(site, page),
        "small_map": _small_map(site, source),
        "moved": _moved(site, page),
        "verified": verify.steps_of(page),
        "previous": previous,
        "next": following,
        "ahead": following and _picture(site, following),
    }


def _picture(site: Site, page: Page) -> Fallback | None:
    """The picture of a page's first figure."""
    names = [fallback_name(page.source.path, each) for each in page.figures]
    return site.context.figures.fallbacks.get(names[0]) if names else None


def _small_map(site: Site, source: Source) -> Markup:
    """The model in small, with the lesson's station lit."""
    station = station_of(source)
    if not station:
        return Markup()
    words = site.context.words
    said = words["map_here"].format(station=words[f"station_{station}"])
    made = small_map(station)
    return render("blocks/small_map.html", place=PLACE, said=said, map=made)


def _moved(site: Site, page: Page) -> str:
    """Where the parts of a lesson are now that was at this page's address before."""
    own = _ids(page)
    moved = {
        other.source.path: sorted(_ids(other) - own)
        for other in site.index.pages
        if other.source.front.get("was") == page.source.path
    }
    return as_json(moved) if moved else ""


def _ids(page: Page) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', page.html))


def _crumbs(context: Context, source: Source) -> list[tuple[str, str]]:
    if source.step is None or not source.number:
        return []
    path = f"/step/{source.step}/"
    title = context.titles.get(path, f"Step {source.step}")
    return [(path, context.say(title))]


def _filemap(site: Site, page: Page) -> dict[str, Any] | None:
    """The step's file in small, when the page reads some of it."""
    step = page.source.step
    if step is None or not page.source.number or not page.slices:
        return None
    program = lesson(step)
    now = {n for one in page.slices if one.program.step == step for n in one.lines}
    known = set(site.index.known_before(page)[step]) - now
    pages = site.index.explained[step]
    text = program.source.splitlines()
    filled = {n for n, line in enumerate(text, start=1) if line.strip()}
    sections = [_section(site, program, name, pages) for name in program.sections]
    count = len((known | now) & filled)
    return {
        "file": program.path.name,
        "link": f"/step/{step}/#L{min(now, default=1)}",
        "said": site.context.words["map_read"].format(count=count, all=len(filled)),
        "all": len(filled),
        "down": map_svg(program, sections, pages, known, now, across=False),
        "across": map_svg(program, sections, pages, known, now, across=True),
    }


def _section(
    site: Site, program: Lesson, name: str, pages: dict[int, str]
) -> MapSection:
    """A section in the map: a link to the lesson that explains most of it."""
    lines, words = program.sections[name], site.context.words
    by = [pages[n] for n in lines if n in pages]
    if not by:
        link = f"/step/{program.step}/#L{lines.start}"
        said = words["map_later"].format(section=name)
        return MapSection(name, lines, link, said)
    page = max(by, key=by.count)
    title = site.context.say(site.context.titles[page])
    number = ".".join(page.strip("/").split("/")[1:])
    said = words["map_lesson"].format(section=name, number=number, title=title)
    return MapSection(name, lines, page, said)
