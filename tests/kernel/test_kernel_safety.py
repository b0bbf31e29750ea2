"""C does what it is told: here everything, under sanitizers and in threads."""

import os
import resource
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import copied_sources, documents, models, started
from support import not_run

from glassgpt.config import ModelConfig, TrainConfig
from glassgpt.kernel import build
from glassgpt.kernel.bindings.arguments import address
from glassgpt.kernel.bindings.library import description, open_library, struct
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.kernel.compiler import Compiler
from glassgpt.kernel.objects import compile_all

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WILD = st.one_of(
    st.integers(-3, 40),
    st.sampled_from([-(2**31), 2**31 - 1, 2**16, 2**20, 4096, 4097]),
)


@given(
    step=st.integers(-1, 6), sizes=st.tuples(*[WILD] * 5), without=st.integers(-1, 130),
    eps=st.sampled_from([1e-5, 0.0, -1.0, float("nan"), float("inf")]), data=st.data(),
)  # fmt: skip
def test_any_shape_is_refused_or_computes(
    step: int, sizes: tuple[int, ...], without: int, eps: float, data: st.DataObject
) -> None:
    names = ("vocab_size", "n_embd", "n_head", "n_layer", "block_size")
    config = struct("glassgpt_config")(
        step=step, without=without, rms_eps=eps, smoothing=1.0,
        **dict(zip(names, sizes, strict=True)),
    )  # fmt: skip
    call = open_library("float64").call
    size = call.size(address(as_bytes(config)))
    assert size >= 0
    if not 0 < size < 2**24:
        return
    memory = np.full(size, 255, np.uint8)
    g = call.create(address(memory), address(as_bytes(config)))
    vocab = sizes[0]
    tokens = np.array(
        data.draw(st.lists(st.integers(-1, vocab), min_size=2, max_size=30)), np.int32
    )
    loss = call.loss(g, address(tokens), len(tokens) - 1)
    readable = (tokens >= 0).all() and (tokens < vocab).all()
    fits = step < 3 or len(tokens) <= sizes[4] + 1
    assert (loss == -1) == (not (readable and fits))


def as_bytes(made: Any) -> np.ndarray:
    """A struct's memory as an array."""
    return np.frombuffer(made, np.uint8)


@given(data=st.data(), model=models((0, 1, 2, 3, 4, 5)))
def test_c_refuses_what_it_cannot_read_and_changes_nothing(
    data: st.DataObject, model: ModelConfig
) -> None:
    kernel = started(model)
    before = kernel.save()
    bad = data.draw(st.sampled_from([-1, model.vocab_size, 2**31 - 1, -(2**31)]))
    tokens = data.draw(documents(model, model.block_size + 1))
    tokens[data.draw(st.integers(0, len(tokens) - 1))] = bad
    given, n = np.array(tokens, np.int32), len(tokens) - 1
    assert kernel.call.loss(kernel.g, address(given), n) == -1
    assert kernel.call.gradient(kernel.g, address(given), n, 1.0, 0) == -1
    assert kernel.call.count(kernel.g, address(given), n) == -1
    good = np.zeros(4, np.int32)
    assert kernel.call.loss(kernel.g, address(good), 0) == -1
    offsets, order = np.array([0, len(tokens)], np.int32), np.zeros(1, np.int32)
    losses = np.zeros(1)
    trainer = Trainer(kernel, Documents([[0, 1]], model.vocab_size), TrainConfig())
    where = [address(array) for array in (given, offsets, order)]
    done = kernel.call.train(
        kernel.g, trainer.how, *where, 0, 1, address(losses), None, None, 0, None
    )
    assert done == -1
    assert kernel.call.batch_gradient(kernel.g, trainer.how, *where) == -1
    assert kernel.call.decode_step(kernel.g, bad) == -1
    assert np.array_equal(kernel.save(), before)


