"""The site as a whole: its links, its files, and what it costs to load."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("markdown_it")
pytest.importorskip("jinja2")

from rendering import HEAD
from support import not_run

from glassgpt.errors import GlassGPTError
from glassgpt.guide.build import build
from glassgpt.guide.content import pages
from glassgpt.guide.content.links import check_links
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.gallery import in_words


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="nowhere/">x</a>', "nothing is there"),
        ('<a href="#nowhere">x</a>', "no such place"),
        ('<img src="index.html">', "picture"),
        ('<img src="index.html" alt="">', "picture"),
        ('<p id="a"></p><p id="a"></p>', "twice"),
        ('<a href="../outside.html">x</a>', "nothing is there"),
    ],
)
def test_a_dead_link_is_found(html: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    with pytest.raises(PageError, match=said):
        check_links(tmp_path)


def test_links_between_pages_are_checked_and_fine(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "index.html").write_text('<a href="b/#here">x</a>', "utf-8")
    (tmp_path / "b/index.html").write_text('<p id="here"></p>', "utf-8")
    check_links(tmp_path)


def test_a_failed_build_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / "index.html").write_text("old", encoding="utf-8")
    with pytest.raises(GlassGPTError):
        build(target, folder=tmp_path / "nothing")
    assert (target / "index.html").read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_two_builds_at_once_leave_one_whole_site(tmp_path: Path) -> None:
    if not (pages.ASSETS / "figures.json").is_file():
        not_run("browser", "the figures are not built: make site")
    shutil.copytree(pages.FOLDER / "strings", tmp_path / "guide/strings")
    shutil.copytree(pages.FOLDER / "style", tmp_path / "guide/style")
    shutil.copytree(pages.FOLDER / "fonts", tmp_path / "guide/fonts")
    (tmp_path / "guide/pages/en").mkdir(parents=True)
    (tmp_path / "guide/pages/en/index.md").write_text(f"{HEAD}Hello.\n", "utf-8")
    target = tmp_path / "made/site"
    with ThreadPoolExecutor() as threads:
        for _ in range(3):
            given = [target, tmp_path / "guide", pages.ASSETS, "en", False]
            both = [threads.submit(build, *given) for _ in range(2)]
            assert [len(one.result()) for one in both] == [1, 1]
            assert "Hello." in (target / "index.html").read_text("utf-8")
    assert [p.name for p in (tmp_path / "made").iterdir()] == ["site"]


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(GlassGPTError, match="it holds other files"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("[page]\n", "[page]\nnew-one = 'neu'\n", "unknown string: new-one"),
        ("title-train-home", "zz-train-home", "missing string: title-train-home"),
    ],
)
def test_a_language_has_the_words_that_english_has(
    was: str, becomes: str, said: str, tmp_path: Path
) -> None:
    shutil.copytree(pages.FOLDER / "strings", tmp_path / "strings")
    english = (tmp_path / "strings" / "en.toml").read_text(encoding="utf-8")
    theirs = tmp_path / "strings" / "de.toml"
    theirs.write_text(english, encoding="utf-8")
    assert pages.read_strings(tmp_path, "de") == pages.read_strings(tmp_path, "en")
    assert english.count(was) == 1
    theirs.write_text(english.replace(was, becomes), encoding="utf-8")
    with pytest.raises(PageError, match=re.escape(said)):
        pages.read_strings(tmp_path, "de")


def test_two_builds_are_the_same(guide_site: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")
    files = sorted(p.relative_to(guide_site) for p in guide_site.rglob("*"))
    assert files == sorted(
        p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*")
    )
    for file in files:
        if (guide_site / file).is_file():
            one, other = guide_site / file, tmp_path / "again" / file
            assert one.read_bytes() == other.read_bytes(), file


def test_search_knows_where_terms_are_explained_and_listed(guide_site: Path) -> None:
    entries: list[list[Any]] = json.loads(
        (guide_site / "search.json").read_text("utf-8")
    )
    for word, path in (("softmax", "/step/1/3/"), ("bos", "/step/0/2/")):
        explains = [e[0] for e in entries if word in map(str.lower, e[6])]
        listed = [e[0] for e in entries if e[3] == f"term-{word}"]
        assert explains[0] == path and listed == ["/glossary/"]


def test_search_keeps_the_spaces_of_a_text(guide_site: Path) -> None:
    entries = json.loads((guide_site / "search.json").read_text("utf-8"))
    for path, *_, text, _, names in entries:
        if path != "/glossary/" and not names:
            assert not re.search(r"\w ,|\( \w", text), (path, text)


def test_reading_costs_at_most_120_kilobytes(guide_site: Path) -> None:
    manifest = json.loads((guide_site / "assets/manifest.json").read_text("utf-8"))

    def size(file: Path) -> int:
        return file.with_name(file.name + ".gz").stat().st_size

    entries = ("figure/loader", "page/page")
    scripts = {manifest[f"runtime/{name}.ts"]["file"] for name in entries}
    shared = [guide_site / "assets" / name for name in scripts]
    shared += list(guide_site.glob("assets/guide-*.css"))
    shared += list(guide_site.glob("assets/early-*.js"))
    assert len(shared) == 4
    for page in guide_site.rglob("index.html"):
        assert size(page) + sum(map(size, shared)) <= 120_000, page


def test_fonts_are_at_most_80_kilobytes(guide_site: Path) -> None:
    fonts = list(guide_site.glob("assets/*.woff2"))
    assert len(fonts) == 4
    assert sum(font.stat().st_size for font in fonts) <= 80_000


@pytest.mark.parametrize(
    ("figure", "control", "value", "said"),
    [
        ("train-home", "run", "1", "trained"),
        ("valley", "rate", "1.9", "a rate of 1.9"),
        ("valley", "at", "0", "at the very start"),
        ("positions", "at", "2", "at token 2"),
        ("qkv", "state", "adam-20000", "after 20,000 steps of Adam"),
        ("softmax-edit", "logits", "0,0,1", "logits 0, 0, 1"),
        ("tokenizer", "word", "", "no word"),
        ("new-one", "unheard", "7", "unheard 7"),
    ],
)
def test_where_a_figure_can_begin_is_said_in_words(
    figure: str, control: str, value: str, said: str
) -> None:
    words = pages.read_strings(pages.FOLDER, "en")["page"]
    assert in_words(words, figure, control, value) == said
