"""The kernel as WebAssembly: the same numbers, described, the same bytes each time."""

import ctypes
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernels import copied_sources, started, step_model
from support import not_run

from glassgpt.config import TrainConfig
from glassgpt.kernel import build
from glassgpt.kernel.bindings.corpus import baseline_losses, hash_texts, heldout
from glassgpt.kernel.bindings.decoding import generate
from glassgpt.kernel.bindings.expressions import expression
from glassgpt.kernel.bindings.library import description, open_library, struct
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.kernel.header import DESCRIPTION, as_json, describe, read

if importlib.util.find_spec("wasmtime") is None:
    pytest.skip("not run: wasmtime is not installed", allow_module_level=True)
wasm_kernel = pytest.importorskip("wasm_kernel")

WORDS = [[26, 4, 12, 12, 0, 26], [26, 14, 11, 8, 21, 8, 0, 26], [26, 0, 21, 0, 26]]
LESSON = {"vocab_size": 27, "n_embd": 16, "n_layer": 1, "block_size": 16,
          "rms_eps": 1e-5, "smoothing": 1.0}  # fmt: skip


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All modules, by the precision's name in Python."""
    if importlib.util.find_spec("ziglang") is None:
        not_run("zig", "ziglang is not installed")
    built = build.build_wasm(tmp_path_factory.mktemp("wasm"))
    return dict(zip(("float64", "float32", "float32-relaxed"), built, strict=True))


@pytest.fixture(scope="session", params=["float64", "float32", "float32-relaxed"])
def module(request: pytest.FixtureRequest, modules: dict[str, Path]) -> Path:
    """Each module."""
    return modules[str(request.param)]


