"""Builds the site: pages, search, files; all checked before anything is kept."""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from glassgpt import lessons
from glassgpt.guide import cache, fallbacks, pseudo_locale, stamp, verify
from glassgpt.guide.assets import encode_all, keep, smaller
from glassgpt.guide.code import listings
from glassgpt.guide.content import blocks
from glassgpt.guide.content.answer_key import QUESTIONS
from glassgpt.guide.content.expressions import answered
from glassgpt.guide.content.glossary import PATH as GLOSSARY
from glassgpt.guide.content.glossary import Glossary
from glassgpt.guide.content.links import check_links
from glassgpt.guide.content.markdown import Context, Page, render
from glassgpt.guide.content.pages import (
    ASSETS,
    FOLDER,
    Source,
    read_pages,
    read_strings,
)
from glassgpt.guide.figures import Figures, figure_html
from glassgpt.guide.server import POLICY, check_target
from glassgpt.lessons import FILES, Lesson, lesson

TEMPLATES = Path(__file__).parent / "templates"
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
    target.parent.mkdir(parents=True, exist_ok=True)
    # a name of its own: another build of the same site may be at work beside it
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}.new", dir=target.parent))
    try:
        work.chmod(0o755)
        pages = _Site(work, folder, assets, language).write()
        if encode:
            encode_all(work)
        cache.clear_old()
        stamp.write(work, begun)
        _put_in_place(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return pages


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


class _Site:
    def __init__(self, target: Path, folder: Path, assets: Path, language: str) -> None:
        self.target, self.folder, self.assets = target, folder, assets
        self.language = language
        kept = folder / "pages" / language
        written = language if kept.is_dir() else "en"
        strings = read_strings(folder, written)
        if written != language:
            strings = _translated(strings)
        self.words, self.figure_words = strings["page"], strings["figure"]
        self.sources = read_pages(folder / "pages" / written)
        self.figures = Figures.read(assets)
        titles = {one.path: answered(one.title) for one in self.sources}
        plain = Context(self.words, self.figures, titles, language)
        made = blocks.ready_made(self.sources, self.words, plain.say)
        terms = Glossary.read(
            folder / "pages" / written / "glossary.toml", self.sources
        )
        made["glossary"] = lambda rest, inline: terms.listed(self._place, plain.say)
        self.context = replace(plain, blocks=made, glossary=terms)
        loader = FileSystemLoader(TEMPLATES)
        self.templates = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.known: dict[int, dict[int, str]] = {step: {} for step in range(len(FILES))}

    def write(self) -> list[Page]:
        self.files = self._files()
        pages = [render(source, self.context) for source in self.sources]
        self.order = [page.source.path for page in pages]
        self.explained = _explained(pages)
        for page in pages:
            self._page(page, pages)
            self._learn(page)
        self._extra(pages)
        self._search(pages)
        self._questions(pages)
        self._verified(pages)
        check_links(self.target)
        return pages

    def _files(self) -> dict[str, str]:
        """Style, fonts, code and programs put in place; their names by what they do."""
        kept = self.target / "assets"
        kept_out = shutil.ignore_patterns(stamp.NAME)
        shutil.copytree(self.assets, kept, ignore=kept_out)
        fonts = {}
        for font in sorted((self.folder / "fonts").glob("*.woff2")):
            fonts[font.stem] = keep(kept, font.stem, ".woff2", font.read_bytes())
        for licence in sorted((self.folder / "fonts").glob("LICENSE*")):
            shutil.copyfile(licence, kept / licence.name)
        sheets = ("tokens", "page", "parts", "margin", "run", "verify")
        style = "\n".join(
            (self.folder / "style" / f"{name}.css").read_text(encoding="utf-8")
            for name in sheets
        )
        for name, file in fonts.items():
            style = style.replace(f"../fonts/{name}.woff2", file)
        if self.language == "en":
            self.figures.pictures.update(fallbacks.built(self.folder, kept))
        early = (TEMPLATES / "early.js").read_bytes()
        programs = self.target / "programs"
        programs.mkdir()
        for name in FILES:
            shutil.copyfile(lessons.FOLDER / name, programs / name)
        shutil.copyfile(lessons.FOLDER / "names.txt", programs / "names.txt")
        return {
            **{f"font_{name}": file for name, file in fonts.items()},
            "style": keep(kept, "guide", ".css", smaller(style).encode()),
            "early": keep(kept, "early", ".js", early),
            "loader": self.figures.script("figure/loader"),
            "page": self.figures.script("page/page"),
            "yours": self.figures.script("page/your-data"),
        }

    def _common(self, path: str) -> dict[str, Any]:
        depth = path.count("/") - 1
        return {
            "lang": self.language,
            "words": self.words,
            "files": self.files,
            "path": path,
            "policy": POLICY,
            "root": "../" * depth or "./",
            "strings": Markup(_json(self.figure_words)),
            "steps": [
                (step, blocks.name(step))
                for step in range(len(FILES))
                if f"/step/{step}/" in self.context.titles
            ],
            "there": set(self.context.titles),
            "sandbox": min(
                (path for path in self.context.titles if path.startswith("/sandbox/")),
                default="",
            ),
        }

    def _place(self, source: Source) -> str:
        """A page as a link to it says: its number and its title."""
        title = self.context.say(self.context.titles[source.path])
        return f"{source.number} {title}".strip()

    def _page(self, page: Page, pages: Sequence[Page]) -> None:
        source = page.source
        place = self.order.index(source.path)
        near = {}
        for name, other in (("previous", place - 1), ("next", place + 1)):
            there = 0 <= other < len(pages)
            near[name] = pages[other] if there else None
        self._write(
            source.path,
            "page.html",
            page=page,
            content=Markup(page.html),
            kind=source.front.get("kind", "lesson" if source.number else "plain"),
            crumbs=self._crumbs(source),
            before=self._before(page),
            filemap=self._map(page),
            verified=verify.steps_of(page),
            **near,
        )

    def _crumbs(self, source: Source) -> list[tuple[str, str]]:
        if source.step is None or not source.number:
            return []
        path = f"/step/{source.step}/"
        title = self.context.titles.get(path, f"Step {source.step}")
        return [(path, self.context.say(title))]

    def _before(self, page: Page) -> list[dict[str, str]]:
        """The names that the page's code uses, and where each of them was met."""
        found: dict[str, dict[str, str]] = {}
        for step in sorted({one.program.step for one in page.slices}):
            own = [one for one in page.slices if one.program.step == step]
            for one in listings.needed(own):
                known = self.known[step].get(one.line)
                link = f"{known}#code" if known else f"/step/{step}/#L{one.line}"
                found[one.name] = {
                    "name": one.name,
                    "meaning": self.context.say(one.meaning),
                    "link": known or link,
                }
        return list(found.values())

    def _map(self, page: Page) -> dict[str, Any] | None:
        """The step's file in small, when the page reads some of it."""
        step = page.source.step
        if step is None or not page.source.number or not page.slices:
            return None
        program = lesson(step)
        now = {n for one in page.slices if one.program.step == step for n in one.lines}
        known = set(self.known[step]) - now
        pages = self.explained[step]
        text = program.source.splitlines()
        filled = {n for n, line in enumerate(text, start=1) if line.strip()}
        blocks = [self._block(program, name, pages) for name in program.sections]

        def drawn(across: bool) -> Markup:
            return Markup(listings.map_svg(program, blocks, pages, known, now, across))

        return {
            "file": program.path.name,
            "link": f"/step/{step}/#L{min(now, default=1)}",
            "said": self.words["map_read"].format(
                count=len((known | now) & filled), all=len(filled)
            ),
            "all": len(filled),
            "down": drawn(across=False),
            "across": drawn(across=True),
        }

    def _block(
        self, program: Lesson, name: str, pages: dict[int, str]
    ) -> listings.Block:
        """A section in the map: a link to the lesson that explains most of it."""
        lines = program.sections[name]
        by = [pages[n] for n in lines if n in pages]
        step = program.step
        if not by:
            said = self.words["map_later"].format(section=name)
            return listings.Block(name, lines, f"/step/{step}/#L{lines.start}", said)
        page = max(by, key=by.count)
        title = self.context.say(self.context.titles[page])
        number = ".".join(page.strip("/").split("/")[1:])
        said = self.words["map_lesson"].format(section=name, number=number, title=title)
        return listings.Block(name, lines, page, said)

    def _learn(self, page: Page) -> None:
        for one in page.slices:
            if page.source.number:
                for number in one.lines:
                    known = self.known[one.program.step]
                    known.setdefault(number, page.source.path)

    def _extra(self, pages: Sequence[Page]) -> None:
        """The gallery, a page for each figure to be framed, the page for a lost one."""
        used: dict[str, dict[str, Any]] = {}
        for page in pages:
            for one in page.figures.values():
                used.setdefault(one["name"], one["props"])
        shown = []
        for name, known in sorted(self.figures.table.items()):
            props = used.get(name) or self.figures.sample(name)
            title = self.figure_words.get(f"title-{name}", name)
            made = figure_html(
                name,
                name,
                props,
                self.figures.height(name),
                title,
                "",
                self.words,
                self.figures.wide(name),
            )
            self._write(
                f"/embed/{name}/", "embed.html", title=title, content=Markup(made)
            )
            links = [
                "&".join(f"{name}.{key}={value}" for key, value in state.items())
                for state in known.get("states", [{}])
            ]
            shown.append((name, title, Markup(made), links))
        self._write("/gallery/", "gallery.html", figures=shown)
        self._write("/yours/", "yours.html")
        self._write("/404.html", "missing.html")

    def _write(self, path: str, template: str, **given: Any) -> None:
        common = self._common(path)
        made = self.templates.get_template(template).render(**common, **given)
        made = _LINK.sub(
            lambda m: f'{m["start"]}{common["root"]}{m["path"][1:]}"', made
        )
        name = f"{path}index.html" if path.endswith("/") else path
        file = self.target / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made, encoding="utf-8")

    def _search(self, pages: Iterable[Page]) -> None:
        """The parts of all pages, and the terms of the glossary."""
        entries = [
            [page.source.path, page.source.number, page.title, *astuple(one)]
            for page in pages
            for one in page.sections
        ]
        title = self.context.say(self.context.titles.get(GLOSSARY, ""))
        entries += [
            [GLOSSARY, "", title, term.anchor, *map(self.context.say, told), []]
            for term in self.context.glossary.terms
            for told in [(term.name, term.says)]
        ]
        (self.target / "search.json").write_text(_json(entries), encoding="utf-8")

    def _verified(self, pages: Iterable[Page]) -> None:
        """What the checks of pages compare with, a file a step."""
        folder = self.target / "verify"
        folder.mkdir()
        for step in sorted({n for page in pages for n in verify.steps_of(page)}):
            made = _json(verify.expected(step))
            (folder / f"{step}.json").write_text(made, encoding="utf-8")

    def _questions(self, pages: Iterable[Page]) -> None:
        """Every question with all its answers, for `glassgpt guide key`."""
        asked = [
            {"path": page.source.path, "title": _titled(page), **asdict(question)}
            for page in pages
            for question in page.questions
        ]
        made = json.dumps(asked, ensure_ascii=False, indent=1, sort_keys=True)
        (self.target / QUESTIONS).write_text(made, encoding="utf-8")


def _titled(page: Page) -> str:
    return f"{page.source.number} {page.title}".strip()


def _explained(pages: Iterable[Page]) -> dict[int, dict[int, str]]:
    """Of each step's lines the page that explains them first."""
    found: dict[int, dict[int, str]] = {step: {} for step in range(len(FILES))}
    for page in pages:
        for one in page.slices if page.source.number else []:
            for number in one.lines:
                found[one.program.step].setdefault(number, page.source.path)
    return found


def _translated(strings: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {
        section: {key: pseudo_locale.accented(text) for key, text in table.items()}
        for section, table in strings.items()
    }


def _json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace(
        "</", "<\\/"
    )
