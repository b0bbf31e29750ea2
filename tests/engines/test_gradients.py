"""Every gradient of every step against central differences, which use no graph."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support.engines import Started, central_differences, record_of, start

from glassgpt.checkpoints.tensors import Tensor

NAMES = ["anna", "bob", "eve", "alexander", "abe"]
SIZES: list[dict[str, Any]] = [
    {"n_embd": 4, "init_std": 0.3},
    {"n_embd": 4, "init_std": 0.3},
    {"n_embd": 4, "block_size": 5, "init_std": 0.3},
    {"n_embd": 4, "n_head": 2, "n_layer": 2, "block_size": 5, "init_std": 0.3},
    {"n_embd": 4, "n_head": 4, "n_layer": 1, "block_size": 12, "init_std": 0.3},
]
EVERY_STEP = pytest.mark.parametrize("step", range(1, 6))
ATTENTION = pytest.mark.parametrize("step", [3, 4, 5])
NORMS = pytest.mark.parametrize("loss_norm", ["document", "token"])


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def begun(step: int, names: Path, **settings: Any) -> Started:
    return start(record_of(step, **{**SIZES[step - 1], **settings}), names)


def assert_close(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].shape == tensor.shape
        assert list(found[name].values) == approx(list(tensor.values), abs=1e-8, rel=0)


@EVERY_STEP
def test_each_gradient_is_what_nudging_the_weight_shows(step: int, names: Path) -> None:
    run = begun(step, names)
    loss, gradient = run.engine.gradients(run.documents[0])
    assert loss == approx(run.engine.loss(run.documents[0]), rel=1e-12)
    assert_close(gradient, central_differences(run.engine, run.documents[:1]))
    assert all(any(tensor.values) for tensor in gradient.values())


@EVERY_STEP
def test_asking_for_a_gradient_twice_gives_it_twice(step: int, names: Path) -> None:
    run = begun(step, names)
    first = run.engine.gradients(run.documents[0])
    assert run.engine.gradients(run.documents[0]) == first


def moved(run: Started) -> dict[str, Tensor]:
    """The gradient that a step of plain descent at rate 1 has followed."""
    before = run.engine.weights()
    run.train(1)
    after = run.engine.weights()
    for name, tensor in before.items():
        for i, value in enumerate(after[name].values):
            tensor.values[i] -= value
    return before


def expected_loss(run: Started, mode: str, loss_norm: str) -> float:
    """The loss of a batch by its definition, from the loss of each token."""
    size, losses = run.engine.record.model.block_size, []
    for tokens in run.batch(0):
        parts = [tokens[i : i + size + 1] for i in range(0, len(tokens) - 1, size)]
        if run.engine.record.model.step < 3:
            parts = [tokens]
        kept = parts[:1] if mode == "truncate" else parts
        losses.append([x for part in kept for x in run.engine.token_losses(part)])
    if loss_norm == "token":
        everything = [x for document in losses for x in document]
        return sum(everything) / len(everything)
    return sum(sum(document) / len(document) for document in losses) / len(losses)


BATCH = {
    "batch_docs": 3,
    "optimizer": "sgd",
    "learning_rate": 1,
    "schedule": "constant",
}


@EVERY_STEP
@NORMS
def test_a_batch_of_documents_has_the_loss_of_its_definition(
    step: int, loss_norm: str, names: Path
) -> None:
    run = begun(step, names, **BATCH, loss_norm=loss_norm)
    expected = expected_loss(run, "truncate", loss_norm)
    assert run.train(1) == [approx(expected, rel=1e-12)]


@ATTENTION
@NORMS
def test_chunks_have_the_loss_of_their_definition(
    step: int, loss_norm: str, names: Path
) -> None:
    settings = {**BATCH, "loss_norm": loss_norm, "doc_mode": "chunk", "block_size": 3}
    run = begun(step, names, **settings)
    expected = expected_loss(run, "chunk", loss_norm)
    assert run.train(1) == [approx(expected, rel=1e-12)]


@pytest.mark.parametrize("step", [1, 2, 4])
def test_a_batch_moves_along_the_mean_gradient_of_its_documents(
    step: int, names: Path
) -> None:
    settings = {**BATCH, "batch_docs": 2}
    run = begun(step, names, **settings, **({"n_layer": 1} if step == 4 else {}))
    assert_close(central_differences(run.engine, run.batch(0)), moved(run))


@pytest.mark.parametrize("step", [3, 5])
def test_a_chunked_document_moves_along_the_gradient_of_its_chunks(
    step: int, names: Path
) -> None:
    settings = {**BATCH, "batch_docs": 1, "doc_mode": "chunk", "block_size": 2}
    run = begun(step, names, **settings)
    tokens = run.documents[0]
    parts = [tokens[i : i + 3] for i in range(0, len(tokens) - 1, 2)]
    assert len(parts) >= 2
    shares = [(len(part) - 1) / (len(tokens) - 1) for part in parts]
    expected = central_differences(run.engine, parts, shares)
    assert_close(moved(run), expected)


def test_step_0_measures_a_whole_batch_before_it_counts_it(
    names: Path,
) -> None:
    one_by_one = start(record_of(0), names)
    unseen = [one_by_one.engine.loss(one_by_one.batch(k)[0]) for k in range(3)]
    one_by_one.train(3)
    run = start(record_of(0, batch_docs=3), names)
    assert run.train(1) == [approx(sum(unseen) / 3, rel=1e-12)]
    counts = run.engine.weights()["counts"]
    assert counts == one_by_one.engine.weights()["counts"]
    pairs = [pair for tokens in run.batch(0) for pair in pairwise(tokens)]
    assert sum(counts.values) == len(pairs)
    width = counts.shape[1]
    assert all(counts.values[a * width + b] == pairs.count((a, b)) for a, b in pairs)
