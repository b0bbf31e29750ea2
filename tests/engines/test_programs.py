"""The reference engine against the programs, run with other numbers written into them.

Both run the same code in the same order, so what they give is equal to the bit.
"""

from pathlib import Path
from typing import Any

import pytest
from support.engines import record_of, start
from support.lessons import run_program, shown_losses, shown_names
from support.lessons import with_numbers as written

from glassgpt.engines.shapes import num_params
from glassgpt.lessons import FILES, lesson

NAMES = ["anna", "bob", "chloé", "dana", "eve", "bob", "abe", "maximiliano"]
LOSS = {"{loss:.4f}": "{loss!r}", "{loss.data:.4f}": "{loss.data!r}"}
TRANSFORMER = {
    **{"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 5},
    **{"init_std": 0.3, "rms_eps": 0.01, "seed": 7, "learning_rate": 0.02},
}
RECORDS: list[tuple[int, dict[str, Any]]] = [
    (0, {"smoothing": 0.5, "seed": 3}),
    (0, {"block_size": 4}),
    (1, {"n_embd": 6, "init_std": 0.3, "learning_rate": 0.4, "seed": 1}),
    (2, {"n_embd": 6, "init_std": 0.3, "learning_rate": 0.4, "seed": 1}),
    (3, {"n_embd": 8, "block_size": 5, "init_std": 0.3, "rms_eps": 0.01, "seed": 9}),
    (4, TRANSFORMER),
    (5, {**TRANSFORMER, "beta1": 0.5, "beta2": 0.8, "eps_adam": 0.01}),
]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def programs_lines(source: str, step: int, names: Path) -> list[str]:
    """What a changed program prints, with all the digits of its losses."""
    for short, whole in LOSS.items():
        source = source.replace(short, whole)
    program = names.with_name(FILES[step])
    program.write_text(source, encoding="utf-8")
    return run_program(program, names)


def assert_same_run(
    lines: list[str], step: int, names: Path, temperature: float, **settings: Any
) -> None:
    run = start(record_of(step, **settings), names)
    assert f"num params: {num_params(run.engine.record.model)}" in lines
    losses = run.train(run.engine.record.train.num_steps)
    assert [repr(loss) for loss in losses] == shown_losses(lines)
    assert [run.sample(temperature) for _ in range(20)] == shown_names(lines)


@pytest.mark.parametrize("step", range(6))
def test_a_lessons_own_numbers_give_what_the_program_prints(
    step: int, names: Path
) -> None:
    numbers = {"num_steps": 20 if step < 2 else 4}
    lines = programs_lines(written(lesson(step).source, **numbers), step, names)
    assert_same_run(lines, step, names, 0.5 if step else 1.0, **numbers)


@pytest.mark.parametrize(("step", "numbers"), RECORDS)
def test_other_numbers_give_what_the_program_prints_with_them(
    step: int, numbers: dict[str, Any], names: Path
) -> None:
    numbers = {**numbers, "num_steps": 9}
    source = written(lesson(step).source, **numbers, temperature=0.7)
    lines = programs_lines(source, step, names)
    assert_same_run(lines, step, names, 0.7, **numbers)


@pytest.mark.parametrize("step", [2, 3, 4])
def test_adam_of_step_5_trains_the_model_of_another_step(
    step: int, names: Path
) -> None:
    numbers = {"num_steps": 5, "learning_rate": 0.05, "n_embd": 8}
    source = lesson(step).source.replace(section(step, "update"), section(5, "update"))
    source = source.replace("    update(lr_t)\n", "    update(lr_t, step)\n")
    lines = programs_lines(written(source, **numbers), step, names)
    assert_same_run(lines, step, names, 0.5, optimizer="adam", **numbers)


def test_adam_trains_step_1_as_it_trains_step_2(names: Path) -> None:
    settings = {"num_steps": 5, "n_embd": 4, "optimizer": "adam", "learning_rate": 0.1}
    by_hand, by_graph = (start(record_of(s, **settings), names) for s in (1, 2))
    assert by_hand.train(5) == pytest.approx(by_graph.train(5), rel=1e-12)


def test_gradient_descent_trains_the_model_of_step_5_as_step_4_does(
    names: Path,
) -> None:
    numbers = {"num_steps": 5, "learning_rate": 0.2, "n_embd": 8}
    lines = programs_lines(written(lesson(4).source, **numbers), 4, names)
    assert_same_run(lines, 5, names, 0.5, optimizer="sgd", **numbers)


def section(step: int, name: str) -> str:
    """The text of a program's section."""
    lines = lesson(step).source.splitlines(keepends=True)
    return "".join(lines[number - 1] for number in lesson(step).sections[name])
