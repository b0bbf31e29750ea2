"""Training: the kernel makes the reference engine's steps, however a run is cut."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import arrays, assert_same, documents, lesson, models, started, step_model

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.errors import DivergedError, UsageError
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.train import Documents, Trainer, train_models
from glassgpt.optim import OPTIMIZERS

WORDS = [[5, 0, 1, 2, 5], [5, 3, 5], [5, 4, 4, 0, 0, 1, 5], [5, 5]]


def trainings() -> st.SearchStrategy[TrainConfig]:
    """Every optimiser, schedule and way of batching."""
    return st.builds(
        TrainConfig,
        num_steps=st.just(6),
        optimizer=st.sampled_from(list(OPTIMIZERS)),
        learning_rate=st.sampled_from([0.001, 0.01]),
        schedule=st.sampled_from(["linear", "constant", "cosine"]),
        warmup_steps=st.integers(0, 3),
        batch_docs=st.integers(1, 3),
        loss_norm=st.sampled_from(["document", "token"]),
        doc_mode=st.sampled_from(["truncate", "chunk"]),
        grad_clip=st.sampled_from([0.0, 0.1, 100.0]),
        beta1=st.sampled_from([0.0, 0.85]),
        beta2=st.sampled_from([0.5, 0.99]),
        # where a gradient is nothing but rounding, a tiny eps would blow it up
        eps_adam=st.just(1e-4),
    )


def trainer(
    model: ModelConfig, train: TrainConfig, docs: list[list[int]], **options: Any
) -> Trainer:
    """A fresh model and all it is trained on."""
    return Trainer(started(model), Documents(docs, model.vocab_size), train, **options)


def turns(docs: list[list[int]], steps: int, batch_docs: int) -> list[int]:
    """Documents in turn, as the lesson takes them."""
    return [k % len(docs) for k in range(steps * batch_docs)]


@given(data=st.data(), model=models((0,)), train=trainings())
def test_six_steps_of_counting_are_the_reference_engines(
    data: st.DataObject, model: ModelConfig, train: TrainConfig
) -> None:
    assert_the_reference_engines_steps(data, model, train)


@given(data=st.data(), model=models(), train=trainings())
def test_six_steps_are_the_reference_engines(
    data: st.DataObject, model: ModelConfig, train: TrainConfig
) -> None:
    assert_the_reference_engines_steps(data, model, train)


def assert_the_reference_engines_steps(
    data: st.DataObject, model: ModelConfig, train: TrainConfig
) -> None:
    docs = data.draw(st.lists(documents(model), min_size=1, max_size=4))
    order = turns(docs, 6, train.batch_docs)
    engine, ours = lesson(model, train), trainer(model, train, docs)
    batches = itertools.batched if hasattr(itertools, "batched") else _batched
    expected = [
        engine.train_step(step, [docs[k] for k in batch])
        for step, batch in enumerate(batches(order, train.batch_docs))
    ]
    losses = ours.steps(0, order).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(ours.kernel.weights, arrays(engine.weights()), rtol=1e-7, atol=1e-9)
    buffers = {**{f"m.{n}": a for n, a in ours.kernel.m.items()},
               **{f"v.{n}": a for n, a in ours.kernel.v.items()}}  # fmt: skip
    for name, array in arrays(engine.buffers()).items():
        np.testing.assert_allclose(buffers[name], array, rtol=1e-7, atol=1e-12)


def _batched(items: list[int], size: int) -> list[list[int]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


@pytest.mark.parametrize("step", range(6))
def test_thirty_steps_of_a_lesson_are_the_lessons(step: int) -> None:
    model = step_model(step, **({"n_embd": 4} if step else {})).__class__(
        step=step, vocab_size=6, n_embd=4, n_head=2 if step > 3 else 1, block_size=4
    )
    train = TrainConfig(num_steps=30, optimizer="adam" if step == 5 else "sgd")
    engine, ours = lesson(model, train), trainer(model, train, WORDS)
    expected = [engine.train_step(i, [WORDS[i % 4]]) for i in range(30)]
    losses = ours.steps(0, turns(WORDS, 30, 1)).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-10)
    assert_same(ours.kernel.weights, arrays(engine.weights()), rtol=1e-7, atol=1e-12)


@given(
    cuts=st.lists(st.integers(0, 40), max_size=6),
    step=st.sampled_from([0, 1, 5]),
    batch=st.integers(1, 3),
)
def test_a_run_in_pieces_gives_the_same_bytes_as_one_in_one_call(
    cuts: list[int], step: int, batch: int
) -> None:
    model = ModelConfig(step=step, vocab_size=6, n_embd=4, n_head=2, block_size=3)
    train = TrainConfig(num_steps=40, batch_docs=batch, doc_mode="chunk")
    whole, pieces = (trainer(model, train, WORDS) for _ in range(2))
    order = turns(WORDS, 40, batch)
    expected = whole.steps(0, order)
    ends = [0, *sorted(cuts), 40]
    found = [
        pieces.steps(start, order[start * batch : end * batch])
        for start, end in itertools.pairwise(ends)
    ]
    assert np.concatenate([f.losses for f in found]).tobytes() == (
        expected.losses.tobytes()
    )
    assert (
        np.concatenate([f.norms for f in found]).tobytes() == expected.norms.tobytes()
    )
    assert pieces.kernel.save().tobytes() == whole.kernel.save().tobytes()


def test_a_snapshot_brings_back_the_whole_state() -> None:
    model = ModelConfig(step=5, vocab_size=6, n_embd=4, n_head=2)
    ours = trainer(model, TrainConfig(num_steps=20), WORDS)
    order = turns(WORDS, 10, 1)
    ours.steps(0, order)
    state = ours.kernel.save()
    first = ours.steps(10, order).losses
    ours.kernel.restore(state)
    assert np.array_equal(ours.steps(10, order).losses, first)


@pytest.mark.parametrize("schedule", ["linear", "constant", "cosine"])
@pytest.mark.parametrize("warmup", [0, 1, 7])
def test_learning_rates_are_those_of_the_definition(schedule: str, warmup: int) -> None:
    from glassgpt.optim.schedules import learning_rate_at

    train = TrainConfig(num_steps=20, schedule=schedule, warmup_steps=warmup)
    model = ModelConfig(step=1, vocab_size=6)
    ours = trainer(model, train, WORDS)
    found = [ours.learning_rate(step) for step in range(20)]
    expected = [learning_rate_at(s, 20, 0.01, schedule, warmup) for s in range(20)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_adam_without_bias_correction_uses_the_averages_as_they_are() -> None:
    model = ModelConfig(step=5, vocab_size=6, n_embd=4, n_head=2)
    train = TrainConfig(num_steps=9, schedule="constant")
    ours = trainer(model, train, WORDS, bias_correction=False)
    w = ours.kernel.flat["weights"].copy()
    m, v = np.zeros_like(w), np.zeros_like(w)
    for step in range(3):
        found = ours.steps(step, [step], traced=np.arange(len(w))).trace[0]
        g = found[:, 1]
        m = 0.85 * m + 0.15 * g
        v = 0.99 * v + 0.01 * g * g
        change = -0.01 * m / (np.sqrt(v) + 1e-8)
        np.testing.assert_allclose(found[:, 0], w, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(found[:, 2], m, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(found[:, 3], v, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(found[:, 4], change, rtol=1e-6, atol=1e-12)
        w = w + found[:, 4]
    np.testing.assert_allclose(ours.kernel.flat["weights"], w, rtol=1e-12)


def test_a_trace_follows_the_weights_that_were_asked_for() -> None:
    model = ModelConfig(step=4, vocab_size=6, n_embd=4, n_head=2)
    train = TrainConfig(num_steps=8, optimizer="momentum", learning_rate=0.1)
    ours = trainer(model, train, WORDS)
    found = ours.steps(0, turns(WORDS, 8, 1), traced=[0, 30, 7])
    assert found.trace.shape == (8, 3, 5)
    w, g, m, _, change = np.moveaxis(found.trace, 2, 0)
    np.testing.assert_allclose(w[1:], w[:-1] + change[:-1], rtol=1e-12)
    np.testing.assert_allclose(
        w[-1] + change[-1], ours.kernel.flat["weights"][[0, 30, 7]]
    )
    for step in range(8):
        before = m[step - 1] if step else 0
        np.testing.assert_allclose(m[step], 0.9 * before + g[step], rtol=1e-12)


def test_clipping_shortens_a_gradient_to_the_limit_and_reports_its_norm() -> None:
    model = ModelConfig(step=5, vocab_size=6, n_embd=4, n_head=2)
    free = trainer(model, TrainConfig(num_steps=4), WORDS)
    free.gradient([0])
    norm = float(np.linalg.norm(free.kernel.flat["grads"]))
    ours = trainer(model, TrainConfig(num_steps=4, grad_clip=norm / 2), WORDS)
    assert ours.steps(0, [0]).norms[0] == pytest.approx(norm)
    found = float(np.linalg.norm(ours.kernel.flat["grads"]))
    assert found == pytest.approx(norm / 2)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_run_that_diverges_stops_before_the_update_and_says_where(dtype: str) -> None:
    model = ModelConfig(step=4, vocab_size=6, n_embd=4, n_head=2)
    train = TrainConfig(num_steps=90, optimizer="sgd", learning_rate=1e30)
    documents = Documents(WORDS, 6)
    ours = Trainer(started(model, dtype=dtype), documents, train)
    order = turns(WORDS, 90, 1)
    with pytest.raises(DivergedError) as caught:
        ours.steps(0, order)
    step = caught.value.step
    assert 0 < step < 90
    assert len(ours.losses) == step
    assert np.isfinite(ours.losses).all()
    again = Trainer(started(model, dtype=dtype), documents, train)
    again.steps(0, order[:step])
    assert np.array_equal(
        ours.kernel.flat["weights"], again.kernel.flat["weights"], equal_nan=True
    )


def beside(
    docs: Documents, rates: list[float], step: int = 5, **settings: Any
) -> list[Trainer]:
    """A lesson's model once for each learning rate, all on the same documents."""
    model = step_model(step)
    trains = [TrainConfig(num_steps=20, learning_rate=r, **settings) for r in rates]
    return [Trainer(started(model, dtype=train.dtype), docs, train) for train in trains]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("step", range(6))
