"""Building: which compiler, what is said without one, and that a wrong sign shows."""

import ctypes
import importlib.util
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernels import mutate, step_model
from support import not_run, spread

from glassgpt.errors import GlassGPTError
from glassgpt.kernel import build
from glassgpt.kernel.bindings import library, model
from glassgpt.kernel.bindings.library import open_library, why_unavailable
from glassgpt.kernel.bindings.observe import numerical_gradients
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.compiler import Compiler, find_compiler, zig

WORD = [26, 0, 13, 13, 0, 7, 26]


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a C compiler."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def forget() -> Any:
    """No library is remembered, before or after."""
    open_library.cache_clear()
    yield
    open_library.cache_clear()


@pytest.mark.usefixtures("hidden")
def test_without_a_compiler_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(GlassGPTError, match="missing C compiler") as caught:
        build.build(tmp_path)
    assert "pip install ziglang" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_compiler_that_refuses_is_named_with_its_words(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "bad.c").write_text("int f(void) { return nothing; }\n")
    if not shutil.which("cc"):
        not_run("cc", "cc is not on this machine")
    with pytest.raises(
        GlassGPTError, match=r"invalid C compiler: cc; .*error"
    ) as caught:
        build.build(tmp_path, sources, Compiler(("cc",)))
    assert "nothing" in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["sources"]


def test_cc_from_the_environment_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "mycc"
    mine.write_text("#!/bin/sh\necho my compiler 1.0\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CC", f"{mine} -m64")
    assert find_compiler().command == (str(mine), "-m64")
    monkeypatch.setenv("CC", "no-such-compiler")
    assert find_compiler().command != ("no-such-compiler",)


@pytest.mark.full
def test_the_compiler_of_ziglang_builds_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None
) -> None:
    if importlib.util.find_spec("ziglang") is None:
        not_run("zig", "ziglang is not installed")
    build.build(tmp_path, compiler=zig(), precisions=["f64"])
    here = gradients_of(model.Kernel(step_model(5)))
    open_library.cache_clear()
    monkeypatch.setenv("GLASSGPT_KERNEL", str(tmp_path))
    assert gradients_of(model.Kernel(step_model(5))).tobytes() == here.tobytes()


def gradients_of(kernel: model.Kernel) -> np.ndarray:
    """All gradients of a word at the first weights."""
    kernel.init_weights(Random(1))
    kernel.gradient(WORD)
    return kernel.flat["grads"].copy()


@pytest.mark.usefixtures("forget")
def test_a_kernel_of_other_sources_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "is_current", lambda path: False)
    assert "it was built from other sources" in why_unavailable()
    monkeypatch.undo()
    assert why_unavailable() == ""


@pytest.mark.usefixtures("forget")
def test_what_is_no_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSGPT_KERNEL", str(tmp_path))
    assert why_unavailable().startswith("missing kernel: it is not built; Run: ")
    (tmp_path / build.library_name("f64")).write_bytes(b"not a library")
    assert why_unavailable().startswith("invalid kernel: libglassgpt-f64")
    monkeypatch.setenv("GLASSGPT_KERNEL", "none")
    assert why_unavailable() == "missing kernel; Unset GLASSGPT_KERNEL to have it."


# one sign or one number, and the matrices whose gradients it spoils at Step 5
EMBEDDINGS = {"wte", "wpe"}
ATTENTION = {"layer0.attn_wq", "layer0.attn_wk", "layer0.attn_wv", "layer0.attn_wo"}
MUTATIONS = {
    "attention_backward, to the keys": (
        "core/layers.c",
        "add_times(dk + past, g, q + own, D);",
        "add_times(dk + past, -g, q + own, D);",
        {"layer0.attn_wk", *EMBEDDINGS},
    ),
    "attention_backward, to the queries": (
        "core/layers.c",
        "add_times(dq + own, g, k + past, D);",
        "add_times(dq + own, -g, k + past, D);",
        {"layer0.attn_wq", *EMBEDDINGS},
    ),
    "attention_backward, to the values": (
        "core/layers.c",
        "add_times(dv + past, weights[row + s], dheads + own, D);",
        "add_times(dv + past, -weights[row + s], dheads + own, D);",
        {"layer0.attn_wv", *EMBEDDINGS},
    ),
    "rmsnorm_backward": (
        "core/layers.c",
        "s * dy[i] - through_scale * x[i]",
        "s * dy[i] + through_scale * x[i]",
        {*ATTENTION, *EMBEDDINGS},
    ),
    "embed_backward": (
        "core/gpt.c",
        "add_backward(dw.wpe + (size_t)t * C, dsum, (size_t)C);",
        "add_backward(dw.wpe + (size_t)t * C, a.embedding, (size_t)C);",
        {"wpe"},
    ),
    "cross_entropy_backward": (
        "core/layers.c",
        "dlogits[targets[t]] -= loss_scale;",
        "dlogits[targets[t]] += loss_scale;",
        {*ATTENTION, *EMBEDDINGS, "lm_head", "layer0.mlp_fc1", "layer0.mlp_fc2"},
    ),
}


