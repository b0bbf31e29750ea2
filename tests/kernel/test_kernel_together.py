"""Many documents abreast: the same numbers as one by one, drawn in another order."""

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import documents, models, started

from glassgpt.config import ModelConfig
from glassgpt.engines import decoding
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.decoding import (
    DECODE_BATCH,
    Decoder,
    generate,
    generate_batch,
)
from glassgpt.kernel.bindings.library import constants
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.observe import evaluate
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents

EVERY = (0, 1, 2, 3, 4, 5)
# rows of 1 to 9 numbers, and those of the lessons, for which there is an instance
ODD = ModelConfig(step=5, vocab_size=7, n_embd=6, n_head=2, n_layer=2, init_std=0.5)
LESSON = ModelConfig(step=5, vocab_size=27, n_embd=16, n_head=4, init_std=0.3)


def in_turn(
    kernel: Kernel, rng: Random, prompt: list[int], limit: int, count: int, **how: Any
) -> list[list[int]]:
    """The same order of draws, reader by reader, each reading all of its document."""
    written: list[list[int]] = [[] for _ in range(count)]
    going = list(range(count))
    for _ in range(limit):
        for i in list(going):
            reader = Decoder(kernel)
            for token in [*prompt, *written[i]]:
                reader.step(token)
            token = reader.draw(rng, **how).token
            if token == prompt[0]:
                going.remove(i)
                continue
            written[i].append(token)
            full = len(prompt) + len(written[i]) > kernel.model.block_size
            if kernel.has_attention and full:
                going.remove(i)
    return written


@pytest.mark.parametrize("isa", ["plain", "baseline", "avx2", "avx512"])
@pytest.mark.parametrize("model", [ODD, LESSON])
def test_documents_are_those_that_readers_draw_in_turn(
    model: ModelConfig, isa: str
) -> None:
    kernel = started(model)
    if kernel.call.use_isa(kernel.g, constants()[f"ISA_{isa.upper()}"]) < 0:
        pytest.skip(f"not run: this machine has no {isa}")
    ours, theirs = Random(5), Random(5)
    found = generate_batch(kernel, ours, [0], 9, 0.7, count=70)
    assert found == in_turn(kernel, theirs, [0], 9, 70, temperature=0.7)
    assert ours.getstate() == theirs.getstate()
    assert len({len(document) for document in found}) > 2


@given(
    model=models(EVERY),
    seed=st.integers(0, 1000),
    temperature=st.sampled_from([0.0, 0.5, 1.0]),
    top_k=st.integers(0, 4),
    top_p=st.sampled_from([0.1, 0.6, 1.0]),
    data=st.data(),
)
def test_any_model_writes_together_what_it_writes_in_turn(
    model: ModelConfig,
    seed: int,
    temperature: float,
    top_k: int,
    top_p: float,
    data: st.DataObject,
) -> None:
    kernel, ours, theirs = started(model), Random(seed), Random(seed)
    prompt = data.draw(documents(model))[: model.block_size]
    how = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    limit = data.draw(st.integers(1, 6))
    found = generate_batch(kernel, ours, prompt, limit, count=5, **how)
    assert found == in_turn(kernel, theirs, prompt, limit, 5, **how)
    assert ours.getstate() == theirs.getstate()


@pytest.mark.parametrize(
    "parts", [["positions"], ["attention"], ["residuals"], ["norms"], ["mlp", "scale"]]
)
def test_parts_that_are_left_out_are_left_out_abreast(parts: list[str]) -> None:
    kernel = started(ODD)
    whole = generate_batch(kernel, Random(5), [0], 9, 0.7, count=40)
    kernel.leave_out(parts)
    found = generate_batch(kernel, Random(5), [0], 9, 0.7, count=40)
    assert found == in_turn(kernel, Random(5), [0], 9, 40, temperature=0.7)
    assert found != whole


def test_a_document_does_not_depend_on_how_many_are_asked_for() -> None:
    kernel = started(LESSON)
    many = generate_batch(kernel, Random(1), [0], 16, 1.0, count=3 * DECODE_BATCH)
    twice = Random(1)
    first = generate_batch(kernel, twice, [0], 16, 1.0)
    first += generate_batch(kernel, twice, [0], 16, 1.0)
    assert first == many[: 2 * DECODE_BATCH]
    assert DECODE_BATCH == decoding.DECODE_BATCH == constants()["DECODE_BATCH"]


