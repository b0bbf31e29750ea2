"""The fast paths: whatever the instructions, the numbers of the plain loops."""

import ctypes
import importlib.util
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fast_models import (
    AFTER,
    DTYPES,
    NEAR,
    PARTS,
    RULES,
    VOCAB,
    WORDS,
    gradients,
    model_of,
    trained,
    word,
)
from kernels import arrays, assert_same, lesson, started
from support import not_run

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.errors import DivergedError, UsageError
from glassgpt.kernel import build
from glassgpt.kernel.bindings.library import isa_names, open_library
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.train import Documents, Trained, Trainer
from glassgpt.kernel.objects import source_files


@pytest.fixture(params=[name for name in isa_names() if name != "plain"])
def isa(request: pytest.FixtureRequest) -> str:
    """Each set of instructions; those that the machine lacks are not run."""
    name = str(request.param)
    if isa_names()[name] > open_library("float64").call.best_isa():
        not_run("isa", f"this machine has no {name}")
    return name


@pytest.fixture(params=DTYPES)
def dtype(request: pytest.FixtureRequest) -> str:
    """Each precision."""
    return str(request.param)


def assert_gradients_are_plain(
    model: ModelConfig, doc: list[int], dtype: str, isa: str, **options: Any
) -> None:
    found = gradients(model, doc, dtype=dtype, isa=isa, **options)
    plain = gradients(model, doc, dtype=dtype, isa="plain", **options)
    assert (found.isa, plain.isa) == (isa, "plain")
    assert_same(found.grads, plain.grads, **NEAR[dtype])


@pytest.mark.parametrize("length", range(1, 18))
def test_gradients_of_words_of_every_length_are_the_plain_loops(
    length: int, isa: str, dtype: str
) -> None:
    assert_gradients_are_plain(model_of(block_size=17), word(length), dtype, isa)


@pytest.mark.parametrize(
    "shape",
    [
        {"n_head": 1}, {"n_head": 2}, {"n_head": 16}, {"n_layer": 3}, {"step": 3},
        {"n_embd": 32}, {"n_embd": 48, "n_head": 3}, {"n_embd": 64, "n_head": 8},
        {"rms_eps": 0.1, "init_std": 0.5}, {"block_size": 3}, {"step": 1}, {"step": 2},
        {"step": 1, "n_embd": 32},
    ],
    ids=str,
)  # fmt: skip
def test_gradients_of_every_shape_are_the_plain_loops(
    shape: dict[str, Any], isa: str, dtype: str
) -> None:
    for length in (3, 9):
        assert_gradients_are_plain(model_of(**shape), word(length), dtype, isa)


@pytest.mark.parametrize("part", PARTS)
def test_gradients_without_a_part_are_the_plain_loops(
    part: str, isa: str, dtype: str
) -> None:
    assert_gradients_are_plain(model_of(n_layer=2), word(9), dtype, isa, without=[part])


@pytest.mark.parametrize("step", [1, 3, 4, 5])
def test_gradients_are_the_lessons(step: int, isa: str) -> None:
    model, doc = model_of(step), word(7)
    found = gradients(model, doc, isa=isa)
    _, expected = lesson(model).gradients(doc)
    assert_same(found.grads, arrays(expected))


@pytest.mark.parametrize("narrow", [4, 8, 12, 5])
def test_a_row_of_no_whole_vectors_is_computed_with_narrower_ones(
    narrow: int, isa: str, dtype: str
) -> None:
    model = model_of(n_embd=narrow, n_head=1)
    found = gradients(model, word(7), isa=isa, dtype=dtype)
    lanes = {"baseline": 16, "avx2": 32, "avx512": 64}
    size = np.dtype(dtype).itemsize
    assert found.isa == "plain" or narrow % (lanes[found.isa] // size) == 0
    assert isa_names()[found.isa] <= isa_names()[isa]
    plain = gradients(model, word(7), isa="plain", dtype=dtype)
    assert_same(found.grads, plain.grads, **NEAR[dtype])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("step", [1, 5])
def test_forty_steps_are_the_plain_loops(
    step: int, rule: str, isa: str, dtype: str
) -> None:
    model = model_of(step)
    train = TrainConfig(
        num_steps=40, optimizer=rule, learning_rate=0.003, eps_adam=1e-6
    )
    plain, expected = trained(model, train, WORDS, dtype=dtype, isa="plain")
    for norms in (True, False):
        kernel, found = trained(model, train, WORDS, norms, dtype=dtype, isa=isa)
        rtol = 1e-10 if dtype == "float64" else 1e-4
        np.testing.assert_allclose(found.losses, expected.losses, rtol=rtol)
        if norms:
            rtol = 1e-8 if dtype == "float64" else 1e-3
            np.testing.assert_allclose(found.norms, expected.norms, rtol=rtol)
        for kept in ("weights", "m", "v"):
            assert_same(getattr(kernel, kept), getattr(plain, kept), **AFTER[dtype])


@pytest.mark.parametrize(
    "how",
    [
        {"batch_docs": 3}, {"batch_docs": 3, "loss_norm": "token"},
        {"doc_mode": "chunk"}, {"grad_clip": 0.5}, {"eps_adam": 1e-13},
        {"weight_decay": 0.1, "optimizer": "adamw"}, {"warmup_steps": 5},
    ],
    ids=str,
)  # fmt: skip
def test_every_way_of_training_is_the_plain_loops(
    how: dict[str, Any], isa: str
) -> None:
    train = TrainConfig(**{"num_steps": 12, "eps_adam": 1e-6} | how)
    for step in (1, 5):
        plain, expected = trained(model_of(step), train, WORDS, isa="plain")
        kernel, found = trained(model_of(step), train, WORDS, isa=isa)
        np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-10)
        np.testing.assert_allclose(found.norms, expected.norms, rtol=1e-8)
        if how.get("eps_adam") != 1e-13:  # there, rounding decides
            assert_same(kernel.weights, plain.weights, **AFTER["float64"])


