"""docs/guide.md followed to the letter: a page and its figure, nothing else."""

import json
import re
import shutil
import subprocess
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support import not_run

from glassgpt.guide import server
from glassgpt.guide.content import pages as sources

DOCS = sources.CHECKOUT / "docs" / "guide.md"
# "Write `file`:" or "Add to `file`:", and the indented lines under it
STEP = re.compile(r"(Write|Add to)\s`(guide/[^`]+)`:\n\n((?:(?: {4}.*)?\n)+)")


def instructions() -> list[tuple[str, str, str]]:
    """What to write or to add, to which file, and the text."""
    return [
        (do, file, re.sub(r"^ {4}", "", text, flags=re.M).strip("\n") + "\n")
        for do, file, text in STEP.findall(DOCS.read_text("utf-8"))
    ]


def copied(folder: Path) -> Path:
    """A copy of guide/ with what it is built with."""
    guide = folder / "guide"
    kept = shutil.ignore_patterns("node_modules")
    shutil.copytree(sources.FOLDER, guide, ignore=kept)
    (guide / "node_modules").symlink_to(sources.FOLDER / "node_modules")
    (folder / "src").symlink_to(sources.CHECKOUT / "src")
    return guide


def test_the_instructions_add_to_what_is_there_and_write_what_is_not() -> None:
    given = instructions()
    assert [do for do, _, _ in given].count("Write") == 3
    written: set[str] = set()
    for do, name, text in given:
        file = sources.CHECKOUT / name
        there = file.is_file() or name in written
        assert there == (do == "Add to") and file.parent.is_dir(), name
        written.add(name)
        if file.suffix == ".toml":
            tomllib.loads(file.read_text("utf-8") + "\n" + text)
        if file.suffix == ".json":
            json.loads(text)


@pytest.mark.full
def test_a_page_with_a_figure_is_added_as_the_instructions_say(
    tmp_path: Path, visit: Any
) -> None:
    if shutil.which("node") is None or not (sources.FOLDER / "node_modules").is_dir():
        not_run("browser", "node or its modules are missing: make site")
    from glassgpt.guide.build import build

    guide = copied(tmp_path)
    given = instructions()
    assert [do for do, _, _ in given].count("Write") == 3
    for do, name, text in given:
        file = tmp_path / name
        before = file.read_text("utf-8") + "\n" if do == "Add to" else ""
        file.write_text(before + text, "utf-8")
    assets, site = tmp_path / "assets", tmp_path / "site"
    done = subprocess.run(
        ["node", "live.mjs", str(assets)],
        cwd=guide, input="build\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == '{"error":"","remedy":""}\n'
    build(site, guide, assets)
    with server.serve(site=site) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        look(visit(address=f"http://{server.HOST}:{running.server_port}"))
        running.shutdown()


def look(there: Any) -> None:
    """The new page works, and the others know it."""
    page = there.page
    there.go("/step/0/")
    page.click(".lessons a:has-text('Ids again')")
    page.wait_for_url("**/step/0/8/")
    there.scroll_through()
    assert "documents have 4 characters" in page.inner_text(".frame-sentence")
    page.locator(".frame input[type=range]").fill("2")
    page.wait_for_selector(".frame-sentence:has-text('documents have 6 characters')")
    assert page.is_visible(".tokens") and page.is_visible(".reading .panel")
    assert page.is_visible(".filemap")
    page.fill("#answer", "x")
    page.click(".question button")
    assert page.get_attribute(".verdict", "data-right") == "false"
    assert page.get_attribute("link[rel=prev]", "href").endswith("step/0/7/")
    page.keyboard.press("/")
    page.keyboard.type("Ids again")
    page.wait_for_selector("#search-found a[href$='step/0/8/']")
    there.go("/embed/word-length/#word-length.more=1&word=al")
    there.scroll_through()
    assert "documents have 3 characters" in page.inner_text(".frame-sentence")
    there.go("/gallery/")
    assert page.locator(".pictures .card[href$='embed/word-length/']").count() == 1
