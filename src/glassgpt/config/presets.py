"""The numbers of the presets: the lessons' own, and those of larger models.

Plain tables and one rule, `depth`; `config.preset` makes records of them.
"""

from typing import Any

Numbers = dict[str, Any]

LESSONS: dict[str, Numbers] = {
    "step0": {"step": 0, "optimizer": "sgd"},
    "step1": {"step": 1, "optimizer": "sgd", "learning_rate": 1.0},
    "step2": {"step": 2, "optimizer": "sgd", "learning_rate": 1.0},
    "step3": {"step": 3, "optimizer": "sgd", "learning_rate": 0.1, "n_head": 1},
    "step4": {"step": 4, "optimizer": "sgd", "learning_rate": 0.1},
    "step5": {"step": 5, "optimizer": "adam", "learning_rate": 0.01},
}
# what every model larger than a lesson shares
_LARGER: Numbers = {
    "step": 5,
    "optimizer": "adamw",
    "beta1": 0.9,
    "weight_decay": 0.1,
    "grad_clip": 1.0,
    "schedule": "cosine",
    "loss_norm": "token",
    "doc_mode": "pack",
    "order": "permute",
}
# windows of block_size tokens: batch_docs of them are a step
SCALES: dict[str, Numbers] = {
    "small": {
        **_LARGER,
        **{"n_layer": 2, "n_embd": 64, "n_head": 4, "block_size": 64},
        **{"init_std": 0.05, "dtype": "float32", "beta2": 0.99},
        **{"learning_rate": 3e-3, "warmup_steps": 50, "num_steps": 1000},
        **{"batch_docs": 16, "holdout": 0.05},
    },
    "char-medium": {
        **_LARGER,
        **{"n_layer": 6, "n_embd": 384, "n_head": 6, "block_size": 256},
        **{"init_std": 0.02, "dtype": "float32", "beta2": 0.99},
        **{"learning_rate": 1e-3, "warmup_steps": 100, "num_steps": 5000},
        **{"batch_docs": 64, "holdout": 0.05},
    },
}
# a head looks at 64 numbers, and 64 numbers stand for a token for each layer
_HEAD = 64
_BLOCK = 1024
# so many tokens a weight are worth training on; Hoffmann et al. 2022, Chinchilla
_TOKENS_A_WEIGHT = 20


def depth(layers: int) -> Numbers:
    """A model of so many layers, the rest derived; 12 have the shape of GPT-2 124M.

    Width, heads and rate follow the sizes of GPT-2 and GPT-3 (Brown et al. 2020, table
    2.1): n_embd 64 a layer, a rate of 6e-4 at width 768 that falls as width grows.
    init_std 0.4 / sqrt(n_embd) keeps the first loss near ln(vocab). A step has half a
    million tokens from 12 layers on, and there are as many steps as make 20 tokens for
    each weight of the layers.
    """
    n_embd = _HEAD * layers
    weights = 12 * layers * n_embd**2
    tokens = 2**19 if layers >= 12 else 2**16
    num_steps = max(100, round(_TOKENS_A_WEIGHT * weights / tokens))
    return {
        **_LARGER,
        **{"n_layer": layers, "n_embd": n_embd, "n_head": layers},
        "block_size": _BLOCK,
        "init_std": float(f"{0.4 / n_embd**0.5:.2g}"),
        "beta2": 0.95,
        "learning_rate": float(f"{min(3e-3, 6e-4 * 768 / n_embd):.2g}"),
        "warmup_steps": num_steps // 20,
        "num_steps": num_steps,
        "batch_docs": tokens // _BLOCK,
        "micro_batch": max(1, min(32, 12 * 32 // layers)),
        **{"dtype": "bfloat16", "compile": "on", "holdout": 0.001},
        "remat": "on" if layers >= 24 else "off",
    }


SCALES["gpt2-124m"] = depth(12)
SCALES["1b"] = {
    **depth(32),
    **{"n_layer": 16, "n_embd": 2048, "n_head": 16, "block_size": 2048},
    **{"num_steps": 20_000, "warmup_steps": 1000, "batch_docs": 512},
    **{"micro_batch": 8, "remat": "on", "shard": "full"},
}
