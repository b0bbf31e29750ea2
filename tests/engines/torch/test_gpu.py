"""On an NVIDIA GPU: the same numbers as elsewhere. Without one these are not run."""

import random
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support import not_run, require_torch
from support.engines import record_of

from glassgpt import checkpoints
from glassgpt.config import Record
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.training.writer import CheckpointWriter

DOCUMENTS = [[26, 1, 2, 3, 26], [26, 5, 6, 7, 8, 9, 10, 11, 12, 26], [26, 3, 26]]
SIZES = {"n_embd": 32, "n_head": 2, "n_layer": 2, "block_size": 8, "batch_docs": 3}


@pytest.fixture(autouse=True)
def gpu() -> None:
    require_torch()
    import torch

    if not torch.cuda.is_available():
        not_run("gpu", "there is no NVIDIA GPU on this machine")


def engine_of(record: Record) -> Any:
    from glassgpt.engines.torch.engine import TorchEngine

    return TorchEngine(record, random.Random(1))


def losses(engine: Engine, steps: int = 20) -> list[float]:
    return [engine.train_step(step, DOCUMENTS) for step in range(steps)]


def flat(tensors: dict[str, Any], names: Sequence[str]) -> list[float]:
    return [x for name in names for x in tensors[name].values]


def test_float64_gradients_and_losses_are_the_lessons() -> None:
    record = record_of(5, **SIZES)
    gpu, lesson = engine_of(record), ReferenceEngine(record, random.Random(1))
    assert gpu.device.type == "cuda"
    loss, gradients = gpu.gradients(DOCUMENTS[1])
    expected_loss, expected = lesson.gradients(DOCUMENTS[1])
    assert loss == approx(expected_loss, rel=1e-12)
    names = list(expected)
    wanted = approx(flat(expected, names), rel=1e-8, abs=1e-12)
    assert flat(gradients, names) == wanted
    assert losses(gpu, 5) == approx(losses(lesson, 5), rel=1e-7)


@pytest.mark.parametrize(
    "settings",
    [
        {"dtype": "float32"},
        {"dtype": "float32", "remat": "on", "micro_batch": 1},
        {"dtype": "float32", "compile": "on"},
        {"dtype": "bfloat16"},
        {"dtype": "bfloat16", "compile": "on"},
    ],
    ids=str,
)
def test_other_ways_to_compute_give_the_losses_of_float64(
    settings: dict[str, Any],
) -> None:
    expected = losses(engine_of(record_of(5, **SIZES)))
    apart = 0.03 if settings["dtype"] == "bfloat16" else 1e-3
    found = losses(engine_of(record_of(5, **SIZES, **settings)))
    assert found == approx(expected, rel=apart, abs=apart)


def test_a_checkpoint_from_the_gpu_is_what_was_trained_when_it_was_asked_for(
    tmp_path: Path,
) -> None:
    engine = engine_of(record_of(5, **SIZES, dtype="float32"))
    losses(engine, 3)
    weights = engine.weights()

    class Folder:
        checkpoints = tmp_path

        def sync_log(self) -> None: ...

    saver = CheckpointWriter(engine, Folder())  # type: ignore[arg-type]
    saver.save(3, {})
    engine.train_step(3, DOCUMENTS)
    saver.finish()
    saved = checkpoints.load(tmp_path / "step-000000003")
    assert saved.weights == weights != engine.weights()
    assert all(isinstance(t.values, array) for t in saved.buffers.values())
    engine.restore(saved.weights, saved.buffers)
    assert engine.weights() == weights


def test_cached_reading_gives_what_reading_at_once_gives() -> None:
    import torch

    engine = engine_of(record_of(5, **SIZES))
    reader = engine.decoder()
    for token, logits in zip(DOCUMENTS[1], engine.logits(DOCUMENTS[1]), strict=False):
        probs = torch.softmax(torch.tensor(logits, dtype=torch.float64), 0).tolist()
        assert reader.step(token) == approx(probs, abs=1e-10)
