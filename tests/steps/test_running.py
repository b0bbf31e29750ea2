"""Each program runs alone: from a copy in an empty folder, on each Python."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import find_python
from support.lessons import run_program, shown_losses, shown_names, with_numbers

from glassgpt.lessons import FILES, FOLDER, lesson

NAMES = ["anna", "bob", "chloé", "dana", "eve", "bob", "abe"]
VERSIONS = ("3.11", "3.12", "3.13")
STEPS = range(len(FILES))
SMALL: list[dict[str, float]] = [{}, *[{"n_embd": 8}] * 5]
Copy = Callable[..., Path]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Copies a program, with other numbers in it, to a folder where it is alone."""

    def make(step: int, **numbers: float) -> Path:
        program = tmp_path / "alone" / FILES[step]
        program.parent.mkdir(exist_ok=True)
        text = with_numbers(lesson(step).source, **numbers)
        program.write_text(text, encoding="utf-8")
        return program

    return make


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "my names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def heads(step: int, docs: int, vocab: int, params: int) -> list[str]:
    """The lines before the first step, as patterns."""
    lines = [f"num docs: {docs}", f"vocab size: {vocab}", f"num params: {params}"]
    if step == 0:
        lines += [f"num counts: {vocab * vocab}"]
    if step == 1:
        lines += [r"gradient check: largest difference \d\.\de-\d\d"]
    return lines


def params(step: int, vocab: int, n_embd: int) -> int:
    """As DESIGN counts them, for the number of parameters to be checked against."""
    if step < 3:
        return step and vocab * n_embd + 4 * n_embd * (n_embd + vocab)
    return 2 * vocab * n_embd + 16 * n_embd + 12 * n_embd**2


def assert_matches(lines: list[str], patterns: list[str]) -> None:
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), f"{line!r} is not {pattern!r}"


@pytest.mark.parametrize("step", STEPS)
def test_a_short_run_prints_heads_steps_and_samples(
    step: int, python: str, copy: Copy, names: Path
) -> None:
    program = copy(step, num_steps=3, **SMALL[step])
    before = heads(step, docs=7, vocab=12, params=params(step, 12, 8))
    steps = [rf"step {k} / 3 \| loss \d\.\d{{4}}" for k in (1, 2, 3)]
    samples = [rf"sample {k}: [a-zé]{{0,16}}" for k in range(1, 21)]
    assert_matches(run_program(program, names, python=python), before + steps + samples)


@pytest.mark.parametrize("step", STEPS)
def test_the_program_as_it_stands_begins_a_thousand_steps(
    step: int, copy: Copy, names: Path
) -> None:
    before = heads(step, docs=7, vocab=12, params=params(step, 12, 16))
    steps = [rf"step {k} / 1000 \| loss \d\.\d{{4}}" for k in (1, 2)]
    limit = len(before + steps)
    assert_matches(run_program(copy(step), names, limit=limit), before + steps)


@pytest.mark.parametrize("step", STEPS)
def test_the_names_beside_it_are_read_without_a_file(step: int, copy: Copy) -> None:
    program = copy(step)
    program.with_name("names.txt").write_bytes((FOLDER / "names.txt").read_bytes())
    assert run_program(program, limit=2) == ["num docs: 32257", "vocab size: 27"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "FileNotFoundError"),
        (b"\xff\xfea\x00", "UnicodeDecodeError"),
        (b"caf\xe9", "UnicodeDecodeError"),
    ],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_file_that_cannot_be_read_ends_in_pythons_own_error(
    step: int, content: bytes | None, error: str, copy: Copy, tmp_path: Path
) -> None:
    file = tmp_path / "a file"
    if content is not None:
        file.write_bytes(content)
    printed, told = failed(copy(step), str(file))
    assert printed == ""
    assert told[-1].startswith(f"{error}: ")
    assert any(line.strip().startswith("text = path.read_text(") for line in told)
    assert content is not None or str(file) in told[-1]


@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
@pytest.mark.parametrize("step", STEPS)
def test_a_file_without_a_name_is_said_to_hold_none(
    step: int, content: bytes, copy: Copy, tmp_path: Path
) -> None:
    file = tmp_path / "a file"
    file.write_bytes(content)
    printed, told = failed(copy(step), str(file))
    assert printed.startswith("num docs: 0\nvocab size: 1\n") and "loss" not in printed
    assert any("docs[" in line for line in told)


@pytest.mark.parametrize("step", STEPS)
def test_without_a_file_or_names_the_error_says_which_are_missing(
    step: int, copy: Copy
) -> None:
    program = copy(step)
    printed, told = failed(program)
    assert printed == ""
    assert told[-1].startswith("FileNotFoundError: ")
    assert str(program.with_name("names.txt")) in told[-1]


def failed(program: Path, *args: str) -> tuple[str, list[str]]:
    """What a program prints that fails, and the lines of its error."""
    command = [sys.executable, "-I", str(program), *args]
    done = subprocess.run(command, capture_output=True, text=True, cwd=program.parent)
    assert done.returncode == 1
    return done.stdout, done.stderr.splitlines()


def first_losses(program: Path, file: Path, count: int) -> dict[str, list[str]]:
    """The first losses that a program prints, on each Python there is."""
    found = {}
    for version in VERSIONS:
        if python := find_python(version):
            lines = run_program(program, file, python=python, limit=count + 4)
            found[version] = shown_losses(lines)[:count]
    return found


@pytest.mark.parametrize("step", STEPS)
def test_five_losses_are_the_same_on_each_python(
    step: int, copy: Copy, names: Path
) -> None:
    program = copy(step, **SMALL[step])
    found = list(first_losses(program, names, 5).values())
    assert len(found[0]) == 5
    assert all(losses == found[0] for losses in found)


@pytest.mark.full
@pytest.mark.parametrize("step", STEPS)
def test_forty_losses_are_the_same_on_each_python(
    step: int, copy: Copy, karpathy_names: Path
) -> None:
    found = list(first_losses(copy(step), karpathy_names, 40).values())
    assert len(found[0]) == 40
    assert all(losses == found[0] for losses in found)


def test_temperature_cools_the_names_of_step_0(copy: Copy, names: Path) -> None:
    cold = run_program(copy(0, temperature=0.05), names)
    assert len(set(shown_names(cold))) < len(
        set(shown_names(run_program(copy(0), names)))
    )
