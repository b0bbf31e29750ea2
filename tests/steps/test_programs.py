"""What every program keeps to, so that it can be read in a panel and compared."""

import ast
import io
import sys
import tokenize

import pytest

from glassgpt.lessons import FILES, lesson

STEPS = range(len(FILES))
SECTIONS = [
    *("data", "tokenizer", "autograd", "parameters", "model", "loss of a document"),
    *("gradient", "update", "gradient check", "training", "inference"),
]
EVERYWHERE = set(SECTIONS) - {"autograd", "gradient", "gradient check"}
FUNCTIONS = {
    "encode": ("doc", {0, 1, 2, 3, 4, 5}),
    "forward": ("tokens, n", {0, 1, 2, 3, 4, 5}),
    "bigram": ("token_id", {0}),
    "matrix": ("nout, nin", {1, 2, 3, 4, 5}),
    "linear": ("x, w", {1, 2, 3, 4, 5}),
    "softmax": ("logits", {1, 2, 3, 4, 5}),
    "mlp": ("token_id", {1, 2}),
    "numerical_gradient": ("tokens, n", {1}),
    "analytic_gradient": ("tokens, n", {1}),
    "rmsnorm": ("x", {3, 4, 5}),
    "gpt": ("token_id, pos_id, keys, values", {3, 4, 5}),
}
ATTENTION = {"n_embd": 16, "block_size": 16, "init_std": 0.08, "rms_eps": 1e-5}
ADAM = {"beta1": 0.85, "beta2": 0.99, "eps_adam": 1e-8}
NUMBERS: list[dict[str, float]] = [
    {"smoothing": 1, "block_size": 16, "temperature": 1.0},
    {"n_embd": 16, "init_std": 0.08, "learning_rate": 1.0, "block_size": 16},
    {"n_embd": 16, "init_std": 0.08, "learning_rate": 1.0, "block_size": 16},
    {**ATTENTION, "learning_rate": 0.1, "temperature": 0.5},
    {**ATTENTION, "n_layer": 1, "n_head": 4, "learning_rate": 0.1},
    {**ATTENTION, "n_layer": 1, "n_head": 4, "learning_rate": 0.01, **ADAM},
]


def statements(step: int) -> list[ast.stmt]:
    return ast.parse(lesson(step).source).body


def assigned(step: int) -> dict[str, ast.expr]:
    """What each name stands for that is given a value outside functions."""
    return {
        ast.unparse(node.targets[0]): node.value
        for node in statements(step)
        if isinstance(node, ast.Assign)
    }


@pytest.mark.parametrize("step", STEPS)
def test_a_program_fits_in_a_panel(step: int) -> None:
    lines = lesson(step).source.splitlines()
    assert len(lines) <= 200
    assert max(map(len, lines)) <= 88
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("step", STEPS)
def test_a_program_can_be_typed_on_any_keyboard(step: int) -> None:
    odd = {char for char in lesson(step).source if not " " <= char <= "~"}
    assert odd == {"\n"}


@pytest.mark.parametrize("step", STEPS)
def test_sections_come_in_one_order(step: int) -> None:
    found = list(lesson(step).sections)
    assert found == [name for name in SECTIONS if name in found]
    assert set(found) >= EVERYWHERE
    assert ("autograd" in found) == (step >= 2)


@pytest.mark.parametrize("step", STEPS)
def test_the_names_that_the_lessons_teach_are_there(step: int) -> None:
    functions = {
        node.name: ast.unparse(node.args)
        for node in statements(step)
        if isinstance(node, ast.FunctionDef)
    }
    taught = {name: args for name, (args, where) in FUNCTIONS.items() if step in where}
    assert {**functions, **taught} == functions
    assert functions.keys() - taught.keys() == {"update"}
    assert {"vocab_size", "BOS"} <= assigned(step).keys()
    assert ("params" in assigned(step)) == (step > 0)


@pytest.mark.parametrize("step", STEPS)
def test_the_numbers_are_those_of_the_lesson(step: int) -> None:
    written = {
        name: value.value
        for name, value in assigned(step).items()
        if isinstance(value, ast.Constant)
    }
    expected = {"num_steps": 1000, **NUMBERS[step]}
    assert {name: written.get(name) for name in expected} == expected
    assert written["temperature"] == (0.5 if step else 1.0)


@pytest.mark.parametrize("step", STEPS)
def test_a_program_imports_the_standard_library_only(step: int) -> None:
    modules = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(lesson(step).source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported(node)
    }
    assert modules <= sys.stdlib_module_names


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return [alias.name for alias in node.names]


@pytest.mark.parametrize("step", STEPS)
def test_comments_start_small_and_end_without_a_period(step: int) -> None:
    readline = io.StringIO(lesson(step).source).readline
    comments = [
        token.string
        for token in tokenize.generate_tokens(readline)
        if token.type == tokenize.COMMENT and not token.string.startswith("# --- ")
    ]
    assert len(comments) >= 10
    for comment in comments:
        assert comment.startswith("# ") and not comment.endswith("."), comment
        assert not comment[2].isupper(), comment


@pytest.mark.parametrize("step", STEPS)
def test_a_program_says_what_it_is_and_how_to_run_it(step: int) -> None:
    first, *rest = (ast.get_docstring(ast.parse(lesson(step).source)) or "").split("\n")
    assert first.startswith(f"Step {step}, ") and first.endswith(".")
    assert any(line.startswith(f"    python {FILES[step]} FILE") for line in rest)
    assert lesson(step).title == first


@pytest.mark.parametrize("step", STEPS[:-1])
def test_a_program_says_what_the_next_step_brings(step: int) -> None:
    docstring = ast.get_docstring(ast.parse(lesson(step).source)) or ""
    assert f"Step {step + 1}" in docstring
