"""Mistakes on purpose: those that the lesson's program would make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import assert_same, documents, models, started

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.engines.reference.model import deep_and_quick
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.lessons import lesson

DOCS = [[4, 0, 1, 0, 4], [4, 2, 4], [4, 0, 3, 1, 4]]
NUMBERS = {
    2: ("n_embd", "init_std"),
    3: ("n_embd", "init_std", "block_size", "rms_eps"),
    4: ("n_embd", "init_std", "block_size", "rms_eps", "n_head", "n_layer"),
    5: ("n_embd", "init_std", "block_size", "rms_eps", "n_head", "n_layer"),
}


def with_equals(model: ModelConfig, document: list[int]) -> dict[str, np.ndarray]:
    """The gradients of the lesson's program with = where backward has +=."""
    import math
    import random
    import types

    program = lesson(model.step)
    right, wrong = "child.grad += local_grad", "child.grad = local_grad"
    assert program.source.count(right) == 1
    broken = type(program)(
        program.step, program.path, program.source.replace(right, wrong)
    )
    rng = random.Random(1)
    space = broken.load(
        ["autograd", "parameters", "model", "loss of a document"],
        {"math": math, "random": rng, "vocab_size": model.vocab_size,
         "gc": types.SimpleNamespace(disable=lambda: None)},
        {name: getattr(model, name) for name in NUMBERS[model.step]},
    )  # fmt: skip
    n = len(document) - 1
    if model.reads_block:
        n = min(n, model.block_size)
    with deep_and_quick():
        space["forward"](document, n).backward()
    return {
        name: np.array([[p.grad for p in row] for row in matrix])
        for name, matrix in space["state_dict"].items()
    }


@given(data=st.data(), model=models((2, 3, 4, 5)))
def test_equals_for_plus_equals_gives_what_the_lesson_would_then_compute(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model, longest=6))
    kernel = started(model)
    kernel.gradient(document, mistakes=["overwrite"])
    assert_same(kernel.grads, with_equals(model, document), rtol=1e-9, atol=1e-12)


def test_equals_for_plus_equals_is_a_mistake() -> None:
    model = ModelConfig(step=5, vocab_size=5, n_embd=4, n_head=2)
    kernel = started(model)
    kernel.gradient(DOCS[0])
    right = kernel.flat["grads"].copy()
    kernel.zero_grads()
    kernel.gradient(DOCS[0], mistakes=["overwrite"])
    assert np.abs(kernel.flat["grads"] - right).max() > 0.01


@pytest.mark.parametrize("step", [1, 5])
def test_gradients_that_are_kept_pile_up(step: int) -> None:
    model = ModelConfig(step=step, vocab_size=5, n_embd=4, n_head=2)
    train = TrainConfig(num_steps=9, optimizer="sgd", learning_rate=0.1)
    kernel = started(model)
    documents = Documents(DOCS, 5)
    Trainer(kernel, documents, train, mistakes=["keep_grads"]).steps(0, [0, 1, 2])

    # by hand: three gradients, each at the weights of its step, added up on the way
    by_hand = started(model)
    w, total = by_hand.flat["weights"], 0.0
    for step_number, document in enumerate(DOCS):
        by_hand.zero_grads()
        by_hand.gradient(document)
        total = total + by_hand.flat["grads"].copy()
        w -= 0.1 * (1 - step_number / 9) * total
    np.testing.assert_allclose(kernel.flat["grads"], total, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(kernel.flat["weights"], w, rtol=1e-9, atol=1e-14)


def test_overwriting_needs_the_whole_model_and_says_so() -> None:
    kernel = started(ModelConfig(vocab_size=5), without=["norms"])
    with pytest.raises(UsageError, match="overwrite; that mistake needs the whole"):
        kernel.gradient(DOCS[0], mistakes=["overwrite"])


def test_an_unknown_mistake_is_refused() -> None:
    kernel = started(ModelConfig(vocab_size=5))
    with pytest.raises(UsageError, match="unknown mistake: zero"):
        kernel.gradient(DOCS[0], mistakes=["zero"])


def test_eps_under_the_root_holds_back_what_has_small_gradients() -> None:
    model = ModelConfig(step=5, vocab_size=5, n_embd=4, n_head=2)
    train = TrainConfig(num_steps=9, eps_adam=1e-4)
    kernel, by_hand = started(model), started(model)
    Trainer(kernel, Documents(DOCS, 5), train, mistakes=["eps_inside"]).steps(0, [0])

    by_hand.gradient(DOCS[0])
    w, grad = by_hand.flat["weights"], by_hand.flat["grads"]
    moved = 0.01 * grad / np.sqrt(grad**2 + 1e-4)  # at the first step m_hat is grad
    np.testing.assert_allclose(kernel.flat["weights"], w - moved, rtol=1e-12)
    assert np.abs(moved).min() < 0.001 < 0.009 < np.abs(moved).max()
