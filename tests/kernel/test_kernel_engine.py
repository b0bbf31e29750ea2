"""The kernel as an engine: the reference engine's answers and checkpoints."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import arrays, assert_same, documents, models

from glassgpt import engines
from glassgpt.config import ModelConfig, Record, TrainConfig, preset
from glassgpt.engines.kernel import KernelEngine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import DivergedError, GlassGPTError, UsageError
from glassgpt.kernel.bindings.library import open_library
from glassgpt.optim import OPTIMIZERS

ANY = models((0, 1, 2, 3, 4, 5))
TINY = ModelConfig(step=5, vocab_size=6, n_embd=4, n_head=2, block_size=4)
WORDS = [[5, 0, 1, 2, 5], [5, 3, 5], [5, 4, 4, 0, 0, 1, 5], [5, 5]]


def both(record: Record, seed: int = 1) -> tuple[KernelEngine, ReferenceEngine]:
    """The two engines with the same first weights."""
    return (
        KernelEngine(record, random.Random(seed)),
        ReferenceEngine(record, random.Random(seed)),
    )


@given(data=st.data(), model=ANY)
def test_every_question_gets_the_reference_engines_answer(
    data: st.DataObject, model: ModelConfig
) -> None:
    ours, theirs = both(Record(model, TrainConfig(optimizer="sgd")))
    document = data.draw(documents(model))
    assert_same(arrays(ours.weights()), arrays(theirs.weights()), rtol=0, atol=0)
    assert ours.loss(document) == pytest.approx(theirs.loss(document), rel=1e-10)
    losses = theirs.token_losses(document)
    assert ours.token_losses(document) == pytest.approx(losses, rel=1e-10)
    np.testing.assert_allclose(
        ours.logits(document), theirs.logits(document), rtol=1e-9, atol=1e-12
    )
    if model.step:
        name = data.draw(st.sampled_from(sorted(ours.weights())))
        nudged = (document, name, 0, 0.01)
        expected = theirs.perturbed_loss(*nudged)
        assert ours.perturbed_loss(*nudged) == pytest.approx(expected)
        loss, gradients = ours.gradients(document)
        expected_loss, expected = theirs.gradients(document)
        assert loss == pytest.approx(expected_loss, rel=1e-10)
        assert_same(arrays(gradients), arrays(expected))
    assert_same(arrays(ours.weights()), arrays(theirs.weights()), rtol=0, atol=0)


def test_both_engines_leave_the_generator_in_the_same_state() -> None:
    generators = random.Random(4), random.Random(4)
    KernelEngine(Record(TINY), generators[0])
    ReferenceEngine(Record(TINY), generators[1])
    assert generators[0].getstate() == generators[1].getstate()


@pytest.mark.parametrize(
    ("step", "optimizer"),
    [
        (0, "sgd"),
        *((5, name) for name in OPTIMIZERS),
        (1, "adamw"),
    ],
)
def test_a_checkpoint_of_one_engine_goes_on_in_the_other(
    step: int, optimizer: str
) -> None:
    model = ModelConfig(step=step, vocab_size=6, n_embd=4, n_head=2, block_size=4)
    train = TrainConfig(num_steps=12, optimizer=optimizer)
    ours, theirs = both(Record(model, train))
    batches = [[WORDS[k % 4]] for k in range(12)]
    for engine in (ours, theirs):
        list(engine.train_steps(0, batches[:6]))
    assert ours.buffers().keys() == theirs.buffers().keys()
    weights, buffers = ours.weights(), ours.buffers()
    ours.restore(theirs.weights(), theirs.buffers())
    theirs.restore(weights, buffers)
    found, expected = (list(e.train_steps(6, batches[6:])) for e in (ours, theirs))
    assert found == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_saved_brings_a_run_back_exactly(dtype: str) -> None:
    record = Record(TINY, TrainConfig(num_steps=12, dtype=dtype))
    batches = [[WORDS[k % 4]] for k in range(12)]
    engine = KernelEngine(record, random.Random(1))
    list(engine.train_steps(0, batches[:6]))
    saved = engine.weights(), engine.buffers()
    expected = list(engine.train_steps(6, batches[6:]))
    other = KernelEngine(record, random.Random(2))
    other.restore(*saved)
    assert list(other.train_steps(6, batches[6:])) == expected
    assert {t.values.typecode for t in saved[0].values()} == {
        "d" if dtype == "float64" else "f"
    }


def test_weights_of_another_model_are_refused_and_change_nothing() -> None:
    ours = KernelEngine(Record(TINY), random.Random(1))
    wider = ModelConfig(step=5, vocab_size=6, n_embd=8, n_head=2, block_size=4)
    other = KernelEngine(Record(wider), random.Random(1))
    before = ours.weights()
    for weights, buffers in (
        (other.weights(), other.buffers()),
        (ours.weights(), other.buffers()),
        (ours.weights(), {}),
        ({}, ours.buffers()),
    ):
        with pytest.raises(GlassGPTError, match="invalid tensor"):
            ours.restore(weights, buffers)
    assert ours.weights() == before


@given(turns=st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_readers_that_take_turns_do_not_disturb_each_other(turns: list[int]) -> None:
    ours, theirs = both(Record(TINY))
    readers = [(ours.decoder(), theirs.decoder(), []) for _ in range(2)]
    for turn in turns:
        if turn > 1:
            ours.loss(WORDS[turn])
            continue
        fast, slow, read = readers[turn]
        if len(read) == TINY.block_size:
            continue
        token = len(read) + turn
        read.append(token)
        assert fast.step(token, 0.5) == pytest.approx(slow.step(token, 0.5), rel=1e-9)


def test_a_run_that_diverges_gives_the_losses_before_and_then_the_error() -> None:
    train = TrainConfig(num_steps=90, optimizer="sgd", learning_rate=1e30)
    engine = KernelEngine(Record(TINY, train), random.Random(1))
    losses = []
    with pytest.raises(
        DivergedError, match=r"invalid (loss|gradient): .* at step"
    ) as caught:
        for loss in engine.train_steps(0, [[WORDS[k % 4]] for k in range(90)]):
            losses.append(loss)
    assert len(losses) == caught.value.step > 0
    assert np.isfinite(losses).all()


def test_a_large_model_is_handed_fewer_steps_at_once() -> None:
    large = ModelConfig(step=5, n_embd=128, n_head=4, n_layer=4, block_size=128)
    assert KernelEngine(Record(TINY), random.Random(1)).steps_at_once == 1000
    assert KernelEngine(Record(large), random.Random(1)).steps_at_once == 1


def test_auto_takes_the_kernel_and_says_why_when_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = preset("step5")
    assert engines.choose("auto", record) == (KernelEngine, "")
    assert engines.choose("reference", record) == (ReferenceEngine, "")
    many = Record(ModelConfig(vocab_size=5000))
    # PyTorch, where it is installed, is tests/scale's
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    engine, note = engines.choose("auto", many)
    assert engine is ReferenceEngine
    assert "invalid vocab_size: 5000; the kernel has at most 4096" in note
    with pytest.raises(UsageError, match="vocab_size"):
        engines.choose("kernel", many)
    with pytest.raises(GlassGPTError, match=r"^missing torch$"):
        engines.choose("torch", many)
    with pytest.raises(UsageError, match="unknown engine: c"):
        engines.choose("c", record)

    open_library.cache_clear()
    monkeypatch.setenv("GLASSGPT_KERNEL", "none")
    engine, note = engines.choose("auto", record)
    assert (engine, "missing kernel" in note) == (ReferenceEngine, True)
    with pytest.raises(GlassGPTError, match="missing kernel"):
        engines.create("kernel", record, random.Random(1))
    open_library.cache_clear()


@pytest.mark.parametrize(
    "numbers", [{"n_embd": 65536, "n_layer": 1000, "n_head": 1}, {"block_size": 10**6}]
)
def test_a_model_that_is_too_large_is_refused_before_anything_is_taken(
    numbers: dict[str, Any],
) -> None:
    record = Record(ModelConfig(**numbers))
    with pytest.raises(GlassGPTError, match=r"invalid n_embd|GiB of memory"):
        KernelEngine(record, random.Random(1))


def test_float32_is_a_setting() -> None:
    record = preset("step5").with_settings(dtype="float32")
    engine = engines.create("auto", record, random.Random(1))
    assert isinstance(engine, KernelEngine)
    assert engine.kernel.flat["weights"].dtype == np.float32
