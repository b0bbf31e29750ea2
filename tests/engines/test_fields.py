"""A field that a step is said to read changes what the engine gives."""

from pathlib import Path
from typing import Any

import pytest
from support.engines import record_of, start

from glassgpt.config.record import all_fields, is_read

NAMES = ["anna", "bob", "eve", "alexander", "abe"]
# something else than the lesson's, for what the engine itself computes with
OTHER: dict[str, Any] = {
    **{"n_embd": 8, "n_head": 1, "n_layer": 2, "block_size": 3, "init_std": 0.5},
    **{"rms_eps": 0.1, "smoothing": 0.1, "seed": 1, "num_steps": 5},
    **{"optimizer": "momentum", "learning_rate": 0.3, "beta1": 0.3, "beta2": 0.3},
    **{"eps_adam": 0.1, "momentum": 0.3, "weight_decay": 2.0, "grad_clip": 0.01},
    **{"schedule": "cosine", "warmup_steps": 3, "batch_docs": 3},
    **{"loss_norm": "token", "doc_mode": "chunk"},
}
# what the loop around the engine does, how PyTorch goes about the same numbers, and
# dtype, which the record's table treats
OUTSIDE = {
    *("step", "vocab_size", "tokenizer", "order", "holdout", "dtype"),
    *("checkpoint_every", "keep_last", "keep_best", "eval_every", "eval_docs"),
    *("micro_batch", "compile", "remat", "shard"),
}
# without these, another value could make no difference
NEEDED: dict[str, dict[str, Any]] = {
    "loss_norm": {"batch_docs": 2},
    "doc_mode": {"block_size": 3},
    "beta1": {"optimizer": "adam"},
    "beta2": {"optimizer": "adam"},
    "eps_adam": {"optimizer": "adam"},
    "momentum": {"optimizer": "momentum"},
    "weight_decay": {"optimizer": "adamw"},
}
READ = [
    (name, step)
    for name in OTHER
    for step in range(6)
    if is_read(name, record_of(step, **(NEEDED.get(name, {}) if step else {})))
]


def outcome(step: int, names: Path, **settings: Any) -> list[object]:
    """Losses, weights and names of a short run."""
    small = {"n_embd": 4, "num_steps": 4} if step else {"num_steps": 4}
    run = start(record_of(step, **{**small, **settings}), names)
    losses = run.train(run.engine.record.train.num_steps)
    return [losses, run.engine.weights(), [run.sample(1.0) for _ in range(5)]]


def test_every_field_is_inside_the_engine_or_outside() -> None:
    assert OTHER.keys() | OUTSIDE == all_fields().keys()
    assert not OTHER.keys() & OUTSIDE


@pytest.mark.parametrize(("name", "step"), READ)
def test_another_value_changes_what_the_engine_gives(
    name: str, step: int, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NAMES), encoding="utf-8")
    needed = NEEDED.get(name, {}) if step else {"batch_docs": 2}
    plain = outcome(step, names, **needed)
    assert outcome(step, names, **needed) == plain
    assert outcome(step, names, **{**needed, name: OTHER[name]}) != plain
