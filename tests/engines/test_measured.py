"""The reference engine against figures that were measured on the public file.

Random numbers are equal to the bit. Sums are not: Python 3.12 adds floats another way.
"""

import math
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support.engines import Started, start

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import preset
from glassgpt.engines.shapes import num_params

MEASURED = (1, 3, 4, 5)
WEIGHTS = (1, 2, 3, 4, 5)
Vectors = dict[str, Any]


def begun(step: int, file: Path) -> Started:
    return start(preset(f"step{step}"), file)


def numbers(tensors: dict[str, Tensor]) -> list[float]:
    return [x for tensor in tensors.values() for x in tensor.values]


def figures(vectors: Vectors, kind: str, step: int) -> dict[str, Any]:
    """Step 2 has no figures of its own: it is Step 1."""
    return dict(vectors["rng"][f"{kind}_{1 if step == 2 else step}"])


@pytest.mark.parametrize("step", range(6))
def test_documents_come_in_the_measured_order(
    step: int, karpathy_names: Path, vectors: Vectors
) -> None:
    run, rng = begun(step, karpathy_names), vectors["rng"]
    assert len(run.documents) == vectors["num_docs"]
    names = [run.tokenizer.decode(tokens) for tokens in run.documents]
    assert len(set(names)) == vectors["unique_docs"]
    assert names[:20] == vectors["docs_first20_after_shuffle"]
    assert (names[:10], names[-3:]) == (rng["docs_first10"], rng["docs_last3"])


@pytest.mark.parametrize("step", WEIGHTS)
def test_first_weights_are_the_measured_ones(
    step: int, karpathy_names: Path, vectors: Vectors
) -> None:
    run, measured = begun(step, karpathy_names), figures(vectors, "init", step)
    weights = run.engine.weights()
    assert list(weights["wte"].values[:4]) == measured["wte[0][:4]"]
    assert math.fsum(numbers(weights)) == approx(measured["sum"], rel=1e-9)
    squares = math.fsum(x * x for x in numbers(weights))
    assert squares == approx(measured["sumsq"], rel=1e-9)
    assert run.rng.random() == measured["next_random_after_init"]


@pytest.mark.parametrize("step", MEASURED)
def test_the_number_of_parameters_is_the_measured_one(
    step: int, vectors: Vectors
) -> None:
    measured = vectors["steps"][str(step)]["params"]
    assert num_params(preset(f"step{step}").model) == measured


@pytest.mark.parametrize("step", WEIGHTS)
def test_the_first_gradient_is_the_measured_one(
    step: int, karpathy_names: Path, vectors: Vectors
) -> None:
    run, measured = begun(step, karpathy_names), figures(vectors, "gradcheck", step)
    tokens = run.tokenizer.encode(measured["doc"])
    assert tokens == run.documents[0]
    loss, gradient = run.engine.gradients(tokens)
    assert loss == approx(measured["loss"], rel=1e-9)
    assert sum(g != 0 for g in numbers(gradient)) == measured["nonzero_grads"]
    norm = math.sqrt(math.fsum(g * g for g in numbers(gradient)))
    assert norm == approx(measured["grad_norm"], rel=1e-9)


@pytest.mark.parametrize(("step", "count"), [(0, 1000), (1, 100), (2, 8), (3, 8)])
def test_training_gives_the_measured_losses(
    step: int, count: int, karpathy_names: Path, vectors: Vectors
) -> None:
    steps = vectors["steps"]
    measured = steps["1" if step == 2 else str(step)]["losses"][:count]
    losses = begun(step, karpathy_names).train(count)
    assert losses == approx(measured, abs=5.1e-7)


@pytest.mark.full
@pytest.mark.parametrize("step", [1, 5])
def test_a_whole_training_gives_the_measured_losses_and_names(
    step: int, karpathy_names: Path, vectors: Vectors
) -> None:
    run, measured = begun(step, karpathy_names), vectors["steps"][str(step)]
    assert run.train(1000) == approx(measured["losses"], abs=5.1e-7)
    assert [run.sample(0.5) for _ in range(20)] == measured["samples"]
