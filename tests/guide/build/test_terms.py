"""Terms: each explained by a page, listed once, and linked where it is used."""

import re
from pathlib import Path

import pytest

pytest.importorskip("markdown_it")

from glassgpt.guide.content.glossary import Glossary
from glassgpt.guide.content.pages import FOLDER, PageError, read_pages

PAGES = read_pages(FOLDER / "pages" / "en")
FILE = FOLDER / "pages/en/glossary.toml"
TERMS = Glossary.read(FILE, PAGES).terms


def test_a_lesson_explains_a_term_where_one_does(guide_site: Path) -> None:
    paths = {term.name: term.source.path for term in TERMS}
    assert paths["token"] == "/step/0/2/" and paths["perplexity"] == "/step/0/5/"
    assert paths["vector"] == "/start/"
    for term in TERMS:
        html = (guide_site / f"{term.source.path}/index.html".lstrip("/")).read_text()
        assert html.count(f'<strong id="{term.anchor}">') == 1, term.name


def test_the_list_leads_to_lessons_and_back(guide_site: Path) -> None:
    listed = (guide_site / "glossary/index.html").read_text()
    used = "".join(file.read_text() for file in guide_site.rglob("step/*/*/index.html"))
    for term in TERMS:
        assert f'<dt id="{term.anchor}">' in listed
        assert f'{term.source.path.lstrip("/")}#{term.anchor}"' in listed
    links = re.findall(r'class="term" href="[./]*glossary/#(term-[\w-]+)"', used)
    assert len(set(links)) > len(TERMS) / 2


def test_a_page_links_a_term_once_and_never_its_own(guide_site: Path) -> None:
    for page in PAGES:
        html = (guide_site / f"{page.path}/index.html".lstrip("/")).read_text()
        links = re.findall(r'class="term" href="[./]*glossary/#(term-[\w-]+)"', html)
        own = {term.anchor for term in TERMS if term.source.path == page.path}
        assert len(links) == len(set(links)), page.path
        assert not own & set(links), page.path


def test_a_term_that_no_page_explains_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "glossary.toml"
    file.write_text('[phlogiston]\nsays = "What burns."\n')
    with pytest.raises(PageError, match="phlogiston"):
        Glossary.read(file, PAGES)
