"""Writing: the cache changes nothing but the work, and names are those of Python."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import PARTS, documents, lesson, models, started, step_model

from glassgpt.config import ModelConfig, SamplingConfig
from glassgpt.engines.decoding import choose
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.decoding import Decoder, generate
from glassgpt.kernel.bindings.random import Random

ANY = models((0, 1, 2, 3, 4, 5))


@given(
    data=st.data(), model=models((3, 4, 5)), parts=st.sets(st.sampled_from(PARTS[:6]))
)
def test_the_cache_gives_what_computing_all_again_gives(
    data: st.DataObject, model: ModelConfig, parts: set[str]
) -> None:
    document = data.draw(documents(model))[: model.block_size]
    kernels = [started(model, without=parts) for _ in range(2)]
    cached, again = Decoder(kernels[0]), Decoder(kernels[1], cache=False)
    kernels[0].loss([0, 1])  # whatever was read before leaves nothing behind
    cached = Decoder(kernels[0])
    for token in document:
        np.testing.assert_allclose(
            cached.step(token), again.step(token), rtol=1e-12, atol=1e-12
        )
    assert cached.operations <= again.operations
    assert (cached.operations < again.operations) == (len(document) > 1)


def test_operations_are_the_multiplications_of_the_model() -> None:
    model = ModelConfig(step=5, vocab_size=7, n_embd=4, n_head=2, n_layer=2)
    reader = Decoder(started(model))
    each = 2 * (4 * 4 * 4 + 2 * 4 * 16) + 7 * 4  # q, k, v, wo and the mlp; lm_head
    expected = 0
    for position in range(5):
        reader.step(1)
        looked_at = position + 1
        expected += each + 2 * 2 * 4 * looked_at  # scores and weighted values
        assert reader.operations == expected


def test_a_token_that_looks_ahead_changes_with_what_follows() -> None:
    model = ModelConfig(step=5, vocab_size=7, n_embd=4, n_head=2, n_layer=2)
    kernel = started(model, without=["mask"])
    reader = Decoder(kernel)
    for token in [1, 2, 3]:
        logits = reader.step(token)
    kernel.loss([1, 2, 3, 0])
    np.testing.assert_allclose(logits, kernel.activations["logits"][2], rtol=1e-12)


@given(data=st.data(), model=ANY, temperature=st.sampled_from([0.05, 0.5, 1.0, 2.0]))
def test_probabilities_are_the_reference_engines(
    data: st.DataObject, model: ModelConfig, temperature: float
) -> None:
    document = data.draw(documents(model))[: model.block_size]
    theirs, ours = lesson(model).decoder(), Decoder(started(model))
    for token in document:
        ours.step(token)
        np.testing.assert_allclose(
            ours.probabilities(temperature),
            theirs.step(token, temperature),
            rtol=1e-9,
            atol=1e-15,
        )


def test_asking_for_probabilities_leaves_the_activations_as_they_are() -> None:
    kernel = started(step_model(5))
    reader = Decoder(kernel)
    reader.step(26)
    before = kernel.activations["probs"][0].copy()
    cold = reader.probabilities(0.05)
    assert np.array_equal(kernel.activations["probs"][0], before)
    np.testing.assert_allclose(reader.probabilities(1.0), before, rtol=1e-12)
    assert cold.max() > before.max()


@given(
    model=ANY,
    seed=st.integers(0, 1000),
    temperature=st.sampled_from([0.0, 0.5, 1.0]),
    top_k=st.integers(0, 4),
    top_p=st.sampled_from([0.1, 0.6, 1.0]),
)
def test_documents_are_those_that_python_draws(
    model: ModelConfig, seed: int, temperature: float, top_k: int, top_p: float
) -> None:
    ours, theirs = Random(seed), random.Random(seed)
    kernel, engine = started(model), lesson(model)
    config = SamplingConfig(temperature, top_k, top_p)
    for _ in range(3):
        reader, token, expected = engine.decoder(), 0, []
        while len(expected) < model.block_size:
            token = choose(reader.step(token, temperature or 1.0), config, theirs)
            if token == 0:
                break
            expected.append(token)
        limit = model.block_size
        assert generate(kernel, ours, [0], limit, temperature, top_k, top_p) == expected
    assert ours.getstate() == theirs.getstate()


def test_a_prompt_is_gone_on_from_to_the_end_of_the_block() -> None:
    model = ModelConfig(step=5, vocab_size=7, n_embd=4, n_head=2, block_size=5)
    kernel = started(model)
    lengths = {len(generate(kernel, Random(s), [0, 1, 2], 99, 1.0)) for s in range(60)}
    assert max(lengths) == 3  # five tokens are read, the last one's successor drawn
    assert min(lengths) == 0


def test_a_draw_shows_what_decided_it() -> None:
    reader = Decoder(started(step_model(5)))
    reader.step(26)
    rng = Random(3)
    expected = Random(3).random()
    draw = reader.draw(rng, temperature=0.5)
    assert draw.drawn == expected
    np.testing.assert_allclose(draw.sums, draw.probs.cumsum(), rtol=1e-12)
    assert draw.token == int(np.searchsorted(draw.sums, expected * draw.sums[-1]))
    few = reader.draw(Random(3), temperature=0.5, top_k=3)
    assert np.count_nonzero(few.probs) == 3
    coldest = reader.draw(rng, temperature=0)
    assert coldest.token == reader.probabilities().argmax()
    assert coldest.drawn is None


def test_what_a_reader_cannot_read_is_refused() -> None:
    reader = Decoder(started(ModelConfig(step=5, vocab_size=7, block_size=2)))
    with pytest.raises(UsageError, match="no token was read"):
        reader.probabilities()
    for token in (7, -1, 0.5, "a"):
        with pytest.raises(UsageError, match="invalid token"):
            reader.step(token)  # type: ignore[arg-type]
    reader.step(0), reader.step(1)
    with pytest.raises(UsageError, match="the block has 2"):
        reader.step(2)
    for temperature in (0, -1, float("nan"), "hot"):
        with pytest.raises(UsageError, match="invalid temperature"):
            reader.probabilities(temperature)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "limit", "temperature", "top_k", "top_p"),
    [([], 3, 1, 0, 1), ([7], 3, 1, 0, 1), ([0, 1, 2], 3, 1, 0, 1), ([0], -1, 1, 0, 1),
     ([0], 3, -1, 0, 1), ([0], 3, 1, -1, 1), ([0], 3, 1, 0, 0), ([0], 3, 1, 0, 1.1)],
)  # fmt: skip
def test_a_document_that_cannot_be_written_is_refused(
    prompt: list[int], limit: int, temperature: float, top_k: int, top_p: float
) -> None:
    kernel = started(ModelConfig(step=5, vocab_size=7, block_size=2))
    with pytest.raises(Exception, match="invalid"):
        generate(kernel, Random(1), prompt, limit, temperature, top_k, top_p)


def test_weights_that_have_diverged_write_nothing_and_say_so() -> None:
    kernel = started(ModelConfig(step=5, vocab_size=7))
    kernel.flat["weights"][:] = np.nan
    for temperature in (0, 1):
        with pytest.raises(UsageError, match="the weights have diverged"):
            generate(kernel, Random(1), [0], 5, temperature)