def test_models_in_threads_do_not_disturb_each_other() -> None:
    model = ModelConfig(step=5, vocab_size=6, n_embd=8, n_head=2, n_layer=2)
    words = Documents([[5, 0, 1, 2, 5], [5, 3, 5], [5, 4, 4, 0, 0, 1, 5]], 6)
    train = TrainConfig(num_steps=4000)
    order = np.arange(4000) % 3

    def losses(seed: int) -> np.ndarray:
        return Trainer(started(model, seed), words, train).steps(0, order).losses

    expected = [losses(seed) for seed in (1, 2)]
    found: dict[int, np.ndarray] = {}

    def work(seed: int) -> None:
        found[seed] = losses(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(found[1], expected[0])
    assert np.array_equal(found[2], expected[1])
    assert not np.array_equal(found[1], found[2])


def growth_over(steps: int, calls: int) -> int:
    """By how many kilobytes the largest memory of this process grows meanwhile."""
    model = ModelConfig(step=5, vocab_size=6, n_embd=4, n_head=2, block_size=4)
    words = Documents([[5, 0, 1, 5], [5, 3, 5]], 6)
    trainer = Trainer(started(model), words, TrainConfig(num_steps=steps * calls))
    order = np.arange(steps) % 2
    trainer.steps(0, order)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for call in range(1, calls):
        trainer.steps(call * steps, order)
        trainer.kernel.loss([0, 1, 2])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def test_memory_does_not_grow_while_it_trains() -> None:
    assert growth_over(1000, 20) < 1024


@pytest.mark.full
def test_memory_does_not_grow_in_a_million_steps() -> None:
    assert growth_over(10_000, 100) < 2048


def test_arrays_outlive_the_model_that_they_look_into() -> None:
    kernel = started(ModelConfig(step=5, vocab_size=6))
    weights, expected = kernel.weights["wte"], kernel.weights["wte"].copy()
    del kernel
    np.zeros(2**20)
    assert np.array_equal(weights, expected)


def test_every_function_is_called_by_the_package_or_its_tests() -> None:
    folders = (build.FOLDER, build.FOLDER.parent / "bench", HERE)
    texts = "".join(p.read_text("utf-8") for f in folders for p in f.rglob("*.py"))
    unused = [
        function["name"]
        for function in description()["functions"]
        if f".{function['name'].removeprefix('glassgpt_')}" not in texts
        and function["name"] not in texts
    ]
    # asked for by their names, one after another
    by_name = {f"glassgpt_{name}" for name in ("weights", "grads", "m", "v")}
    assert set(unused) <= by_name


def symbols(precision: str) -> dict[str, set[str]]:
    """The kernel's object files: the letters of nm, and the names under each."""
    if not (shutil.which("nm") and shutil.which("cc")):
        not_run("cc", "cc and nm are not on this machine")
    flags = [*build.FLAGS, "-fPIC", *build.PRECISIONS[precision]]
    kept = ROOT / "build" / "objects"
    objects = compile_all(Compiler(("cc",)), build.FOLDER, flags, kept)
    listed = subprocess.run(
        ["nm", "-P", *objects], capture_output=True, text=True, check=True
    )
    found: dict[str, set[str]] = {}
    for line in listed.stdout.splitlines():
        if len(parts := line.split()) >= 2:
            found.setdefault(parts[1], set()).add(parts[0])
    return found


def test_there_is_no_global_state_and_no_allocation() -> None:
    found = symbols("f64")
    defined = set().union(*(names for kind, names in found.items() if kind in "Tt"))
    writable = {kind: names for kind, names in found.items() if kind in "BbDdCcGgSs"}
    assert {
        n for names in writable.values() for n in names if "rel.ro" not in n
    } == set()
    maths = {"exp", "log", "pow", "sin", "cos", "sincos", "sqrt"}
    memory = {"memset", "memcpy", "memmove"}
    linker = {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
    assert found["U"] - defined <= maths | memory | linker


SANITIZED = (
    "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DGLASSGPT_GUARDED",
    "-g", "-O1", "-fno-omit-frame-pointer",
)  # fmt: skip


def run_sanitized(
    tests: list[str], sources: Path, into: Path, profile: str = "few"
) -> tuple[int, str]:
    """Run tests of this folder over a kernel built with sanitizers."""
    if sys.platform != "linux" or not shutil.which("cc"):
        not_run("cc", "sanitizers need Linux and cc")
    compiler = Compiler(("cc",))
    build.build(into, sources, compiler, SANITIZED)
    asked = ["cc", "-print-file-name=libasan.so"]
    runtime = subprocess.run(asked, capture_output=True, text=True, check=True)
    if not Path(runtime.stdout.strip()).is_file():
        not_run("cc", "this compiler has no libasan.so")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not full", "-p", "no:xdist",
         "-p", "no:cacheprovider", "--capture=sys", f"--hypothesis-profile={profile}",
         *tests],
        cwd=ROOT, capture_output=True, text=True,
        env={
            **os.environ, "CI": "1", "REQUIRE": "", "GLASSGPT_KERNEL": str(into),
            "LD_PRELOAD": runtime.stdout.strip(),
            "ASAN_OPTIONS": "detect_leaks=0",
        },
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def files_of(*names: str) -> list[str]:
    return [str(HERE / f"test_kernel_{name}.py") for name in names]


FAST = [
    f"{HERE / 'test_kernel_fast.py'}::test_{name}"
    for name in (
        "gradients_of_words_of_every_length_are_the_plain_loops",
        "gradients_of_every_shape_are_the_plain_loops",
        "forty_steps_are_the_plain_loops",
        "a_step_is_the_same_to_the_last_bit_however_a_run_is_cut",
        "what_is_not_finite_stops_before_anything_moves",
    )
]
ALL = ("gradients", "training", "random", "mistakes", "writing", "observe", "ops")


# with sanitizers a compiler takes minutes over the fast files
@pytest.mark.soak
@pytest.mark.parametrize("profile", ["few", "ci"])
def test_sanitizers_find_nothing(profile: str, tmp_path: Path) -> None:
    wild = [
        f"{HERE / 'test_kernel_safety.py'}::{name}"
        for name in (
            "test_any_shape_is_refused_or_computes",
            "test_c_refuses_what_it_cannot_read_and_changes_nothing",
        )
    ]
    tests = [*files_of(*ALL), *wild, *FAST]
    status, output = run_sanitized(tests, build.FOLDER, tmp_path, profile)
    assert "ERROR: AddressSanitizer" not in output, output
    assert "runtime error" not in output, output
    assert status == 0, output


# a step over the end of an array, of the document's tokens, and of what an int holds
BROKEN = {
    "core/gpt.c": (
        "zero(da.mlp_norm, count);",
        "zero(da.mlp_norm, count + 9 * T * C);",
    ),
    "core/layers.c": ("i = 1; i < count; i++", "i = 1; i <= count + 16; i++"),
    "simd/products.h": ("r + LANES <= rows; r", "r <= rows; r"),
    "core/optimizers.c": (
        "const real rate =",
        "const real rate = (step + INT32_MAX) *",
    ),
}


@pytest.mark.soak
@pytest.mark.parametrize("file", BROKEN)
def test_sanitizers_would_find_it(file: str, tmp_path: Path) -> None:
    sources = copied_sources(tmp_path)
    right, wrong = BROKEN[file]
    text = (sources / file).read_text("utf-8")
    assert right in text
    (sources / file).write_text(text.replace(right, wrong), "utf-8")
    which = {"core/optimizers.c": files_of("training"), "simd/products.h": FAST}
    tests = which.get(file, files_of("gradients"))
    status, output = run_sanitized(tests, sources, tmp_path)
    assert status != 0
    assert "ERROR: AddressSanitizer" in output or "runtime error" in output, output
