"""steps/changes.toml says exactly what each step adds, changes and drops."""

import ast
import dataclasses
import io
import keyword
import re
import tokenize

import pytest

from glassgpt.lessons import Lesson, changes, lesson, units

STEPS = range(1, 6)
KINDS = ("adds", "changes", "drops")


def differences(before: Lesson, after: Lesson) -> dict[str, set[str]]:
    old, new = units(before), units(after)
    return {
        "adds": set(new.keys() - old.keys()),
        "changes": {name for name in old.keys() & new.keys() if old[name] != new[name]},
        "drops": set(old.keys() - new.keys()),
    }


def listed(step: int) -> dict[str, set[str]]:
    return {kind: set(changes()[step][kind]) for kind in KINDS}


@pytest.mark.parametrize("step", STEPS)
def test_the_list_names_each_difference_and_nothing_else(step: int) -> None:
    assert listed(step) == differences(lesson(step - 1), lesson(step))


@pytest.mark.parametrize("step", STEPS)
def test_what_two_neighbours_share_stands_in_the_same_order(step: int) -> None:
    old, new = units(lesson(step - 1)), units(lesson(step))
    assert [name for name in old if name in new] == [n for n in new if n in old]


@pytest.mark.parametrize("step", STEPS)
def test_every_reason_is_one_sentence(step: int) -> None:
    table = changes()[step]
    assert table.keys() == {"summary", *KINDS}
    for reason in (why for kind in KINDS for why in table[kind].values()):
        assert reason.endswith(".") and ". " not in reason and "\n" not in reason
        assert len(reason) <= 120
    assert 1 <= len(re.findall(r"\.(?: |$)", table["summary"])) <= 2


def test_only_steps_that_have_a_step_before_are_listed() -> None:
    assert sorted(changes()) == list(STEPS)


@pytest.mark.parametrize(
    ("step", "written", "instead", "kind", "unit"),
    [
        (2, "[line.strip() for", "[line for", "changes", "data: docs"),
        (3, "nin)] for _", "nout)] for _", "changes", "parameters: matrix"),
        (4, "xi * xi for xi", "xi + xi for xi", "changes", "model: rmsnorm"),
        (5, "other.data, self", "self.data, self", "changes", "autograd: Value"),
        (5, "n_head = 4\n", "n_head = 2\n", "changes", "parameters: n_head"),
        (4, "\nlearning_rate", "\nrate = 1\nlearning_rate", "adds", "update: rate"),
        (5, "def log(self)", "def ln(self)", "drops", "autograd: Value.log"),
        (5, "# --- model", "# --- the model", "drops", "model: gpt"),
    ],
)
def test_a_difference_that_is_not_listed_shows(
    step: int, written: str, instead: str, kind: str, unit: str
) -> None:
    source = lesson(step).source.replace(written, instead, 1)
    found = differences(
        lesson(step - 1), dataclasses.replace(lesson(step), source=source)
    )
    extra = found[kind] - listed(step)[kind]
    assert any(name.startswith(unit) for name in extra)


def test_a_listed_change_that_is_not_there_shows() -> None:
    source = lesson(4).source
    assert differences(lesson(4), dataclasses.replace(lesson(5), source=source)) == {
        "adds": set(),
        "changes": set(),
        "drops": set(),
    }
    assert all(listed(5)[kind] for kind in ("adds", "changes"))


@pytest.mark.parametrize("step", range(6))
def test_every_line_of_code_belongs_to_a_named_part(step: int) -> None:
    program = lesson(step)
    lines, known = program.source.splitlines(keepends=True), units(program)
    for number, start, end in words(program):
        line = lines[number]
        lines[number] = f"{line[:start]}another{line[end:]}"
        mutant = dataclasses.replace(program, source="".join(lines))
        lines[number] = line
        assert units(mutant) != known, f"line {number + 1} could change unseen"


def words(program: Lesson) -> list[tuple[int, int, int]]:
    """Where the first word of each line of code is: line from 0, start, end."""
    silent = docstring_lines(ast.parse(program.source))
    found: dict[int, tuple[int, int, int]] = {}
    for token in tokenize.generate_tokens(io.StringIO(program.source).readline):
        line = token.start[0] - 1
        is_word = token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING)
        if is_word and not keyword.iskeyword(token.string) and line not in silent:
            found.setdefault(line, (line, token.start[1], token.end[1]))
    return list(found.values())


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines of all docstrings, from 0."""
    return {
        line - 1
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
