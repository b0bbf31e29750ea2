"""Fast paths with a mistake in them: the comparison with the plain loops finds it."""

from pathlib import Path

import numpy as np
import pytest
from fast_models import NEAR, WORDS, gradients, model_of, trained, word
from kernels import mutate
from support import spread

from glassgpt.config import TrainConfig
from glassgpt.kernel.bindings.library import open_library

# one sign or one number in the fast files, and the matrices whose gradients it spoils
EMBEDDINGS = {"wte", "wpe"}
QUERIES = {"layer0.attn_wq", *EMBEDDINGS}
MUTATIONS = {
    "to the keys": (
        "simd/attention.h",
        "rows_product(dk + key, queries + first * at.width",
        "rows_product(dk + key, keys + first * at.width",
        {"layer0.attn_wk", *EMBEDDINGS},
    ),
    "softmax": (
        "simd/attention.h",
        "load(dscores + s * at->N) - mean;",
        "load(dscores + s * at->N) + mean;",
        {"layer0.attn_wq", "layer0.attn_wk", *EMBEDDINGS},
    ),
    "the mask": (
        "simd/attention.h",
        "load(hidden + LANES - count)",
        "load(hidden + LANES)",
        {
            *(f"layer0.attn_w{part}" for part in "qkvo"), *EMBEDDINGS,
            "lm_head", "layer0.mlp_fc1", "layer0.mlp_fc2",
        },
    ),
    "norm": (
        "simd/layers.h",
        "subtract_product(load(dy + i), through_scale,",
        "subtract_product(load(dy + i), -through_scale,",
        {*(f"layer0.attn_w{part}" for part in "qkvo"), *EMBEDDINGS},
    ),
    "relu": (
        "simd/layers.h",
        "mask_lanes(load(y + i) > splat(0), load(dy + i))",
        "load(dy + i)",
        {
            *(f"layer0.attn_w{part}" for part in "qkvo"), *EMBEDDINGS,
            "layer0.mlp_fc1",
        },
    ),
    "the target": (
        "simd/layers.h",
        "logits[targets[t]] -= loss_scale;",
        "logits[targets[t]] += loss_scale;",
        {
            *(f"layer0.attn_w{part}" for part in "qkvo"), *EMBEDDINGS,
            "lm_head", "layer0.mlp_fc1", "layer0.mlp_fc2",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", spread(MUTATIONS, 2))
def test_a_fast_path_with_one_sign_turned_is_found_and_the_matrix_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, right, wrong, expected = MUTATIONS[name]
    mutate(file, right, wrong, tmp_path, monkeypatch)
    try:
        found, plain = (
            gradients(model_of(), word(7), isa=i) for i in ("baseline", "plain")
        )
        spoiled = {
            matrix
            for matrix, right_one in plain.grads.items()
            if not np.allclose(found.grads[matrix], right_one, **NEAR["float64"])
        }
    finally:
        open_library.cache_clear()
    assert spoiled == expected


UPDATES = [
    ("simd/optimizers.h", "before - now, now", "before + now, now"),
    ("simd/optimizers.h", "ema(r->beta1, load(m)", "ema(r->beta1, load(v)"),
    ("simd/weights.h", "ema(beta2, load", "ema(beta1, load"),
    ("simd/optimizers.h", "(w[1], x[1], below[0]", "(w[1], -x[1], below[0]"),
    ("simd/optimizers.h", "how->eps_adam * c1 / rate", "how->eps_adam / c1 / rate"),
    ("simd/weights.h", "block[l] = w[r + l][v]", "block[l] = -w[r + l][v]"),
    (
        "simd/weights.h",
        "transpose(transposed.at, transposed.row,",
        "transpose(transposed.at, 1,",
    ),
    ("simd/weights.h", "roots, pending->roots}", "roots, roots}"),
    ("simd/weights.h", "        adam_apply(&last,", "        (void)(&last,"),
]


@pytest.mark.parametrize(("file", "right", "wrong"), spread(UPDATES, 3))
def test_an_update_with_one_sign_turned_is_found(
    file: str, right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(file, right, wrong, tmp_path, monkeypatch)
    train = TrainConfig(num_steps=3)
    try:
        found, plain = (
            trained(model_of(), train, WORDS, norms=False, isa=i)[0]
            for i in ("baseline", "plain")
        )
        same = np.allclose(found.flat["weights"], plain.flat["weights"], rtol=1e-7)
    finally:
        open_library.cache_clear()
    assert not same
