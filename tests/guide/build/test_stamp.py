"""The stamp of a built site: a change of what it comes from makes it stale."""

import shutil
from pathlib import Path

import pytest

from glassgpt.guide import stamp
from glassgpt.guide.content.pages import FOLDER


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """A copy of guide/ without what is installed there."""
    ignored = shutil.ignore_patterns("node_modules", "fonts", "fallbacks")
    return Path(shutil.copytree(FOLDER, tmp_path / "guide", ignore=ignored))


def changed(before: stamp.Stamp, after: stamp.Stamp) -> set[str]:
    """The parts in which two stamps differ."""
    return {part for part in before if before[part] != after[part]}


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("pages/en/step/0/1.md", {"pages"}),
        ("strings/en.toml", {"pages"}),
        ("package.json", {"figures"}),
        ("vite.config.ts", {"figures"}),
        ("style/page.css", {"figures", "pages"}),
    ],
)
def test_a_change_is_seen_in_its_part(file: str, parts: set[str], guide: Path) -> None:
    before = stamp.of_site(guide)
    (guide / file).write_text((guide / file).read_text("utf-8") + "\n", "utf-8")
    assert changed(before, stamp.of_site(guide)) == parts


def test_a_file_more_or_less_is_seen(guide: Path) -> None:
    before = stamp.of_site(guide)
    (guide / "pages/en/more.md").write_text("+++\n", "utf-8")
    assert changed(before, stamp.of_site(guide)) == {"pages"}
    (guide / "pages/en/more.md").unlink()
    assert stamp.of_site(guide) == before


def test_what_is_installed_or_hidden_is_not_looked_at(guide: Path) -> None:
    before = stamp.of_site(guide)
    for name in ("node_modules/one.js", ".svelte-kit/two.js", "figures/.three.swp"):
        (guide / name).parent.mkdir(exist_ok=True)
        (guide / name).write_text("x", "utf-8")
    assert stamp.of_site(guide) == before


def test_a_stale_site_is_told_by_its_stamp(tmp_path: Path) -> None:
    assert stamp.why_stale(tmp_path) == "it was not built"
    now = stamp.of_site()
    stamp.write(tmp_path, now)
    assert stamp.why_stale(tmp_path) == ""
    assert stamp.why_stale(tmp_path, language="xx") == "language"
    stamp.write(tmp_path, {**now, "pages": "other", "package": "other"})
    assert stamp.why_stale(tmp_path) == "pages, package"


def test_a_site_carries_the_stamp_of_what_it_was_built_from(guide_site: Path) -> None:
    assert stamp.why_stale(guide_site) == ""
