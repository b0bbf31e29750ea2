"""Helpers for tests of the kernel: small models, documents, and who to compare with."""

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from glassgpt.config import ModelConfig, Record, TrainConfig, preset
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.kernel import build
from glassgpt.kernel.bindings.library import open_library
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.random import Random

WITH_WEIGHTS = (1, 2, 3, 4, 5)
PARTS = ("positions", "attention", "residuals", "norms", "mlp", "scale", "mask")
# a library that compiles in a second, and whose vectors are the machine kind's own
BASELINE_ONLY = ("-O0", "-DGLASSGPT_BASELINE_ONLY")
EXACT = {"rtol": 1e-10, "atol": 1e-12}


@st.composite
def models(draw: Any, steps: tuple[int, ...] = WITH_WEIGHTS) -> ModelConfig:
    """A model of any shape that is small enough to compute by hand."""
    step = draw(st.sampled_from(steps))
    n_head = draw(st.integers(1, 3)) if step > 3 else 1
    return ModelConfig(
        step=step,
        vocab_size=draw(st.integers(2, 7)),
        n_embd=n_head * draw(st.integers(1, 3)),
        n_head=n_head,
        n_layer=draw(st.integers(1, 3)) if step > 3 else 1,
        block_size=draw(st.integers(1, 5)),
        init_std=draw(st.sampled_from([0.08, 0.5])),
        rms_eps=draw(st.sampled_from([1e-5, 0.1])),
    )


def documents(model: ModelConfig, longest: int = 9) -> st.SearchStrategy[list[int]]:
    """Token ids of a document that may be longer than the block."""
    return st.lists(st.integers(0, model.vocab_size - 1), min_size=2, max_size=longest)


def started(model: ModelConfig, seed: int = 1, **options: Any) -> Kernel:
    """A kernel with its first weights."""
    kernel = Kernel(model, **options)
    kernel.init_weights(Random(seed))
    return kernel


def lesson(
    model: ModelConfig, train: TrainConfig | None = None, seed: int = 1
) -> ReferenceEngine:
    """The lesson's own code with the same first weights."""
    record = Record(model, train or TrainConfig(optimizer="sgd"))
    return ReferenceEngine(record, random.Random(seed))


def arrays(tensors: Any) -> dict[str, Any]:
    """The reference engine's tensors as matrices."""
    return {
        name: np.asarray(tensor.values).reshape(tensor.shape)
        for name, tensor in tensors.items()
    }


def step_model(step: int, **numbers: Any) -> ModelConfig:
    """A lesson's model, some of its numbers changed."""
    return preset(f"step{step}").with_settings(**numbers).model


def assert_same(found: Any, expected: Any, **tolerance: float) -> None:
    """Matrices by name are equal, within the tolerance; each that is not is named."""
    tolerance = tolerance or EXACT
    assert list(found) == list(expected)
    wrong = {
        name: float(np.abs(found[name] - expected[name]).max())
        for name in expected
        if not np.allclose(found[name], expected[name], **tolerance)
    }
    assert wrong == {}


def copied_sources(into: Path) -> Path:
    """A copy of the kernel's C, to change and to build: its folder."""
    others = shutil.ignore_patterns("*.py", "__*", "built")
    return Path(shutil.copytree(build.FOLDER, into / "sources", ignore=others))


def mutate(
    file: str, right: str, wrong: str, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compute with a library in which one text of the sources is another."""
    sources = copied_sources(into)
    text = (sources / file).read_text("utf-8")
    assert text.count(right) == 1
    (sources / file).write_text(text.replace(right, wrong), "utf-8")
    build.build(into, sources, extra=BASELINE_ONLY, precisions=["f64"])
    open_library.cache_clear()
    monkeypatch.setenv("GLASSGPT_KERNEL", str(into))
