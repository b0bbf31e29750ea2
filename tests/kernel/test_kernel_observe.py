"""What figures ask of the kernel, against the same thing computed with NumPy."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import documents, lesson, models, mutate, started, step_model

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings import observe
from glassgpt.kernel.bindings.library import open_library
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.optim import OPTIMIZERS

WORD = [26, 0, 13, 13, 0, 7, 26]
N = len(WORD) - 1


def rms(x: np.ndarray) -> np.ndarray:
    """rmsnorm of each row."""
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)


def test_activations_are_the_stations_of_a_forward_pass() -> None:
    kernel = started(step_model(5, n_layer=2, init_std=0.4))
    kernel.loss(WORD)
    w, a = kernel.weights, kernel.activations
    x = rms(w["wte"][WORD[:-1]] + w["wpe"][:N])
    for layer in range(2):
        at = f"layer{layer}."
        x_norm = rms(x)
        q, k, v = (x_norm @ w[f"{at}attn_w{part}"].T for part in "qkv")
        heads = []
        for head in range(4):
            cut = slice(4 * head, 4 * head + 4)
            scores = q[:, cut] @ k[:, cut].T / 2
            past = np.tril(np.ones((N, N), bool))
            exps = np.where(past, np.exp(scores), 0)
            weights = exps / exps.sum(1, keepdims=True)
            heads.append(weights @ v[:, cut])
            np.testing.assert_allclose(
                np.where(past, a["scores"][layer, head, :N, :N], 0),
                np.where(past, scores, 0),
                rtol=1e-9,
            )
            np.testing.assert_allclose(
                np.where(past, a["weights"][layer, head, :N, :N], 0), weights, rtol=1e-9
            )
        out = np.hstack(heads) @ w[f"{at}attn_wo"].T
        mid = x + out
        before = rms(mid) @ w[f"{at}mlp_fc1"].T
        hidden = np.maximum(before, 0)
        mlp_out = hidden @ w[f"{at}mlp_fc2"].T
        stations = {
            "attn_norm": x_norm, "q": q, "k": k, "v": v, "heads": np.hstack(heads),
            "attn_out": out, "mlp_norm": rms(mid), "before_relu": before,
            "hidden": hidden, "mlp_out": mlp_out,
        }  # fmt: skip
        for name, expected in stations.items():
            np.testing.assert_allclose(a[name][layer, :N], expected, rtol=1e-8)
        np.testing.assert_allclose(a["residual"][2 * layer, :N], x, rtol=1e-9)
        np.testing.assert_allclose(a["residual"][2 * layer + 1, :N], mid, rtol=1e-9)
        x = mid + mlp_out
    np.testing.assert_allclose(a["residual"][4, :N], x, rtol=1e-9)
    np.testing.assert_allclose(a["logits"][:N], x @ w["lm_head"].T, rtol=1e-8)
    p = a["probs"][:N]
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_allclose(a["losses"][:N], -np.log(p[range(N), WORD[1:]]))


@pytest.mark.parametrize("step", [1, 5])
def test_the_gradient_of_the_logits_is_probability_less_target(step: int) -> None:
    kernel = started(step_model(step))
    kernel.gradient(WORD)
    expected = kernel.activations["probs"][:N].copy()
    expected[range(N), WORD[1:]] -= 1
    found = kernel.activation_grads["logits"][:N]
    np.testing.assert_allclose(found, expected / N, rtol=1e-12, atol=1e-16)


def test_gradients_of_activations_are_slopes_too() -> None:
    kernel = started(step_model(5, init_std=0.4))
    kernel.gradient(WORD)
    # a token that stands at one place only: its row is used once
    row = kernel.activation_grads["embedding"][5]
    np.testing.assert_allclose(row, kernel.grads["wte"][7], rtol=1e-12)
    # scores of a query do not change its loss when all move by the same
    scores = kernel.activation_grads["scores"][0, :, :N, :N]
    np.testing.assert_allclose(scores[:, 3, :4].sum(1), 0, atol=1e-12)


@given(data=st.data(), model=models())
def test_nudging_by_hand_gives_the_numerical_gradient(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model))
    kernel = started(model)
    weights = kernel.flat["weights"]
    before = weights.copy()
    at = data.draw(st.integers(0, len(weights) - 1))
    forward = observe.numerical_gradients(kernel, document, 1e-4, at, 1)
    central = observe.numerical_gradients(kernel, document, 1e-4, at, 1, central=True)
    assert np.array_equal(weights, before)
    here = kernel.loss(document)
    weights[at] = before[at] + 1e-4
    above = kernel.loss(document)
    weights[at] = before[at] - 1e-4
    below = kernel.loss(document)
    assert forward[0] == pytest.approx((above - here) / 1e-4, rel=1e-9, abs=1e-9)
    assert central[0] == pytest.approx((above - below) / 2e-4, rel=1e-9, abs=1e-9)


def test_the_error_of_a_slope_is_smallest_between_too_large_and_too_small() -> None:
    kernel = started(step_model(5))
    kernel.gradient(WORD)
    grads = kernel.flat["grads"].copy()
    errors = [
        np.abs(observe.numerical_gradients(kernel, WORD, eps) - grads).max()
        for eps in (1e-1, 1e-7, 1e-14)
    ]
    assert errors[1] < errors[0]
    assert errors[1] < errors[2]


def test_the_loss_along_a_weight_goes_through_where_it_is_now() -> None:
    kernel = started(step_model(5))
    before = kernel.flat["weights"].copy()
    here = kernel.loss(WORD)
    values = [before[50] - 1, before[50], before[50] + 1]
    losses = observe.loss_along(kernel, WORD, 50, values)
    assert losses[1] == here
    kernel.flat["weights"][50] += 1
    assert losses[2] == kernel.loss(WORD)
    kernel.flat["weights"][50] = before[50]
    assert np.array_equal(kernel.flat["weights"], before)


@given(data=st.data(), model=models((0, 1, 2, 3, 4, 5)))
def test_evaluation_adds_up_the_losses_of_documents(
    data: st.DataObject, model: ModelConfig
) -> None:
    docs = data.draw(st.lists(documents(model, 20), min_size=1, max_size=5))
    mode = data.draw(st.sampled_from(["truncate", "chunk"]))
    kernel = started(model)
    chosen = data.draw(st.lists(st.integers(0, len(docs) - 1), max_size=8))
    found, counts = observe.evaluate(
        kernel, Documents(docs, model.vocab_size), chosen, mode
    )
    block = model.block_size if model.reads_block else 10**6
    for index, total, count in zip(chosen, found, counts, strict=True):
        document = docs[index]
        n = len(document) - 1
        starts = range(0, n, block) if mode == "chunk" else [0]
        pieces = [document[start : start + block + 1] for start in starts]
        assert count == sum(len(piece) - 1 for piece in pieces)
        expected = sum(kernel.loss(piece) * (len(piece) - 1) for piece in pieces)
        assert total == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_terms_of_an_update_are_what_the_update_then_does(optimizer: str) -> None:
    train = TrainConfig(num_steps=9, optimizer=optimizer, grad_clip=0.5)
    docs = Documents([WORD], 27)
    trainer = Trainer(started(step_model(5)), docs, train)
    kernel = trainer.kernel
    trainer.steps(0, [0, 0, 0])
    kernel.zero_grads()
    kernel.gradient(WORD)
    state = kernel.save()
    at = int(np.abs(kernel.flat["grads"]).argmax())
    terms = observe.update_terms(trainer, 3, at)
    assert np.array_equal(kernel.save(), state)
    norm = trainer.update(3)
    assert terms.clip == pytest.approx(min(1, 0.5 / norm))
    assert terms.grad == kernel.flat["grads"][at]
    assert terms.before == state[at]
    assert terms.after == kernel.flat["weights"][at]
    assert terms.change == pytest.approx(terms.after - terms.before)
    assert terms.m == kernel.flat["m"][at]
    assert terms.v == kernel.flat["v"][at]
    assert terms.learning_rate == trainer.learning_rate(3)
    if optimizer == "adam":
        assert terms.m_hat == pytest.approx(terms.m / (1 - 0.85**4))
        assert terms.v_hat == pytest.approx(terms.v / (1 - 0.99**4))
        expected = -terms.learning_rate * terms.m_hat / (terms.v_hat**0.5 + 1e-8)
        assert terms.change == pytest.approx(expected, rel=1e-9)


def test_relative_changes_say_how_far_each_matrix_went() -> None:
    kernel = started(step_model(5))
    before = kernel.flat["weights"].copy()
    kernel.weights["layer0.attn_wk"][:] *= 1.5
    changes = observe.relative_changes(kernel, before)
    assert changes.pop("layer0.attn_wk") == pytest.approx(0.5)
    assert set(changes.values()) == {0}
    assert observe.norm(kernel, before) == pytest.approx(np.linalg.norm(before))


def test_attention_entropy_is_that_of_the_weights_and_ln_p_at_most() -> None:
    kernel = started(step_model(5, n_layer=2, init_std=0.6))
    kernel.loss(WORD)
    found = observe.attention_entropies(kernel, N)
    weights = kernel.activations["weights"]
    for t in range(N):
        p = weights[:, :, t, : t + 1]
        np.testing.assert_allclose(found[:, :, t], -(p * np.log(p)).sum(-1), atol=1e-12)
        assert (found[:, :, t] <= math.log(t + 1) + 1e-12).all()
    assert found[:, :, N - 1].min() < math.log(N) - 1e-4
    kernel.weights["layer0.attn_wq"][:] = 0  # then every score is 0
    kernel.loss(WORD)
    plain = observe.attention_entropies(kernel, N)[0]
    np.testing.assert_allclose(plain, np.log(np.arange(1, N + 1))[None].repeat(4, 0))


@given(data=st.data(), model=models((3, 4, 5)))
def test_weights_given_by_hand_cost_what_the_lesson_says_they_cost(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model))
    kernel, begun = started(model), lesson(model)
    read = kernel.cut(document)
    p = data.draw(st.integers(0, len(read) - 2))
    rows = st.lists(st.floats(0, 1), min_size=p + 1, max_size=p + 1)
    weights = [data.draw(rows) for _ in range(model.n_head)]
    found = observe.loss_with_weights(kernel, document, p, weights)
    expected = begun.loss_with_weights(document, weights)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)
    # its own weights in their place change nothing
    kernel.loss(document)
    own = kernel.activations["weights"][-1, :, p, : p + 1].copy()
    loss = float(kernel.activations["losses"][p])
    assert observe.loss_with_weights(kernel, document, p, own) == pytest.approx(loss)
    assert begun.token_losses(document)[p] == pytest.approx(loss)


def test_a_mix_that_forgets_a_weight_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = step_model(3, init_std=0.5)
    weights = [[0.1, 0.2, 0.3, 0.4]]
    expected = lesson(model).loss_with_weights(WORD, weights)
    mutate("figures/mixing.c", "a.v + h * D, keys,", "a.v + h * D, position,",
           tmp_path, monkeypatch)  # fmt: skip
    try:
        found = observe.loss_with_weights(started(model), WORD, 3, weights)
    finally:
        open_library.cache_clear()
    assert abs(found - expected) > 1e-4


def test_what_a_model_does_not_have_is_refused() -> None:
    counting, mlp = started(step_model(0)), started(step_model(1))
    trainer = Trainer(counting, Documents([WORD], 27), TrainConfig())
    for ask in (
        lambda: observe.attention_entropies(mlp, 3),
        lambda: observe.loss_with_weights(mlp, WORD, 0, [[1.0]]),
        lambda: observe.update_terms(trainer, 0, 0),
        lambda: counting.gradient(WORD),
        lambda: trainer.update(0),
    ):
        with pytest.raises(UsageError, match="invalid step"):
            ask()


def test_numbers_out_of_range_are_refused() -> None:
    kernel = started(step_model(5))
    trainer = Trainer(kernel, Documents([WORD], 27), TrainConfig())
    for ask in (
        lambda: observe.numerical_gradients(kernel, WORD, 0),
        lambda: observe.numerical_gradients(kernel, WORD, 1e-5, 4192, 1),
        lambda: observe.numerical_gradients(kernel, WORD, 1e-5, -1),
        lambda: observe.loss_along(kernel, WORD, 4192, [0]),
        lambda: observe.loss_along(kernel, WORD, 0, [[0]]),
        lambda: observe.update_terms(trainer, 1000, 0),
        lambda: observe.attention_entropies(kernel, 17),
        lambda: observe.loss_with_weights(kernel, WORD, N, np.ones((4, N + 1))),
        lambda: observe.loss_with_weights(kernel, WORD, 1, np.ones((3, 2))),
        lambda: observe.evaluate(kernel, trainer.documents, [1]),
        lambda: observe.relative_changes(kernel, np.zeros(3)),
        lambda: kernel.restore(np.zeros(3)),
        lambda: kernel.loss([27, 0]),
        lambda: kernel.leave_out(["head"]),
    ):
        with pytest.raises(UsageError):
            ask()
