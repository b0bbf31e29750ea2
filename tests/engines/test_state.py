"""What the reference engine keeps, gives out, puts back and refuses to spoil."""

import dataclasses
import gc
import math
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support import small
from support.engines import Started, record_of, start

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.engines.shapes import shapes
from glassgpt.errors import CheckpointError, DivergedError, UsageError
from glassgpt.optim import OPTIMIZERS
from glassgpt.training.session import Session

NAMES = ["anna", "bob", "eve", "alexander", "abe"]
SIZES: list[dict[str, Any]] = [
    {},
    {"n_embd": 4},
    {"n_embd": 4},
    {"n_embd": 4, "block_size": 5},
    {"n_embd": 4, "n_head": 2, "n_layer": 2, "block_size": 5},
    {"n_embd": 4, "n_head": 2, "n_layer": 2, "block_size": 5},
]
EVERY_STEP = pytest.mark.parametrize("step", range(6))
WITH_GRADIENT = pytest.mark.parametrize("step", range(1, 6))


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def begun(step: int, names: Path, **settings: Any) -> Started:
    settings = {**SIZES[step], "num_steps": 8, **settings}
    return start(record_of(step, **settings), names)


def resumed(run: Started) -> Started:
    """Another engine, with other weights, that goes on from this one's state."""
    engine = ReferenceEngine(run.engine.record, random.Random(99))
    engine.restore(run.engine.weights(), run.engine.buffers())
    return dataclasses.replace(run, engine=engine)


def assert_goes_on_alike(run: Started) -> None:
    run.train(3)
    other = resumed(run)
    assert run.train(3, start=3) == other.train(3, start=3)
    assert run.engine.weights() == other.engine.weights()
    assert run.engine.buffers() == other.engine.buffers()


@EVERY_STEP
def test_a_restored_engine_goes_on_as_if_nothing_had_happened(
    step: int, names: Path
) -> None:
    assert_goes_on_alike(begun(step, names))


@EVERY_STEP
def test_restored_weights_are_the_ones_that_are_read(step: int, names: Path) -> None:
    run, other = begun(step, names), begun(step, names, seed=2)
    run.train(1)
    other.train(2)
    before = [run.engine.loss(tokens) for tokens in run.documents]
    run.engine.restore(other.engine.weights(), other.engine.buffers())
    after = [run.engine.loss(tokens) for tokens in run.documents]
    assert after == [other.engine.loss(tokens) for tokens in run.documents] != before


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_an_optimizer_remembers_is_restored_too(
    optimizer: str, names: Path
) -> None:
    run = begun(3, names, optimizer=optimizer)
    assert_goes_on_alike(run)
    kept = [
        f"{b}.{w}" for b in OPTIMIZERS[optimizer].buffers for w in run.engine.weights()
    ]
    assert sorted(run.engine.buffers()) == sorted(kept)


@EVERY_STEP
def test_weights_that_are_given_out_are_copies(step: int, names: Path) -> None:
    run = begun(step, names)
    given, loss = run.engine.weights(), run.engine.loss(run.documents[0])
    for tensor in given.values():
        tensor.values[0] += 1
    assert run.engine.loss(run.documents[0]) == loss
    assert run.engine.weights() != given


@EVERY_STEP
def test_weights_of_another_shape_are_refused(step: int, names: Path) -> None:
    run, before = begun(step, names), begun(step, names).engine.weights()
    name = next(iter(before))
    wrong = Tensor((1, 1), before[name].values[:1])
    for weights in ({}, {**before, "extra": wrong}, {**before, name: wrong}):
        with pytest.raises(CheckpointError, match=r"^invalid tensor: "):
            run.engine.restore(weights, run.engine.buffers())
    assert run.engine.weights() == before


@EVERY_STEP
def test_weights_come_by_the_names_and_shapes_of_the_lesson(
    step: int, names: Path
) -> None:
    engine = begun(step, names).engine
    found = {name: tensor.shape for name, tensor in engine.weights().items()}
    assert list(found.items()) == list(shapes(engine.record.model).items())


@EVERY_STEP
def test_the_loss_is_the_mean_of_the_losses_of_its_tokens(
    step: int, names: Path
) -> None:
    run = begun(step, names)
    run.train(2)
    for tokens in run.documents:
        losses = run.engine.token_losses(tokens)
        predicted = len(tokens) - 1
        assert len(losses) == (min(5, predicted) if step > 2 else predicted)
        assert run.engine.loss(tokens) == approx(sum(losses) / len(losses), rel=1e-12)


