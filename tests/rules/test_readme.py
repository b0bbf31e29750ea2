"""What the README shows is what happens: its table, its blocks, its output."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from glassgpt.config import preset
from glassgpt.engines.shapes import num_params, shapes
from glassgpt.lessons import lesson, units

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (\d) [^|]+\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \| [\d.]+ \|$", re.M
)


def _names(step: int) -> set[str]:
    """The names that a program defines, by themselves or in a class."""
    parts = {unit.partition(": ")[2] for unit in units(lesson(step))}
    return parts | {part.partition(".")[0] for part in parts}


def test_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


def test_table_has_a_row_for_each_step() -> None:
    assert [int(row[0]) for row in ROW.findall(README)] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("row", ROW.findall(README), ids=lambda row: f"step{row[0]}")
def test_table_row_agrees_with_the_program(row: tuple[str, ...]) -> None:
    step, _, names, lines, parameters = int(row[0]), *row[1:]
    model = preset(f"step{step}").model
    rows, columns = shapes(model).get("counts", (0, 0))
    expected = f"{num_params(model):,}" if step else f"0 ({rows * columns} counts)"
    assert parameters == expected
    assert int(lines) == len(lesson(step).source.splitlines())
    new = set(re.findall(r"`(\w+)`", names))
    assert new
    assert new <= _names(step)
    assert step == 0 or not new & _names(step - 1)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_readme_blocks_run_as_they_stand(tmp_path: Path) -> None:
    words = "\n".join(["anna", "emma", "mia", "lena", "marie", "mara"] * 10)
    (tmp_path / "my-words.txt").write_text(words)
    shell = _blocks("sh")
    assert shell
    python = Path(sys.executable).parent
    for block in shell:
        command = ["sh", "-e", "-c", f'PATH="{python}:$PATH"\n{block}']
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_readme_python_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = _blocks("python")
    assert blocks
    for block in blocks:
        command = [sys.executable, "-c", block]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_picture_is_there_for_both_themes_and_light_in_bytes() -> None:
    (picture,) = re.findall(r"^<picture>\n(.*?)^</picture>\n\n", README, re.M | re.S)
    dark, light = re.findall(r'(?:srcset|src)="([^"]+)"', picture)
    assert re.search(r'<source media="\(prefers-color-scheme: dark\)"', picture)
    for file in (dark, light):
        content = (ROOT / file).read_bytes()
        assert content[:4] + content[8:12] == b"RIFFWEBP"
        assert 10_000 < len(content) <= 60_000, file
    assert (ROOT / dark).read_bytes() != (ROOT / light).read_bytes()


def test_the_picture_is_told_in_words_and_goes_with_the_sources() -> None:
    page = MarkdownIt("commonmark").render(README)
    ((file, told),) = re.findall(r'<img src="([^"]+)" alt="([^"]+)">', page)
    assert 60 <= len(told) <= 200
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["readme"] == "README.md"
    included = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {"README.md", Path(file).parts[0]} <= {*included}


@pytest.mark.full
def test_readme_output_is_what_glassgpt_prints(tmp_path: Path) -> None:
    shown = _blocks("text")[0].splitlines()
    command = [sys.executable, "-m", "glassgpt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.splitlines())
    missing = [line for line in shown if line not in printed]
    assert missing == []