def test_models_beside_each_other_learn_what_each_learns_alone(
    step: int, dtype: str
) -> None:
    docs = Documents(WORDS, 27)
    settings = {"dtype": dtype, "batch_docs": 2}
    rates = [0.01, 0.1, 0.003]
    together = beside(docs, rates, step, **settings)
    for start in (0, 8):
        order = turns(WORDS, 12, 2)[2 * start :][:16]
        assert train_models(together, start, order) == [None] * 3
    alone = beside(docs, rates, step, **settings)
    for one, other in zip(together, alone, strict=True):
        for start in (0, 8):
            losses = other.steps(start, turns(WORDS, 12, 2)[2 * start :][:16]).losses
        assert one.losses.tolist() == losses.tolist()
        assert one.kernel.flat["weights"].tobytes() == (
            other.kernel.flat["weights"].tobytes()
        )


def test_of_models_beside_each_other_those_that_diverge_stop_alone() -> None:
    docs = Documents(WORDS, 27)
    runaway = {"optimizer": "sgd", "schedule": "constant"}
    together = beside(docs, [0.01, 1e200, 0.02], 3, **runaway)
    good, diverged, other = train_models(together, 0, turns(WORDS, 20, 1))
    assert good is None
    assert other is None
    assert diverged is not None
    assert diverged.step == len(together[1].losses) < 20
    assert [len(one.losses) for one in (together[0], together[2])] == [20, 20]
    alone = beside(docs, [1e200], 3, **runaway)[0]
    with pytest.raises(DivergedError) as stopped:
        alone.steps(0, turns(WORDS, 20, 1))
    assert (stopped.value.step, str(stopped.value)) == (diverged.step, str(diverged))