@pytest.mark.parametrize(
    ("mistake", "rule"),
    [("keep_grads", "sgd"), ("overwrite", "sgd"), ("eps_inside", "adam")],
)
def test_mistakes_are_those_of_the_plain_loops(
    mistake: str, rule: str, isa: str
) -> None:
    train = TrainConfig(num_steps=9, optimizer=rule, learning_rate=0.01)
    both = [
        trained(model_of(), train, WORDS, mistakes=(mistake,), isa=name)[1].losses
        for name in ("plain", isa)
    ]
    np.testing.assert_allclose(both[1], both[0], rtol=1e-9)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("n_embd", [8, 16, 32])
def test_a_step_is_the_same_to_the_last_bit_however_a_run_is_cut(
    n_embd: int, step: int, rule: str, isa: str, dtype: str
) -> None:
    model = model_of(step, n_embd=n_embd, n_head=1)
    train = TrainConfig(num_steps=20, optimizer=rule)
    whole, expected = trained(model, train, WORDS, False, dtype=dtype, isa=isa)
    kernel = started(model, dtype=dtype, isa=isa)
    trainer = Trainer(kernel, Documents(WORDS, VOCAB), train)
    losses = []
    for first, last in ((0, 1), (1, 2), (2, 9), (9, 20)):
        order = [k % len(WORDS) for k in range(first, last)]
        losses += trainer.steps(first, order, norms=first == 2).losses.tolist()
    assert losses == expected.losses.tolist()
    assert kernel.save().tobytes() == whole.save().tobytes()


@pytest.mark.parametrize("spoiled", ["wte", "layer0.attn_wq", "lm_head"])
@pytest.mark.parametrize("number", [math.nan, math.inf, 1e200])
def test_what_is_not_finite_stops_before_anything_moves(
    number: float, spoiled: str, isa: str
) -> None:
    stops = []
    for name in ("plain", isa):
        kernel = started(model_of(), isa=name)
        kernel.weights[spoiled][:] *= number
        before = kernel.save()
        trainer = Trainer(kernel, Documents(WORDS, VOCAB), TrainConfig(num_steps=5))
        try:
            trainer.steps(0, range(5), norms=False)
            stops.append(-1)
        except DivergedError:
            stops.append(len(trainer.losses))
            if stops[-1] == 0:
                weights = before[: kernel.num_weights]
                np.testing.assert_array_equal(kernel.flat["weights"], weights)
                assert not kernel.flat["m"].any()
    assert stops[0] == stops[1]


def test_a_run_that_diverges_stops_where_the_plain_loops_do(
    isa: str, dtype: str
) -> None:
    train = TrainConfig(num_steps=60, optimizer="sgd", learning_rate=1e6)
    ends = []
    for name in ("plain", isa):
        trainer = Trainer(
            started(model_of(1), dtype=dtype, isa=name), Documents(WORDS, VOCAB), train
        )
        with pytest.raises(DivergedError):
            trainer.steps(0, [k % 7 for k in range(60)], norms=False)
        ends.append(len(trainer.losses))
    assert ends[0] == ends[1]


