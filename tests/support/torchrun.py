"""A program for torchrun: trains in several ways, and rank 0 writes what came of it.

    torchrun --nproc-per-node N torchrun.py OUT

Each way trains 5 steps of Adam in float64 on the same documents; OUT is JSON, by the
name of the way: the losses, the weights, and the gradient norm of the last step.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import glassgpt
from glassgpt.config import preset
from glassgpt.engines.torch.engine import TorchEngine

SIZES = {"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 5, "batch_docs": 7}
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "by token, clipped": {"loss_norm": "token", "grad_clip": 0.3},
    "four at once": {"micro_batch": 1},
    "recomputed": {"remat": "on", "micro_batch": 2, "loss_norm": "token"},
    "float32": {"dtype": "float32"},
}


def documents() -> list[list[int]]:
    """Seven documents of different lengths, some of several chunks, BOS at the ends."""
    rng = random.Random(5)
    return [
        [26, *(rng.randrange(26) for _ in range(rng.randint(1, 17))), 26]
        for _ in range(7)
    ]


def outcome(shard: str, way: str, steps: int) -> dict[str, Any]:
    """Train, and give back plain values; every process must ask."""
    settings = {**SIZES, "doc_mode": "chunk", "shard": shard, **WAYS[way]}
    engine = TorchEngine(preset("step5").with_settings(**settings), random.Random(1))
    batch = documents()
    losses = [engine.train_step(step, batch) for step in range(steps)]
    weights = {name: list(t.values) for name, t in engine.weights().items()}
    evaluated = engine.token_losses(batch[0])
    return {
        "losses": losses,
        "weights": weights,
        "evaluated": evaluated,
        "norm": engine.metrics()["gradient_norm"],
        "is_leader": engine.group.is_leader,
    }


def kept(folder: Path) -> dict[str, Any]:
    """Train in a folder from Python, and ask for the run that is there."""
    words = [f"{first}{last}" for first in "abcdef" for last in ("na", "lo", "mi", "e")]
    settings = {"engine": "torch", "steps": 4, "n_embd": 8, "eval_docs": 20}
    begun = glassgpt.train(words, out=folder, **settings)
    again = glassgpt.train(words, out=folder, resume=True)
    return {"losses": begun.losses, "again": again.losses}


def main() -> None:
    """All ways, with whole weights and with shared ones; then one in a folder."""
    found, is_leader = {}, True
    for shard in ("none", "full"):
        for way in WAYS:
            steps = 20 if way == "float32" else 5
            found[f"{shard}: {way}"] = outcome(shard, way, steps)
            is_leader = found[f"{shard}: {way}"]["is_leader"]
    found["kept"] = kept(Path(sys.argv[1]).parent / "run")
    if is_leader:
        Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
