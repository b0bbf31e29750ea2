"""Builds the site: read, rendered, written, checked, and only then put in place."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from glassgpt.guide import cache, pseudo_locale, stamp, verify
from glassgpt.guide.assets import encode_all, put_assets
from glassgpt.guide.content.anatomy import check_anatomy
from glassgpt.guide.content.answer_key import QUESTIONS
from glassgpt.guide.content.expressions import answered
from glassgpt.guide.content.glossary import Glossary
from glassgpt.guide.content.links import check_links
from glassgpt.guide.content.markdown import render
from glassgpt.guide.content.pages import (
    ASSETS,
    FOLDER,
    read_meanings,
    read_pages,
    read_strings,
)
from glassgpt.guide.content.search import entries
from glassgpt.guide.content.writing import Context, Page
from glassgpt.guide.fallbacks import put_fallbacks
from glassgpt.guide.figures import Figures
from glassgpt.guide.server import check_target
from glassgpt.guide.site_index import SiteIndex
from glassgpt.guide.templating import as_json, in_script
from glassgpt.guide.templating import render as filled
from glassgpt.guide.views import Site, common, views

_LINK = re.compile(r'(?P<start> (?:href|src|content)=")(?P<path>/[^"/][^"]*|/)"')


def build(
    target: Path,
    folder: Path = FOLDER,
    assets: Path = ASSETS,
    language: str = "en",
    encode: bool = True,
) -> list[Page]:
    """Write the whole site to `target` and return its pages.

    With `encode`, the smaller copies that are sent are made too, which takes a while.
    `target` must be empty, new, or a site that was built before. Raises PageError for
    a page that breaks a rule, and leaves `target` as it was.
    """
    check_target(target)
    begun = stamp.of_site(folder, language, encode)
    with _beside(target) as work:
        figures = Figures.read(assets)
        context, figure_words = read_context(folder, figures, language)
        files = put_assets(work, folder, assets, figures)
        if language == "en":
            figures = replace(figures, fallbacks=put_fallbacks(folder, work / "assets"))
            context = replace(context, figures=figures)
        pages = [render(source, context) for source in context.sources]
        for page in pages:
            check_anatomy(page)
        site = Site(context, figure_words, SiteIndex(tuple(pages)), files)
        _write_pages(work, site)
        _write_data(work, site)
        check_links(work)
        if encode:
            encode_all(work)
        cache.clear_old()
        stamp.write(work, begun)
        _put_in_place(work, target)
    return pages


def read_context(
    folder: Path, figures: Figures, language: str = "en"
) -> tuple[Context, dict[str, str]]:
    """What pages are built with, from a guide's folder; and the words of figures."""
    written = language if (folder / "pages" / language).is_dir() else "en"
    strings = read_strings(folder, written)
    if written != language:
        strings = pseudo_locale.accented_strings(strings)
    sources = read_pages(folder / "pages" / written)
    titles = {one.path: answered(one.title) for one in sources}
    terms = Glossary.read(folder / "pages" / written / "glossary.toml", sources)
    names = read_meanings(folder / "pages" / written / "names.toml")
    context = Context(strings["page"], figures, titles, language, sources, terms, names)
    return context, strings["figure"]


def _write_pages(target: Path, site: Site) -> None:
    """Every page where its address is."""
    for path, template, given in views(site):
        shared = common(site, path)
        made = _relative(filled(template, **shared, **given), shared["root"])
        name = f"{path}index.html" if path.endswith("/") else path
        file = target / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made, encoding="utf-8")


def _relative(html: str, root: str) -> str:
    """A page whose links begin at the page, so that they hold under any path."""
    return _LINK.sub(lambda found: f'{found["start"]}{root}{found["path"][1:]}"', html)


def _write_data(target: Path, site: Site) -> None:
    """What pages load when it is asked for: search, questions, numbers to verify."""
    pages = site.index.pages
    found = in_script(entries(pages, site.context))
    (target / "search.json").write_text(found, encoding="utf-8")
    asked = [
        {"path": page.source.path, "title": _titled(page), **asdict(question)}
        for page in pages
        for question in page.questions
    ]
    text = as_json(asked, indent=1, sort_keys=True)
    (target / QUESTIONS).write_text(text, encoding="utf-8")
    folder = target / "verify"
    folder.mkdir()
    for step in sorted({n for page in pages for n in verify.steps_of(page)}):
        made = in_script(verify.expected(step))
        (folder / f"{step}.json").write_text(made, encoding="utf-8")


def _titled(page: Page) -> str:
    return f"{page.source.number} {page.title}".strip()


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new folder beside a site, its own even when two builds are at work."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}.new", dir=target.parent))
    work.chmod(0o755)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_in_place(work: Path, target: Path) -> None:
    """Let a site take the place of the one before, or of another just built."""
    old = work.with_name(f"{work.name}.old")
    while True:
        with contextlib.suppress(FileNotFoundError):
            target.rename(old)
        try:
            work.rename(target)
            return
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