@pytest.fixture(scope="session", params=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> str:
    """Each precision."""
    return str(request.param)


def model_of(kernel: Any, step: int) -> int:
    """A lesson's model in WebAssembly."""
    return int(kernel.model(step=step, n_head=4 if step > 3 else 1, **LESSON))


def weights_of(kernel: Any, g: int) -> np.ndarray:
    """All weights."""
    count = kernel.call("glassgpt_num_weights", g)
    return np.array(kernel.get(kernel.call("glassgpt_weights", g), count))


def close(dtype: str) -> dict[str, float]:
    """How near to native: sums are the same, exp and log nearly."""
    return {"rtol": 1e-9, "atol": 1e-12} if dtype == "float64" else {"rtol": 1e-3}


@pytest.mark.parametrize("step", [0, 1, 3, 5])
def test_sixty_steps_and_twenty_names_are_the_native_ones(
    modules: dict[str, Path], dtype: str, step: int
) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    rng, g = kernel.random(42), model_of(kernel, step)
    kernel.call("glassgpt_init_weights", g, rng, 0.08)
    how = kernel.training(
        optimizer="ADAM", schedule="LINEAR", bias_correction=1, batch_docs=1,
        num_steps=60, learning_rate=0.01, beta1=0.85, beta2=0.99, eps_adam=1e-8,
    )  # fmt: skip
    documents = Documents(WORDS, 27)
    order = np.arange(60, dtype=np.int32) % 3
    losses = kernel.allocate(60 * 8)
    given = [kernel.put(a) for a in (documents.tokens, documents.offsets, order)]
    done = kernel.call("glassgpt_train", g, how, *given, 0, 60, losses, 0, 0, 0, 0)
    assert done == 60

    native = started(step_model(step), seed=42, dtype=dtype)
    trainer = Trainer(native, documents, TrainConfig(num_steps=60))
    expected = trainer.steps(0, order).losses
    np.testing.assert_allclose(kernel.get(losses, 60, "f8"), expected, **close(dtype))
    if dtype == "float64":
        np.testing.assert_allclose(
            weights_of(kernel, g), native.flat["weights"], rtol=1e-7, atol=1e-10
        )
    prompt, written = kernel.put(np.array([26], np.int32)), kernel.allocate(64)
    theirs, ours = kernel.random(3), Random(3)
    for _ in range(20):
        count = kernel.call(
            "glassgpt_generate", g, theirs, prompt, 1, 16, 0.5, 0, 1.0, written
        )
        found = kernel.get(written, count, np.int32).tolist()
        assert found == generate(native, ours, [26], 16, 0.5)


def test_documents_are_held_out_and_baselines_counted_as_natively(
    modules: dict[str, Path], dtype: str
) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    texts = ["anna", "bob", "é" * 40, "x" * 119, "", "zoë", *map(str, range(60)), "bob"]
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    given = [
        np.frombuffer(b"42\0", np.uint8),
        np.frombuffer(b"".join(encoded), np.uint8),
    ]
    hashes, order = kernel.allocate(8 * len(texts)), kernel.allocate(4 * len(texts))
    kernel.call(
        "glassgpt_hash_texts", *map(kernel.put, [*given, offsets]), len(texts), hashes
    )
    native = hash_texts(texts, 42)
    assert kernel.get(hashes, len(texts), np.uint64).tolist() == native.tolist()
    count = kernel.call("glassgpt_heldout", hashes, len(texts), 0.6, 30, order)
    found = kernel.get(order, count, np.int32).tolist()
    assert found == heldout(native, 0.6, 30).tolist()

    documents = Documents(WORDS, 27)
    starts = kernel.put(documents.offsets)
    size = kernel.call("glassgpt_baselines_size", 27, int(documents.offsets[2]))
    losses, workspace = kernel.allocate(5 * 8), kernel.allocate(size)
    tokens = kernel.put(documents.tokens)
    done = kernel.call(
        "glassgpt_baselines", 27, tokens, starts, 2, 1, losses, workspace
    )
    expected = baseline_losses(WORDS[:2], WORDS[2:], 27)
    assert done == len(WORDS[2]) - 1
    np.testing.assert_allclose(kernel.get(losses, 5, "f8"), [*expected.values()], 1e-12)


def test_first_weights_are_the_native_ones_to_the_last_digits(
    modules: dict[str, Path], dtype: str
) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    g = model_of(kernel, 5)
    kernel.call("glassgpt_init_weights", g, kernel.random(42), 0.08)
    expected = started(step_model(5), seed=42, dtype=dtype).flat["weights"]
    np.testing.assert_allclose(weights_of(kernel, g), expected, rtol=1e-14 if
                               dtype == "float64" else 1e-6)  # fmt: skip


def test_gradients_and_activations_are_the_native_ones(
    modules: dict[str, Path], dtype: str
) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    g = model_of(kernel, 5)
    kernel.call("glassgpt_init_weights", g, kernel.random(42), 0.08)
    tokens = kernel.put(np.array(WORDS[1], np.int32))
    loss = kernel.call("glassgpt_gradient", g, tokens, len(WORDS[1]) - 1, 1.0, 0)
    native = started(step_model(5), seed=42, dtype=dtype)
    assert loss == pytest.approx(native.gradient(WORDS[1]), 1e-6)
    near = {"rtol": 1e-9, "atol": 1e-12}
    if dtype == "float32":
        near = {"rtol": 1e-2, "atol": 1e-5}
    found = kernel.get(kernel.call("glassgpt_grads", g), native.num_weights)
    np.testing.assert_allclose(found, native.flat["grads"], **near)
    for i in range(kernel.call("glassgpt_num_activations")):
        name = kernel.text(kernel.call("glassgpt_activation_name", i))
        expected = native.activations[name]
        where = kernel.call("glassgpt_activation", g, i)
        found = kernel.get(where, expected.size).reshape(expected.shape)
        np.testing.assert_allclose(found, expected, **near)


@pytest.mark.parametrize("step", [1, 5])
def test_measured_losses_and_names_are_met(
    step: int, modules: dict[str, Path], karpathy_names: Path, vectors: Any
) -> None:
    kernel = wasm_kernel.WasmKernel(modules["float64"])
    lines = [line for line in karpathy_names.read_text("utf-8").split("\n") if line]
    rng = kernel.random(42)
    order = kernel.put(np.arange(len(lines), dtype=np.int32))
    kernel.call("glassgpt_random_shuffle", rng, order, len(lines))
    docs = [lines[i] for i in kernel.get(order, 1000, np.int32)]
    ids = {char: i for i, char in enumerate("abcdefghijklmnopqrstuvwxyz")}
    documents = Documents([[26, *map(ids.__getitem__, doc), 26] for doc in docs], 27)
    g = model_of(kernel, step)
    kernel.call("glassgpt_init_weights", g, rng, 0.08)
    how = kernel.training(
        optimizer="ADAM" if step == 5 else "SGD", bias_correction=1, batch_docs=1,
        num_steps=1000, learning_rate=0.01 if step == 5 else 1.0, beta1=0.85,
        beta2=0.99, eps_adam=1e-8,
    )  # fmt: skip
    given = [
        kernel.put(a)
        for a in (documents.tokens, documents.offsets, np.arange(1000, dtype=np.int32))
    ]
    losses = kernel.allocate(8000)
    kernel.call("glassgpt_train", g, how, *given, 0, 1000, losses, 0, 0, 0, 0)
    expected = vectors["steps"][str(step)]
    found = kernel.get(losses, 1000, "f8")
    np.testing.assert_allclose(found, expected["losses"], rtol=0, atol=6e-7)
    prompt, written = kernel.put(np.array([26], np.int32)), kernel.allocate(64)
    names = []
    for _ in range(20):
        count = kernel.call(
            "glassgpt_generate", g, rng, prompt, 1, 16, 0.5, 0, 1.0, written
        )
        tokens = kernel.get(written, count, np.int32)
        names.append("".join(chr(ord("a") + token) for token in tokens))
    assert names == expected["samples"]


def test_expressions_are_read_computed_and_walked_as_natively(
    modules: dict[str, Path], dtype: str
) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    described = description()["structs"]["glassgpt_graph"]["fields"]
    offsets = {field["name"]: field["offset"] for field in described}
    numbers = {"a": 2.5, "b": -3.0, "c": 0.75}
    letters = np.array([numbers.get(chr(97 + i), 0) for i in range(26)])
    for text in (
        "p = a*b + c; log(p*p) - exp(p/8)/c", "(a/b - c)**-2 + a**0.5 * b**3",
        "relu(b)*a + relu(a)**1.5 + c**100", "b = a+a; c = b+b",
    ):  # fmt: skip
        native = expression(text, numbers)
        graph = kernel.struct("glassgpt_graph")
        points = kernel.put(np.array(list(map(ord, text)), np.int32))
        assert kernel.call("glassgpt_expression_read", graph, points, len(text)) == 0
        where = kernel.put(letters)
        assert kernel.call("glassgpt_expression_data", graph, where) == 0
        pushes, amounts = kernel.allocate(4000 * 12), kernel.allocate(4000 * 24)
        count = kernel.call("glassgpt_expression_walk", graph, 0, pushes, amounts)
        assert count == len(native.pushes)
        for name in ("data", "grad"):
            at = graph + offsets[name]
            found = kernel.get(at, len(native.nodes), np.float64)
            expected = [getattr(node, name) for node in native.nodes]
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        after = kernel.get(amounts, 3 * count, np.float64)[2::3]
        expected = [push.after for push in native.pushes]
        np.testing.assert_allclose(after, expected, rtol=1e-9, atol=1e-12)


def test_a_module_needs_nothing_and_exports_what_is_described(
    modules: dict[str, Path], dtype: str
) -> None:
    module = wasm_kernel.WasmKernel(modules[dtype]).module
    assert [found.name for found in module.imports] == []
    functions = {
        found.name: found.type
        for found in module.exports
        if found.name.startswith("glassgpt_")
    }
    kinds = {"double": "f64", "void": None}
    described = description()["functions"]
    assert sorted(functions) == sorted(function["name"] for function in described)
    for function in described:
        found: Any = functions[function["name"]]
        wanted = [kinds.get(a["type"], "i32") for a in function["arguments"]]
        assert list(map(str, found.params)) == wanted, function["name"]
        result = kinds.get(function["result"], "i32")
        assert list(map(str, found.results)) == ([result] if result else [])


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("float64", "f64"),
        pytest.param("float32", "f32", marks=pytest.mark.full),
        pytest.param("float32-relaxed", "f32-relaxed", marks=pytest.mark.full),
    ],
)
def test_building_again_gives_the_same_bytes(
    dtype: str, kind: str, modules: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied_sources(tmp_path / "elsewhere")
    (again,) = build.build_wasm(tmp_path, folder, [kind], tmp_path / "objects")
    assert again.read_bytes() == modules[dtype].read_bytes()
    assert b"elsewhere" not in again.read_bytes()


def test_each_build_tells_of_its_sources(modules: dict[str, Path], dtype: str) -> None:
    kernel = wasm_kernel.WasmKernel(modules[dtype])
    assert kernel.text(kernel.call("glassgpt_sources")) == build.source_hash()
    native = open_library(dtype).call
    assert native.sources().decode() == build.source_hash()
    assert native.real_bits() == 8 * kernel.real.itemsize


def test_the_description_is_that_of_the_header() -> None:
    header = read()
    assert DESCRIPTION.read_text("utf-8") == as_json(describe(header)), (
        "run: python -m glassgpt.kernel.header"
    )
    functions = describe(header)["functions"]
    assert len(functions) == header.count("\nGLASSGPT_API ")
    assert all(function["about"] and function["section"] for function in functions)


def test_structs_have_the_sizes_and_offsets_that_are_described() -> None:
    for name, layout in description()["structs"].items():
        made = struct(name)
        assert ctypes.sizeof(made) == layout["size"]
        for field in layout["fields"]:
            assert getattr(made, field["name"]).offset == field["offset"]