@pytest.mark.full
def test_a_thousand_steps_are_the_plain_loops(isa: str, karpathy_names: Path) -> None:
    names = karpathy_names.read_text("utf-8").split()[:1000]
    docs = [[26, *[ord(c) - ord("a") for c in name], 26] for name in names]
    train = TrainConfig(num_steps=1000)
    runs: dict[tuple[str, str], tuple[Kernel, Trained]] = {
        (name, dtype): trained(model_of(), train, docs, False, dtype=dtype, isa=name)
        for name in ("plain", isa) for dtype in DTYPES
    }  # fmt: skip
    (plain, expected), (kernel, found) = (runs[n, "float64"] for n in ("plain", isa))
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-7)
    assert_same(kernel.weights, plain.weights, rtol=1e-6, atol=1e-9)
    single, losses = runs[isa, "float32"]
    np.testing.assert_allclose(losses.losses[:50], expected.losses[:50], rtol=1e-4)
    unseen = [word(n, seed) for n in range(3, 12) for seed in range(20)]
    heldout = [np.mean([k.loss(doc) for doc in unseen]) for k in (single, plain)]
    assert heldout[0] == pytest.approx(heldout[1], rel=2e-3)


SHIM = """
#include "simd/maths.h"
void exponentials(real *x, int count) {
    for (int i = 0; i < count; i += LANES) store(x + i, exponential(load(x + i)));
}
"""


def test_the_exp_of_vectors_is_right_to_the_last_digits(
    tmp_path: Path, dtype: str
) -> None:
    if not shutil.which("cc"):
        not_run("cc", "cc is not on this machine")
    (tmp_path / "shim.c").write_text(SHIM)
    flags = build.PRECISIONS["f64" if dtype == "float64" else "f32"]
    command = ["cc", "-std=c11", "-O2", "-ffp-contract=off", "-shared", "-fPIC", *flags]
    output = tmp_path / "shim.so"
    source = str(tmp_path / "shim.c")
    include = f"-I{build.FOLDER}"
    subprocess.run([*command, include, source, "-o", str(output)], check=True)
    rng = np.random.default_rng(1)
    x = np.concatenate([-rng.random(40000), -rng.random(40000) * 80, [0, -0.0] * 4])
    x = x.astype(dtype)
    found = x.copy()
    ctypes.CDLL(str(output)).exponentials(
        ctypes.c_void_p(found.ctypes.data), len(found)
    )
    expected = np.exp(x.astype(np.longdouble))
    ulps = abs(found - expected) / np.spacing(expected.astype(dtype))
    assert ulps.max() < (1.6 if dtype == "float64" else 2.0)
    edges = np.array([0, -np.inf, -1e4, np.nan] * 4, dtype)
    ctypes.CDLL(str(output)).exponentials(
        ctypes.c_void_p(edges.ctypes.data), len(edges)
    )
    assert edges[:3].tolist() == [1, 0, 0]
    assert np.isnan(edges[3])


def test_the_environment_names_the_instructions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("plain", "baseline"):
        monkeypatch.setenv("GLASSGPT_ISA", name)
        assert Kernel(model_of()).isa == name
    monkeypatch.setenv("GLASSGPT_ISA", "avx1024")
    with pytest.raises(UsageError, match="unknown GLASSGPT_ISA: avx1024"):
        Kernel(model_of())
    monkeypatch.delenv("GLASSGPT_ISA")
    best = open_library("float64").call.best_isa()
    assert isa_names()[Kernel(model_of()).isa] == best
    with pytest.raises(UsageError, match="unknown isa: fast"):
        Kernel(model_of(), isa="fast")


def test_instructions_that_the_machine_lacks_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = open_library("float64").call
    kernel = Kernel(model_of())
    assert call.use_isa(kernel.g, -1) == -1
    assert call.use_isa(kernel.g, 4) == -1
    if call.best_isa() == isa_names()["avx512"]:
        not_run("isa", "this machine lacks none")
    monkeypatch.setenv("GLASSGPT_ISA", "avx512")
    with pytest.raises(UsageError, match="invalid GLASSGPT_ISA: avx512") as caught:
        Kernel(model_of())
    assert caught.value.remedy.startswith("Take one of: plain, baseline")


@pytest.mark.full
def test_on_arm64_vectors_compute_what_the_plain_loops_do(
    dtype: str, tmp_path: Path
) -> None:
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    if not emulator:
        not_run("qemu", "qemu-aarch64 is not on this machine")
    if importlib.util.find_spec("ziglang") is None:
        not_run("zig", "ziglang is not installed")
    flags = [flag for flag in build.FLAGS if "visibility" not in flag]
    precision = build.PRECISIONS["f64" if dtype == "float64" else "f32"]
    program = tmp_path / "program"
    sources = [str(path) for path in source_files(build.FOLDER) if path.suffix == ".c"]
    subprocess.run(
        [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl",
         "-static", *flags, *precision, f"-I{build.FOLDER}", *sources,
         str(Path(__file__).with_name("arm64.c")), "-o", str(program), "-lm"],
        check=True, capture_output=True,
    )  # fmt: skip
    done = subprocess.run(
        [emulator, str(program)], check=True, capture_output=True, text=True
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) == 25
    near = 1e-10 if dtype == "float64" else 2e-4
    wrong = [row for row in rows if not max(map(float, row[2:])) < near]
    assert wrong == []
