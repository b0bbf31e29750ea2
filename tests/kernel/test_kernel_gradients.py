"""Losses, logits and gradients: against the lesson, and against slopes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from kernels import (
    EXACT,
    PARTS,
    WITH_WEIGHTS,
    arrays,
    assert_same,
    documents,
    lesson,
    models,
    started,
    step_model,
)

from glassgpt.config import ModelConfig
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.observe import numerical_gradients

WORD = [26, 0, 13, 13, 0, 7, 26]


@pytest.mark.parametrize("step", range(6))
def test_names_shapes_and_first_weights_are_the_lessons(step: int) -> None:
    model = step_model(step)
    expected, kernel = arrays(lesson(model).weights()), started(model)
    assert list(kernel.weights) == list(expected)
    for name, matrix in expected.items():
        assert np.array_equal(kernel.weights[name], matrix), name


@pytest.mark.parametrize("step", range(6))
def test_loss_and_logits_of_a_word_are_the_lessons(step: int) -> None:
    model = step_model(step)
    kernel, engine = started(model), lesson(model)
    assert kernel.loss(WORD) == pytest.approx(engine.loss(WORD), rel=1e-12)
    logits = kernel.activations["logits"][: len(WORD) - 1]
    np.testing.assert_allclose(logits, engine.logits(WORD), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("step", WITH_WEIGHTS)
def test_every_gradient_of_a_word_is_the_lessons(step: int) -> None:
    model = step_model(step)
    kernel = started(model)
    loss = kernel.gradient(WORD)
    expected_loss, expected = lesson(model).gradients(WORD)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    assert_same(kernel.grads, arrays(expected))


@given(data=st.data(), model=models())
def test_gradients_are_the_lessons_at_any_shape(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model))
    kernel = started(model)
    loss = kernel.gradient(document)
    expected_loss, expected = lesson(model).gradients(document)
    assert loss == pytest.approx(expected_loss, rel=1e-10)
    assert_same(kernel.grads, arrays(expected))


@given(data=st.data(), model=models())
def test_float32_gradients_are_those_of_float64_in_short(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model))
    kernel, short = started(model), started(model, dtype="float32")
    expected = kernel.gradient(document)
    assert short.gradient(document) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert_same(short.grads, kernel.grads, rtol=1e-3, atol=1e-4)


def slopes(kernel: Kernel, document: list[int]) -> np.ndarray:
    """Central differences at two distances, so that a bend does not count.

    A narrow model's rmsnorm bends much within 1e-5; Richardson's rule takes that off.
    """
    near = numerical_gradients(kernel, document, 1e-5, central=True)
    far = numerical_gradients(kernel, document, 2e-5, central=True)
    return (4 * near - far) / 3


@given(data=st.data(), model=models((3, 4, 5)), parts=st.sets(st.sampled_from(PARTS)))
def test_gradients_are_slopes_whatever_part_is_left_out(
    data: st.DataObject, model: ModelConfig, parts: set[str]
) -> None:
    # smooth enough for a difference: near 0 a norm with a tiny rms_eps bends sharply
    model = replace(model, init_std=0.3, rms_eps=0.1)
    document = data.draw(documents(model))
    kernel = started(model, without=parts)
    kernel.gradient(document)
    found = kernel.flat["grads"].copy()
    n = min(len(document) - 1, model.block_size)
    # relu has a corner: where a nudge crosses it, the slope is neither side's
    before_relu = kernel.activations["before_relu"][:, :n]
    assume("mlp" in parts or np.abs(before_relu).min() > 1e-4)
    largest = max(1, np.abs(found).max())
    assert np.abs(found - slopes(kernel, document)).max() < 1e-5 * largest


@pytest.mark.parametrize("part", PARTS)
def test_leaving_a_part_out_changes_the_loss_and_putting_it_back_restores_it(
    part: str,
) -> None:
    kernel = started(step_model(5, n_layer=2, init_std=0.5))
    whole = kernel.loss(WORD)
    kernel.leave_out([part])
    assert abs(kernel.loss(WORD) - whole) > 1e-6
    kernel.leave_out([])
    assert kernel.loss(WORD) == whole


def test_what_a_left_out_part_does_is_what_its_name_says() -> None:
    kernel = started(step_model(5, init_std=0.5), without=["attention", "mlp"])
    kernel.loss(WORD)
    n = len(WORD) - 1
    at_first, after_attention, after_mlp = kernel.activations["residual"][:, :n]
    assert np.array_equal(at_first, after_attention)
    assert np.array_equal(at_first, after_mlp)
    kernel.leave_out(["norms", "positions"])
    kernel.loss(WORD)
    rows = kernel.weights["wte"][WORD[:-1]]
    assert np.array_equal(kernel.activations["residual"][0, :n], rows)
    kernel.leave_out(["mask"])
    kernel.loss(WORD)
    np.testing.assert_allclose(kernel.activations["weights"][0, :, :n, :n].sum(2), 1)
    assert (kernel.activations["weights"][0, :, :n, :n] > 0).all()


@pytest.mark.parametrize("step", WITH_WEIGHTS)
@pytest.mark.full
def test_every_gradient_of_a_lesson_is_a_slope(step: int) -> None:
    kernel = started(step_model(step))
    kernel.gradient(WORD)
    differences = np.abs(kernel.flat["grads"] - slopes(kernel, WORD))
    assert differences.max() < 1e-8


def test_a_gradient_is_added_to_what_is_there() -> None:
    kernel = started(step_model(5))
    kernel.gradient(WORD)
    once = kernel.flat["grads"].copy()
    kernel.gradient(WORD, weight=0.5)
    np.testing.assert_allclose(kernel.flat["grads"], 1.5 * once, **EXACT)
    kernel.zero_grads()
    assert not kernel.flat["grads"].any()


def test_a_long_document_of_a_model_without_attention_counts_in_full() -> None:
    document = [i % 5 for i in range(150)]  # more than the memory for activations
    for step in (1, 2):
        model = step_model(step, n_embd=4)
        kernel, engine = started(model), lesson(model)
        assert kernel.gradient(document) == pytest.approx(engine.loss(document), 1e-12)
        expected = arrays(engine.gradients(document)[1])
        assert_same(kernel.grads, expected)
