"""The loader: sections by name, other numbers, and nothing run that should not be."""

import dataclasses
import math
import random
import sys
from pathlib import Path

import pytest

from glassgpt.errors import UsageError
from glassgpt.lessons import FILES, Lesson, changes, lesson, units

STEPS = pytest.mark.parametrize("step", range(6))
SOURCE = '''"""A small program."""
import math

# --- first ---
size = 3
double = size * 2
print("never shown")

def area(x):
    """The area."""
    return math.pi * size * x

# --- second ---
size = 4
class Box:
    """A box."""
    lid = True
    def open(self): return size
for k in range(3): double += k
'''


@pytest.fixture
def small() -> Lesson:
    return Lesson(9, Path("small.py"), SOURCE)


@STEPS
def test_sections_hold_the_lines_from_one_marker_to_the_next(step: int) -> None:
    lines = lesson(step).source.splitlines()
    sections = list(lesson(step).sections.items())
    for name, numbers in sections:
        assert lines[numbers[0] - 1] == f"# --- {name} ---"
    ends = [numbers.stop for _, numbers in sections]
    assert [numbers.start for _, numbers in sections[1:]] == ends[:-1]
    assert ends[-1] == len(lines) + 1


def test_an_unknown_section_is_named_with_its_nearest() -> None:
    with pytest.raises(UsageError, match=r"^unknown section of step 5: modell$") as c:
        lesson(5).load(["modell"], {})
    assert c.value.remedy.startswith("Did you mean model?")


@pytest.mark.parametrize("step", [-1, 6, 99])
def test_an_unknown_step_is_named_with_those_there_are(step: int) -> None:
    with pytest.raises(UsageError, match=rf"^unknown step: {step}$") as caught:
        lesson(step)
    assert "0, 1, 2, 3, 4, 5" in caught.value.remedy


def test_loading_defines_the_names_of_a_section(small: Lesson) -> None:
    space = small.load(["first"], {"math": math})
    assert space["area"](2) == math.pi * 6
    assert "Box" not in space


def test_loading_prints_nothing(
    small: Lesson, capsys: pytest.CaptureFixture[str]
) -> None:
    small.load(["first", "second"], {"math": math})
    for step in range(1, 6):
        given = {"math": math, "random": random.Random(1), "vocab_size": 3}
        names = ["autograd", "parameters"] if step > 1 else ["parameters"]
        lesson(step).load(names, given, {"n_embd": 4})
    assert capsys.readouterr() == ("", "")


def test_loading_leaves_the_interpreter_as_it_was() -> None:
    before = (sys.getrecursionlimit(), random.getstate())
    lesson(5).load(["autograd"], {"math": math, "sys": sys})
    assert (sys.getrecursionlimit(), random.getstate()) == before


def test_a_number_takes_the_place_of_the_one_written_down(small: Lesson) -> None:
    space = small.load(["first"], {"math": math}, {"size": 5})
    assert (space["size"], space["double"]) == (5, 10)


def test_only_the_first_of_two_numbers_of_a_name_is_replaced(small: Lesson) -> None:
    space = small.load(["first", "second"], {"math": math}, {"size": 5})
    assert (space["size"], space["double"]) == (4, 13)


@pytest.mark.parametrize("name", ["n_embed", "double", "area"])
def test_a_number_that_is_not_written_down_cannot_be_replaced(
    name: str, small: Lesson
) -> None:
    with pytest.raises(UsageError, match=rf"^unknown number in step 9: {name}$"):
        small.load(["first"], {"math": math}, {name: 5})


def test_replacing_a_number_once_does_not_change_the_lesson(small: Lesson) -> None:
    small.load(["first"], {"math": math}, {"size": 5})
    assert small.load(["first"], {"math": math})["size"] == 3


def test_two_loads_share_nothing() -> None:
    given = {"math": math, "vocab_size": 3}
    spaces = [lesson(0).load(["parameters"], given) for _ in range(2)]
    spaces[0]["counts"][0][0] += 1
    assert spaces[1]["counts"][0][0] == 0
    assert "counts" not in given


def test_an_error_in_a_lesson_shows_its_own_line(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text(SOURCE, encoding="utf-8")
    program = lesson(3, tmp_path)
    with pytest.raises(NameError) as caught:
        program.load(["first"], {})["area"](1)
    last = caught.traceback[-1]
    assert Path(str(last.path)) == tmp_path / FILES[3]
    assert SOURCE.splitlines()[last.lineno].strip() == "return math.pi * size * x"


def test_units_name_functions_methods_values_and_loops(small: Lesson) -> None:
    assert list(units(small)) == [
        "imports: import",
        *("first: size", "first: double", "first: print(...)", "first: area"),
        *("second: size", "second: Box.lid", "second: Box.open", "second: for"),
    ]


def test_a_docstring_or_comment_is_no_difference(small: Lesson) -> None:
    for old, new in [("The area.", "An area."), ("size = 4", "size = 4  # four")]:
        changed = dataclasses.replace(small, source=SOURCE.replace(old, new))
        assert units(changed) == units(small)


def test_another_number_in_a_function_is_a_difference(small: Lesson) -> None:
    changed = dataclasses.replace(small, source=SOURCE.replace("size * x", "size + x"))
    before, after = units(small), units(changed)
    assert {name for name in before if before[name] != after[name]} == {"first: area"}


def test_changes_are_read_for_each_step() -> None:
    assert sorted(changes()) == [1, 2, 3, 4, 5]
    assert all(isinstance(table["summary"], str) for table in changes().values())
