"""What runs a part of a lesson: when a page is made, and in the reader's browser."""

from pathlib import Path
from typing import Any

import pytest

from glassgpt.errors import GlassGPTError
from glassgpt.guide.code import cells, listings, runner
from glassgpt.lessons import lesson

STEP1 = str(lesson(1).path)


def cell(name: str, lines: str, step: int = 1, given: str = "") -> cells.Cell:
    return cells.read_cell(listings.named_slice(lesson(step), name), given, lines)


def tried(name: str, lines: str, step: int = 1, given: str = "") -> dict[str, Any]:
    one = cell(name, lines, step, given)
    return runner.run(str(one.program.path), **one.asked)


def test_a_slice_finds_the_names_that_were_made_before_it() -> None:
    found = tried("loss of a document", 'forward(encode("emma"), 5)')
    assert found["error"] is None
    assert float(found["output"]) == pytest.approx(3.2938, abs=1e-3)


def test_what_came_before_is_silent_and_only_the_last_value_is_printed() -> None:
    found = tried("model: softmax", "1 + 1\nsoftmax([0, 0])")
    assert found["output"] == "[0.5, 0.5]\n"


def test_a_print_is_not_printed_twice() -> None:
    assert tried("model: softmax", "print(3)")["output"] == "3\n"


def test_the_gradient_check_is_left_out_unless_it_is_the_slice() -> None:
    plan = cell("training", "step")
    check = lesson(1).sections["gradient check"]
    kept = {n for a, b in plan.before for n in range(a, b + 1)}
    assert kept.isdisjoint(check)
    assert {check.start - 1, check.stop} <= kept
    own = cell("gradient check", "largest")
    assert own.first in check


def test_a_number_of_the_program_is_replaced_where_it_stands() -> None:
    found = tried("training", "step", given=" num_steps=3")
    assert found["output"].splitlines()[-1] == "2"
    assert "step 3 / 3" in found["output"]


def test_a_method_runs_as_its_whole_class() -> None:
    plan = cell("autograd: Value.__add__", "1", step=2)
    assert plan.code.startswith("class Value")


def test_the_interpreter_is_left_as_it_was() -> None:
    import random

    before = random.getstate()
    cells.printed(cell("data", "random.random()", step=0))
    assert random.getstate() == before


@pytest.mark.parametrize(
    ("lines", "kind", "at"),
    [
        ("1 / 0", "ZeroDivisionError", 66),
        ("softmax([])", "ValueError", 61),
        ("def (", "SyntaxError", 66),
        ("undefined", "NameError", 66),
        ("def f(n): return f(n)\nf(1)", "RecursionError", 66),
        ('raise SystemExit("no")', "SystemExit", 66),
        ("import os; os._exit(3)", "SystemExit", 66),
        ("input()", "EOFError", 66),
    ],
)
def test_a_mistake_is_told_with_its_line(lines: str, kind: str, at: int) -> None:
    error = tried("model: softmax", lines)["error"]
    assert error["kind"] == kind
    assert error["lines"][-1] == at
    assert len(error["lines"]) <= 5


def test_a_letter_without_an_id_is_named() -> None:
    error = tried("tokenizer: encode", 'encode("Zoe")', step=0)["error"]
    assert error["unknown"] == {"character": "Z", "count": 26}
    error = tried("tokenizer: encode", 'encode("zoe")\nint("x")', step=0)["error"]
    assert (error["kind"], error["unknown"]) == ("ValueError", None)


def test_an_exception_that_cannot_be_told_is_told_by_its_kind() -> None:
    mute = "class Mute(Exception):\n    def __str__(self): raise KeyError\nraise Mute"
    error = tried("model: softmax", mute)["error"]
    assert error["kind"] == "Mute" and "KeyError" in error["message"]


def test_a_megabyte_is_counted_and_cut() -> None:
    found = tried("model: softmax", "for _ in range(10**4): print('x' * 99)")
    assert found["characters"] == 10**6
    assert len(found["output"]) == runner.SHOWN


def test_progress_is_told_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_TELL_EVERY", 0.0)
    told: list[str] = []
    runner.run(STEP1, [], {}, 1, "print(1)\nprint(2)", told.append)
    assert "1\n" in told
    assert told[-1] == "1\n2\n"


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("[0.1, 2e-09]", "[0.1000000000001, 2e-09]", True),
        ("loss 3.25", "loss 3.26", False),
        ("loss 3.25", "Loss 3.25", False),
        ("1, 2", "1, 2, 3", False),
        ("anna", "anna", True),
        ("0.0", "1e-13", True),
        ("3-4", "3", False),
        ("1.5.5", "1.5", False),
    ],
)
def test_texts_are_the_same_when_words_and_numbers_are(
    one: str, other: str, agree: bool
) -> None:
    assert runner.same(one, other) is agree


@pytest.mark.parametrize(
    ("given", "lines", "why"),
    [
        (" eps=1", "1", "invalid run: eps"),
        (" fast", "1", "invalid run: fast"),
        ("", "1 / 0", "ZeroDivisionError"),
        ("", "x = 1", "it prints 0 characters"),
        ("", "print('x' * 30_000)", "it prints 30001 characters"),
    ],
)
def test_a_page_is_refused_that_shows_nothing(given: str, lines: str, why: str) -> None:
    with pytest.raises(GlassGPTError, match=why):
        cells.printed(cell("model: softmax", lines, given=given))


def test_the_runner_needs_only_the_standard_library() -> None:
    source = Path(runner.__file__).read_text()
    assert "glassgpt" not in source.replace("<your code>", "")
