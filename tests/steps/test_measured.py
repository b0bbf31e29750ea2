"""The programs against losses and names that were measured on the public file."""

import functools
from pathlib import Path
from typing import Any

import pytest
from support.lessons import run_program, shown_losses, shown_names

from glassgpt.lessons import lesson

Vectors = dict[str, Any]


@functools.cache
def whole_run(step: int, file: Path) -> list[str]:
    return run_program(lesson(step).path, file)


def assert_printed(lines: list[str], measured: list[float]) -> None:
    """Four decimals of losses that are on file with six, the last one rounded."""
    shown = shown_losses(lines)
    assert len(shown) == len(measured)
    for text, loss in zip(shown, measured, strict=True):
        assert text in {f"{loss - 5e-7:.4f}", f"{loss + 5e-7:.4f}"}


def test_counting_prints_the_measured_losses_and_names(
    karpathy_names: Path, vectors: Vectors
) -> None:
    lines, measured = whole_run(0, karpathy_names), vectors["steps"]["0"]
    assert len(measured["losses"]) == 1000
    assert_printed(lines, measured["losses"])
    assert shown_names(lines) == measured["samples_T1.0"]
    assert f"num counts: {measured['counts']}" in lines


@pytest.mark.parametrize("step", [1, pytest.param(5, marks=pytest.mark.full)])
def test_a_network_prints_the_measured_losses_and_names(
    step: int, karpathy_names: Path, vectors: Vectors
) -> None:
    lines, measured = whole_run(step, karpathy_names), vectors["steps"][str(step)]
    assert len(measured["losses"]) == 1000
    assert_printed(lines, measured["losses"])
    assert shown_names(lines) == measured["samples"]
    assert f"num params: {measured['params']}" in lines


def test_the_gradient_check_shows_the_measured_difference(
    karpathy_names: Path, vectors: Vectors
) -> None:
    measured = vectors["rng"]["gradcheck_1"]["forward_diff_maxerr"]
    line = f"gradient check: largest difference {measured:.1e}"
    assert whole_run(1, karpathy_names)[3] == line


@pytest.mark.full
def test_autograd_prints_what_gradient_descent_prints(karpathy_names: Path) -> None:
    by_hand, by_graph = whole_run(1, karpathy_names), whole_run(2, karpathy_names)
    by_hand = [line for line in by_hand if not line.startswith("gradient check")]
    assert len(by_hand) == 3 + 1000 + 20
    assert by_graph == by_hand


@pytest.mark.parametrize(("step", "count"), [(3, 13), (4, 13), (5, 12)])
def test_the_first_losses_of_a_transformer_are_the_measured_ones(
    step: int, count: int, karpathy_names: Path, vectors: Vectors
) -> None:
    measured = vectors["steps"][str(step)]
    lines = run_program(lesson(step).path, karpathy_names, limit=3 + count)
    assert f"num params: {measured['params']}" in lines
    assert_printed(lines, measured["losses"][:count])


def test_the_first_losses_of_autograd_are_those_of_gradient_descent(
    karpathy_names: Path, vectors: Vectors
) -> None:
    lines = run_program(lesson(2).path, karpathy_names, limit=3 + 12)
    assert_printed(lines, vectors["steps"]["1"]["losses"][:12])