def test_models_that_cannot_share_a_call_are_refused() -> None:
    docs = Documents(WORDS, 27)
    [one] = beside(docs, [0.01])
    for other, what in (
        (beside(Documents(WORDS, 27), [0.01])[0], "trainers"),
        (beside(docs, [0.01], batch_docs=2)[0], "batch_docs: 2"),
        (beside(docs, [0.01], dtype="float32")[0], "dtype: float32"),
    ):
        with pytest.raises(UsageError, match=f"invalid {what}"):
            train_models([one, other], 0, [0])
    with pytest.raises(UsageError, match="step"):
        train_models([one], 20, [0])


@pytest.mark.parametrize(
    ("order", "first", "thing"),
    [([4], 0, "document"), ([-1], 0, "document"), ([0, 0, 0], 2, "step"),
     ([0], -1, "step"), ([0.5], 0, "document"), ("ab", 0, "document"),
     ([[0]], 0, "document")],
)  # fmt: skip
def test_an_order_that_cannot_be_is_refused(
    order: object, first: int, thing: str
) -> None:
    model = ModelConfig(step=1, vocab_size=6)
    ours = trainer(model, TrainConfig(num_steps=4), WORDS)
    before = ours.kernel.save()
    with pytest.raises(UsageError, match=f"invalid {thing}"):
        ours.steps(first, order)
    assert np.array_equal(ours.kernel.save(), before)


