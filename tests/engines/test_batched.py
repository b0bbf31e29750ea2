"""Many documents at once: every engine writes the same, and measures the same."""

import random
from itertools import islice

import pytest
from support import not_run

from glassgpt import engines
from glassgpt.config import SamplingConfig, preset
from glassgpt.engines.decoding import DECODE_BATCH
from glassgpt.kernel.bindings.library import why_unavailable
from glassgpt.sampling import generate_batches
from glassgpt.tokenizers import CharTokenizer

WORDS = ["anna", "bob", "cara", "dan", "a" * 40]


@pytest.mark.parametrize("step", [0, 2, 5])
@pytest.mark.parametrize("prompt", ["", "an"])
def test_engines_write_together_the_same_documents(step: int, prompt: str) -> None:
    if why := why_unavailable():
        not_run("cc", why)
    tokenizer = CharTokenizer.from_documents(WORDS)
    record = preset(f"step{step}").with_settings(block_size=6)
    if step:
        record = record.with_settings(n_embd=4)
    record = record.with_vocabulary(tokenizer.vocab_size)
    found = []
    for name in ("reference", "kernel"):
        engine, rng = engines.create(name, record, random.Random(1)), random.Random(2)
        texts = generate_batches(engine, tokenizer, rng, SamplingConfig(0.9), prompt)
        found.append((list(islice(texts, DECODE_BATCH)), rng.getstate()))
    assert found[0] == found[1]
    assert len(set(found[0][0])) > 20


@pytest.mark.parametrize("step", [0, 1, 3, 5])
def test_engines_measure_documents_as_one_by_one(step: int) -> None:
    if why := why_unavailable():
        not_run("cc", why)
    tokenizer = CharTokenizer.from_documents(WORDS)
    record = preset(f"step{step}").with_vocabulary(tokenizer.vocab_size)
    documents = [tokenizer.encode(text) for text in WORDS]
    for name in ("reference", "kernel"):
        engine = engines.create(name, record, random.Random(1))
        single = [loss for tokens in documents for loss in engine.token_losses(tokens)]
        total, count = engine.sum_of_losses(documents)
        assert total == pytest.approx(sum(single), rel=1e-12)
        assert count == len(single)