def test_documents_come_as_often_as_their_probabilities_say() -> None:
    model = ModelConfig(step=5, vocab_size=5, n_embd=4, n_head=2, init_std=0.5)
    kernel, draws = started(model), 80 * DECODE_BATCH
    drawn = generate_batch(kernel, Random(11), [0], 8, 1.0, count=draws)
    reader = Decoder(kernel)
    reader.step(0)
    first = reader.probabilities()
    assert chi_squared(Counter(d[0] if d else 0 for d in drawn), first) < 18.5
    reader.step(2)
    second = Counter((d[1] if len(d) > 1 else 0) for d in drawn if d and d[0] == 2)
    # 18.5 is what one in a thousand fair draws of five kinds is above
    assert chi_squared(second, reader.probabilities()) < 18.5
    skewed = np.roll(first, 1)
    assert chi_squared(Counter(d[0] if d else 0 for d in drawn), skewed) > 18.5


def chi_squared(counts: Counter[int], probs: np.ndarray) -> float:
    """How far counts are from what probabilities make of as many draws."""
    expected = probs * counts.total()
    seen = np.array([counts[i] for i in range(len(probs))])
    return float(((seen - expected) ** 2 / expected).sum())


def test_one_by_one_and_together_write_as_long_documents() -> None:
    kernel, rng = started(LESSON), Random(3)
    single = [len(generate(kernel, rng, [0], 16, 1.0)) for _ in range(2000)]
    abreast = generate_batch(kernel, Random(4), [0], 16, 1.0, count=2048)
    lengths = [len(document) for document in abreast]
    apart = abs(np.mean(single) - np.mean(lengths))
    assert apart < 4 * np.std(lengths) * (2 / 2000) ** 0.5
    assert set(range(1, 16)) <= set(lengths)


@given(
    data=st.data(),
    model=models(EVERY),
    mode=st.sampled_from(["truncate", "chunk"]),
)
def test_documents_measured_together_are_those_measured_one_by_one(
    data: st.DataObject, model: ModelConfig, mode: str
) -> None:
    kernel = started(model)
    words = data.draw(st.lists(documents(model, 14), min_size=1, max_size=20))
    given, every = Documents(words, model.vocab_size), np.arange(len(words))
    single, counts = evaluate(kernel, given, every, mode)
    abreast, as_many = evaluate(kernel, given, every, mode, batched=True)
    np.testing.assert_allclose(abreast, single, rtol=1e-12, atol=1e-12)
    assert np.array_equal(counts, as_many)


def test_more_documents_than_lanes_are_each_measured() -> None:
    kernel, rng = started(LESSON), random.Random(2)
    words = [
        [0, *rng.choices(range(1, 27), k=rng.randint(0, 20)), 0] for _ in range(700)
    ]
    given, every = Documents(words, 27), np.arange(700)
    for mode in ("truncate", "chunk"):
        single, _ = evaluate(kernel, given, every, mode)
        abreast, _ = evaluate(kernel, given, every, mode, batched=True)
        np.testing.assert_allclose(abreast, single, rtol=1e-12)


def test_float32_measures_what_float64_does() -> None:
    model, words = LESSON, [[0, 1, 2, 3, 0], [0, 5, 0], [0, 26, 26, 4, 0]]
    exact = evaluate(started(model), Documents(words, 27), [0, 1, 2], batched=True)[0]
    rough = started(model, dtype="float32")
    found = evaluate(rough, Documents(words, 27), [0, 1, 2], batched=True)[0]
    np.testing.assert_allclose(found, exact, rtol=1e-5)


def test_what_cannot_be_written_together_is_refused() -> None:
    kernel = started(ODD)
    kernel.leave_out(["mask"])
    with pytest.raises(UsageError, match="looks ahead"):
        generate_batch(kernel, Random(1), [0], 5, 1.0)
    kernel.leave_out([])
    with pytest.raises(UsageError, match="invalid token"):
        generate_batch(kernel, Random(1), [7], 5, 1.0)
    kernel.flat["weights"][:] = np.nan
    for temperature in (0, 1):
        with pytest.raises(UsageError, match="the weights have diverged"):
            generate_batch(kernel, Random(1), [0], 5, temperature)