@EVERY_STEP
def test_the_softmax_of_the_logits_is_what_the_reader_gives(
    step: int, names: Path
) -> None:
    run = begun(step, names)
    run.train(2)
    tokens = run.documents[0]
    reader, logits = run.engine.decoder(), run.engine.logits(tokens)
    assert len(logits) == len(run.engine.token_losses(tokens))
    for token, row in zip(tokens, logits, strict=False):
        exps = [math.exp(logit / 0.8) for logit in row]
        expected = [e / sum(exps) for e in exps]
        assert reader.step(token, 0.8) == approx(expected, rel=1e-12)
        assert len(row) == run.tokenizer.vocab_size


@EVERY_STEP
def test_a_reader_sees_the_weights_of_now(step: int, names: Path) -> None:
    run = begun(step, names)
    before = run.engine.decoder().step(run.tokenizer.bos)
    run.train(1)
    assert run.engine.decoder().step(run.tokenizer.bos) != before
    assert sum(run.engine.decoder().step(run.tokenizer.bos)) == approx(1)


@EVERY_STEP
def test_measuring_changes_nothing(step: int, names: Path) -> None:
    run, quiet = begun(step, names), begun(step, names)
    for tokens in run.documents:
        run.engine.loss(tokens)
        run.engine.token_losses(tokens)
        run.engine.logits(tokens)
        run.engine.decoder().step(tokens[0])
        if step:
            run.engine.gradients(tokens)
    assert run.train(4) == quiet.train(4)


def with_weights(run: Started, value: float) -> Started:
    weights = run.engine.weights()
    for tensor in weights.values():
        tensor.values[0] = value
    run.engine.restore(weights, run.engine.buffers())
    return run


def bits(run: Started) -> list[bytes]:
    """All that the engine keeps; bytes, since nan is not equal to nan."""
    kept = [run.engine.weights(), run.engine.buffers()]
    return [t.values.tobytes() for tensors in kept for t in tensors.values()]


@WITH_GRADIENT
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
def test_a_run_that_diverges_leaves_everything_as_it_was(
    step: int, value: float, names: Path
) -> None:
    run = with_weights(begun(step, names, optimizer="adam"), value)
    before = bits(run)
    with pytest.raises(
        DivergedError, match=r"^invalid (loss|gradient): .* at step 8, "
    ) as caught:
        run.engine.train_step(7, [[run.tokenizer.bos, 0, run.tokenizer.bos]])
    assert caught.value.step == 7
    assert caught.value.remedy.startswith("Train anew with a third of it, in ")
    assert bits(run) == before


def test_weights_without_size_and_no_rms_eps_diverge(names: Path) -> None:
    run = begun(3, names, init_std=0, rms_eps=0)
    with pytest.raises(DivergedError):
        run.train(1)


@pytest.mark.parametrize("collecting", [True, False])
def test_recursion_limit_and_collector_are_put_back(
    collecting: bool, names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = sys.getrecursionlimit()
    (gc.enable if collecting else gc.disable)()
    try:
        run = begun(2, names)
        run.train(1)
        run.engine.gradients(run.documents[0])
        with pytest.raises(DivergedError):
            with_weights(run, math.nan).train(1)
        with pytest.raises(IndexError):
            run.engine.gradients([0, 1000])
        assert (sys.getrecursionlimit(), gc.isenabled()) == (limit, collecting)
    finally:
        gc.enable()


def test_a_graph_deeper_than_pythons_limit_is_walked(names: Path) -> None:
    limit = sys.getrecursionlimit()
    settings = {"n_embd": 2, "n_layer": 40, "n_head": 1, "block_size": 16}
    run = begun(4, names, **settings)
    run.engine.gradients(run.documents[0])
    assert sys.getrecursionlimit() == limit


@EVERY_STEP
def test_float32_is_refused(step: int) -> None:
    record = record_of(step, dtype="float32")
    with pytest.raises(UsageError, match=r"^invalid dtype: float32; ") as caught:
        ReferenceEngine(record, random.Random(1))
    assert caught.value.remedy
    with pytest.raises(UsageError):
        ReferenceEngine.check(record)


def test_counting_has_no_gradient(names: Path) -> None:
    run = begun(0, names)
    with pytest.raises(UsageError, match=r"^invalid step: 0; "):
        run.engine.gradients(run.documents[0])


def test_to_find_how_long_a_step_takes_changes_nothing_and_is_near() -> None:
    session = small.session(5, num_steps=400)
    session = Session(session.record, session.corpus, "kernel")
    weights, buffers = session.engine.weights(), session.engine.buffers()
    expected = session.seconds_a_step()
    assert session.engine.weights() == weights and session.engine.buffers() == buffers
    batches = [session.batch(k) for k in range(40)]
    begun = time.perf_counter()
    for step, batch in enumerate(batches):
        session.engine.train_step(step, batch)
    assert 0.1 < expected * 40 / (time.perf_counter() - begun) < 10