@pytest.mark.parametrize("name", spread(MUTATIONS, 2))
@pytest.mark.usefixtures("forget")
def test_a_kernel_with_one_sign_turned_fails_and_the_matrix_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, right, wrong, expected = MUTATIONS[name]
    mutate(file, right, wrong, tmp_path, monkeypatch)
    kernel = model.Kernel(step_model(5))
    gradients_of(kernel)
    slopes = numerical_gradients(kernel, WORD, 1e-5, central=True)
    wrong_ones, start = set(), 0
    for matrix, found in kernel.grads.items():
        end = start + found.size
        if np.abs(found.reshape(-1) - slopes[start:end]).max() > 1e-8:
            wrong_ones.add(matrix)
        start = end
    assert wrong_ones == expected


def test_the_kernels_own_exp_log_sin_cos_and_powers_are_right_to_the_last_digits(
    tmp_path: Path,
) -> None:
    if not shutil.which("cc"):
        not_run("cc", "cc is not on this machine")
    output = tmp_path / "maths.so"
    command = ["cc", "-std=c11", "-O2", "-ffp-contract=off", "-shared", "-fPIC"]
    source = str(build.FOLDER / "base/maths.c")
    include = f"-I{build.FOLDER}"
    subprocess.run([*command, include, source, "-o", str(output)], check=True)
    own = ctypes.CDLL(str(output))
    rng = random.Random(5)
    points = {
        "exp": [rng.uniform(-745, 709) for _ in range(20000)]
        + [rng.uniform(-1, 1) for _ in range(20000)],
        "log": [rng.random() for _ in range(20000)]
        + [2.0 ** rng.uniform(-1070, 1023) for _ in range(20000)]
        + [1 + rng.uniform(-1e-3, 1e-3) for _ in range(20000)],
        "sin": [rng.random() * 2 * math.pi for _ in range(20000)],
        "cos": [rng.random() * 2 * math.pi for _ in range(20000)],
    }
    for name, xs in points.items():
        function = getattr(own, f"own_{name}")
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
        for x in xs:
            expected = getattr(math, name)(x)
            assert abs(function(x) - expected) <= 1.6 * math.ulp(expected), (name, x)
    edges = {
        "exp": [0.0, -0.0, 710.0, -746.0, math.inf, -math.inf],
        "log": [1.0, 5e-324, math.inf],
        "sin": [0.0], "cos": [0.0],
    }  # fmt: skip
    for name, xs in edges.items():
        for x in xs:
            try:
                expected = getattr(math, name)(x)
            except OverflowError:
                expected = math.inf
            assert getattr(own, f"own_{name}")(x) == expected, (name, x)
    own.own_pow.restype = ctypes.c_double
    own.own_pow.argtypes = [ctypes.c_double] * 2
    for _ in range(20000):
        x, n = rng.uniform(0, 5), rng.choice([0.5, -0.5, 1.5, rng.uniform(-9, 9)])
        assert own.own_pow(x, n) == pytest.approx(x**n, rel=1e-13)
        whole = rng.randint(-64, 99)
        assert own.own_pow(-x, whole) == pytest.approx((-x) ** whole, rel=1e-13)
    squares = {(3, 2): 9, (-3, 3): -27, (10, 5): 1e5, (4, -1): 0.25, (0, 0): 1}
    for (x, n), expected in squares.items():
        assert own.own_pow(x, n) == expected
    assert (own.own_pow(0, 0.5), own.own_pow(0, 100)) == (0, 0)
    assert own.own_pow(0, -1) == own.own_pow(0, -0.5) == math.inf
    assert own.own_log(0.0) == -math.inf
    for name, x in (("exp", math.nan), ("log", math.nan), ("log", -1.0)):
        assert math.isnan(getattr(own, f"own_{name}")(x))


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter with the package."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_importing_the_package_opens_no_library_and_loads_no_numpy() -> None:
    code = (
        "import sys, glassgpt, glassgpt.kernel, glassgpt.engines;"
        "library = 'glassgpt.kernel.bindings.library';"
        "print('numpy' in sys.modules, library in sys.modules)"
    )
    assert run_python(code).stdout.split() == ["False", "False"]


def test_the_command_builds_and_refuses_what_it_does_not_know() -> None:
    command = [sys.executable, "-m", "glassgpt.kernel.build", "fortran"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("invalid kind: fortran; it is native or wasm\n")
    assert "Traceback" not in done.stderr