@pytest.mark.parametrize("docs", [[[0]], [[]], [[0, 6]], [[0, -1]], [[0, 0.5]], []])
def test_documents_that_cannot_be_read_are_refused(docs: Any) -> None:
    with pytest.raises(UsageError, match=r"document|token"):
        Documents(docs, 6)


def measured(
    step: int, names: Any, dtype: str = "float64"
) -> tuple[Any, list[list[int]], Any, Any]:
    """A lesson on the public file, its 1,000 losses, and what wrote them."""
    from glassgpt.config import preset
    from glassgpt.kernel.bindings.random import Random

    lines = names.read_text("utf-8").split("\n")
    docs = [line for line in lines if line]
    rng = Random(42)
    docs = [docs[i] for i in rng.shuffled(len(docs))]
    chars = sorted(set("".join(docs)))
    ids = {char: i for i, char in enumerate(chars)}
    bos = len(chars)
    tokens = [[bos, *map(ids.__getitem__, doc), bos] for doc in docs[:1000]]
    record = preset(f"step{step}")
    kernel = Kernel(record.model, dtype)
    kernel.init_weights(rng)
    ours = Trainer(kernel, Documents(tokens, len(chars) + 1), record.train)
    losses = ours.steps(0, np.arange(1000)).losses
    return losses, tokens, kernel, (rng, chars, bos)


def written(kernel: Kernel, given: Any, count: int = 20) -> list[str]:
    """Names that a lesson's end would print."""
    from glassgpt.kernel.bindings.decoding import generate

    rng, chars, bos = given
    temperature = kernel.model.temperature
    return [
        "".join(chars[t] for t in generate(kernel, rng, [bos], 16, temperature))
        for _ in range(count)
    ]


@pytest.mark.parametrize("step", [0, 1, 3, 4, 5])
def test_measured_losses_and_names_are_met(
    step: int, karpathy_names: Any, vectors: Any
) -> None:
    expected = vectors["steps"][str(step)]
    losses, _, kernel, given = measured(step, karpathy_names)
    # measured to six decimals, so that the fourth may be off by rounding twice
    count = len(expected["losses"])
    np.testing.assert_allclose(losses[:count], expected["losses"], rtol=0, atol=6e-7)
    names = expected.get("samples", expected.get("samples_T1.0"))
    if names:
        assert written(kernel, given) == names


def test_float32_learns_what_float64_learns(karpathy_names: Any) -> None:
    losses, docs, kernel, _ = measured(5, karpathy_names)
    short, _, kernel32, _ = measured(5, karpathy_names, "float32")
    np.testing.assert_allclose(short[:50], losses[:50], rtol=1e-4)
    means = [np.mean([k.loss(doc) for doc in docs]) for k in (kernel, kernel32)]
    assert means[1] == pytest.approx(means[0], rel=0.002)


@pytest.mark.full
def test_a_thousand_adam_steps_are_the_lessons() -> None:
    model = ModelConfig(step=5, vocab_size=6, n_embd=8, n_head=2, block_size=6)
    train = TrainConfig(num_steps=1000)
    engine, ours = lesson(model, train), trainer(model, train, WORDS)
    expected = [engine.train_step(i, [WORDS[i % 4]]) for i in range(1000)]
    losses = ours.steps(0, turns(WORDS, 1000, 1)).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-7)
    assert_same(ours.kernel.weights, arrays(engine.weights()), rtol=1e-7, atol=1e-12)
