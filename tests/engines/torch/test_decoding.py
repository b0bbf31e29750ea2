"""Documents that the torch engine writes: one by one, and many side by side."""

import random
from itertools import islice
from typing import Any

import pytest
from pytest import approx
from support.engines import record_of

from glassgpt.config import Record, SamplingConfig
from glassgpt.engines import base
from glassgpt.engines.base import Engine
from glassgpt.engines.decoding import DECODE_BATCH
from glassgpt.errors import GlassGPTError
from glassgpt.sampling import generate_batches
from glassgpt.tokenizers import CharTokenizer

TOKENIZER = CharTokenizer(tuple("abcdefghijklmnopqrstuvwxyz"))
SIZES = {"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 9, "init_std": 0.3}
MILD = SamplingConfig(0.8)
TOKENS = [26, 5, 6, 7, 8, 9, 10, 11, 12, 26]


def torch_engine(record: Record) -> Any:
    from glassgpt.engines.torch.engine import TorchEngine

    return TorchEngine(record, random.Random(1))


def test_the_batched_forward_equals_the_cached_loop() -> None:
    import torch

    engine = torch_engine(record_of(5, **{**SIZES, "block_size": 12}))
    logits = torch.tensor(engine.logits(TOKENS), dtype=torch.float64)
    reader = engine.decoder()
    for token, row in zip(TOKENS, logits, strict=False):
        expected = torch.softmax(row / 0.7, 0).tolist()
        assert reader.step(token, 0.7) == approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("step", "settings"),
    [
        (1, {"n_embd": 4, "init_std": 0.4}),
        (3, {"n_embd": 8, "init_std": 0.3}),
        (5, SIZES),
    ],
)
@pytest.mark.parametrize(
    "config",
    [
        SamplingConfig(0.9),
        SamplingConfig(0.0),
        SamplingConfig(1.4, top_k=7),
        SamplingConfig(1.0, top_p=0.6),
    ],
    ids=str,
)
def test_a_batch_is_what_as_many_decoders_write(
    step: int,
    settings: dict[str, Any],
    config: SamplingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from glassgpt.engines.torch import engine as torch_module

    for module in (base, torch_module):
        monkeypatch.setattr(module, "DECODE_BATCH", 12)
    engine = torch_engine(record_of(step, **settings))
    start = TOKENIZER.encode_prefix("an")
    limit = engine.record.model.block_size - 2
    ours, theirs = random.Random(3), random.Random(3)
    found = engine.generate_batch(start, limit, config, ours)
    assert found == Engine.generate_batch(engine, start, limit, config, theirs)
    assert ours.getstate() == theirs.getstate()
    assert len(found) == 12


def test_the_cache_changes_nothing_where_it_grows_and_shrinks() -> None:
    from glassgpt.engines.torch.decoding import drawing, generate_batch

    engine = torch_engine(record_of(5, **{**SIZES, "block_size": 150}))

    def draw() -> Any:
        return drawing(SamplingConfig(1.0), random.Random(3))

    cached, slow = (
        generate_batch(
            engine.model,
            [26, 4],
            12,
            140,
            drawing(SamplingConfig(1.0), random.Random(3)),
            how,
        )
        for how in (True, False)
    )
    assert cached == slow
    lengths = sorted(map(len, cached))
    assert lengths[6] < 64 < lengths[-1], lengths


def test_texts_in_batches_go_on_without_end() -> None:
    engine = torch_engine(record_of(5, **SIZES))
    texts = generate_batches(
        engine, TOKENIZER, random.Random(4), SamplingConfig(0.8), "mi"
    )
    written = list(islice(texts, DECODE_BATCH + 5))
    assert len(written) == DECODE_BATCH + 5 and len({*written}) > 50
    assert all(text.startswith("mi") and len(text) <= 9 for text in written)


def test_weights_that_are_no_numbers_any_more_are_told_of() -> None:
    engine = torch_engine(record_of(5, **SIZES))
    weights = engine.weights()
    weights["lm_head"].values[0] = float("inf")
    engine.restore(weights, engine.buffers())
    texts = generate_batches(engine, TOKENIZER, random.Random(4), MILD)
    with pytest.raises(GlassGPTError, match=r"^invalid probability: nan"):
        next(texts)
