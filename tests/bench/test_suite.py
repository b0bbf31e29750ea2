"""The benchmark: its peers compute the same, and its counts are right."""

import importlib.util
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import not_run

from glassgpt.bench import suite
from glassgpt.bench.flops import ADAM, mean_flops, step_flops
from glassgpt.bench.numpy_peer import NumpyPeer
from glassgpt.bench.suite import Bench, NotRun, Plan, Row, ratios
from glassgpt.bench.timing import Rounds
from glassgpt.bench.wasm import NodeRun, built_with, instructions, short_version
from glassgpt.cli import run as glassgpt
from glassgpt.config import ModelConfig, Record, preset
from glassgpt.data import load_corpus
from glassgpt.data.documents import parse_documents
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import GlassGPTError, UsageError
from glassgpt.kernel.bindings.decoding import Decoder
from glassgpt.kernel.bindings.library import open_library, why_unavailable
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, Trainer

WORDS = [[26, 0, 13, 13, 0, 26], [26, 4, 26], [26, *range(20), 26], [26, 1, 14, 1, 26]]
TINY = Plan(
    rounds=1, steps=3, peer_steps=2, lesson_steps=1, counted_steps=2, widths=(16,)
)


@pytest.fixture(autouse=True)
def kernel() -> None:
    if why := why_unavailable():
        not_run("cc", why)


def small(n_embd: int = 8) -> Record:
    return preset("step5").with_settings(n_embd=n_embd, num_steps=50)


def test_flops_are_those_that_the_kernel_counts_in_a_forward_pass() -> None:
    model = ModelConfig(step=5, vocab_size=7, n_embd=8, n_head=2, n_layer=3)
    kernel = Kernel(model)
    for n in (1, 2, 9):
        reader = Decoder(kernel)
        for _ in range(n):
            reader.step(1)
        weights = kernel.num_weights
        assert step_flops(model, n) == 6 * reader.operations + ADAM * weights


def test_a_document_longer_than_the_block_counts_as_far_as_it_is_read() -> None:
    model = small().with_vocabulary(27).model
    assert step_flops(model, 99) == step_flops(model, model.block_size)
    two = (step_flops(model, 2) + step_flops(model, 5)) / 2
    assert mean_flops(model, [[0, 1, 0], [0, 1, 2, 3, 4, 0]]) == two


def peers() -> list[Any]:
    found: list[Any] = [NumpyPeer]
    if importlib.util.find_spec("torch"):
        from glassgpt.bench.torch_peer import TorchPeer

        found.append(TorchPeer)
    return found


def gradients(peer: Any) -> dict[str, Any]:
    if isinstance(peer, NumpyPeer):
        return peer.d
    return {name: w.grad.numpy() for name, w in peer.w.items()}


def weights(peer: Any) -> dict[str, Any]:
    if isinstance(peer, NumpyPeer):
        return peer.w
    return {name: w.detach().numpy() for name, w in peer.w.items()}


def given(engine: ReferenceEngine) -> dict[str, Any]:
    return {
        name: np.array(tensor.values).reshape(tensor.shape)
        for name, tensor in engine.weights().items()
    }


@pytest.mark.parametrize("kind", peers())
def test_a_peer_has_the_lessons_gradient(kind: Any) -> None:
    engine = ReferenceEngine(small(), random.Random(1))
    peer = kind(small(), given(engine))
    for tokens in WORDS:
        loss, expected = engine.gradients(tokens)
        assert peer.gradient(tokens) == pytest.approx(loss, rel=1e-8)
        found = gradients(peer)
        assert found.keys() == expected.keys()
        for name, tensor in expected.items():
            values = np.array(tensor.values).reshape(tensor.shape)
            np.testing.assert_allclose(found[name], values, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", peers())
def test_a_peer_trains_as_the_lesson_does(kind: Any) -> None:
    engine = ReferenceEngine(small(), random.Random(1))
    peer = kind(small(), given(engine))
    for step in range(12):
        tokens = WORDS[step % len(WORDS)]
        loss = engine.train_step(step, [tokens])
        assert peer.train(step, tokens) == pytest.approx(loss, rel=1e-7)
    for name, w in given(engine).items():
        np.testing.assert_allclose(weights(peer)[name], w, rtol=1e-6, atol=1e-9)


def test_the_torch_peer_is_tested_where_there_is_torch() -> None:
    if len(peers()) == 1:
        not_run("torch", "torch is not installed: its peer")
    assert len(peers()) == 2


def test_a_peer_refuses_what_it_does_not_compute() -> None:
    with pytest.raises(UsageError, match="one layer"):
        NumpyPeer(preset("step4"), {})


def test_rounds_take_every_case_in_turn_and_give_medians() -> None:
    calls: list[str] = []
    values = {"a": iter([3.0, 1.0, 2.0]), "b": iter([5.0, 9.0, 7.0])}

    def case(name: str) -> Callable[[], float]:
        def measure() -> float:
            calls.append(name)
            return next(values[name])

        return measure

    told: list[str] = []
    found = Rounds(3).medians({"a": case("a"), "b": case("b")}, told.append)
    assert found == {"a": 2.0, "b": 7.0}
    assert calls == ["a", "b"] * 3
    assert told[0] == "round 1 of 3: a" and len(told) == 6


def test_ctrl_c_ends_the_rounds_with_what_was_measured() -> None:
    values = iter([3.0, 1.0])

    def first() -> float:
        if (value := next(values, None)) is None:
            raise KeyboardInterrupt
        return value

    rounds = Rounds(9)
    cases = {"a": first, "b": lambda: 5.0, "c": lambda: 7.0}
    assert rounds.medians(cases, lambda text: None) == {"a": 2.0, "b": 5.0, "c": 7.0}
    assert rounds.stopped

    def stop() -> float:
        raise KeyboardInterrupt

    assert Rounds(2).medians({"a": lambda: 1.0, "b": stop}, lambda text: None) == {
        "a": 1.0
    }


def test_ctrl_c_prints_what_was_measured_and_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(suite, "QUICK", TINY)
    monkeypatch.setattr(NumpyPeer, "train", interrupted)
    assert glassgpt(["bench", "--quick", "--json"]) == 130
    done = capsys.readouterr()
    lines = [json.loads(line) for line in done.out.splitlines()]
    measured = [line for line in lines if line["event"] == "measured"]
    assert {line["what"] for line in measured} == {"peak", "step"}
    assert "stopped" in done.err


def test_ratios_compare_the_fastest_kernel_with_each_peer() -> None:
    def row(
        engine: str, value: float, compiler: str = "", dtype: str = "float32"
    ) -> Row:
        return Row("step", engine, dtype, 16, value, "us", compiler)

    rows = [
        row("plain", 40, "cc 1"), row("avx2", 5, "cc 1"), row("numpy", 200),
        row("avx2", 10, "cc 1", "float64"), row("lesson", 50000, "", "float64"),
    ]  # fmt: skip
    found = {(r["dtype"], r["peer"]): r["times"] for r in ratios(rows)}
    assert found == {
        ("float32", "numpy"): 40,
        ("float32", "lesson"): 10000,
        ("float64", "lesson"): 5000,
    }


def tiny_bench() -> Bench:
    """A round of a few steps on four names."""
    text = "\n".join(["anna", "bob", "clara", "dora"] * 8)
    return Bench(parse_documents(text.encode(), "four"), TINY)


def test_a_case_of_each_kind_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "machine_isas", lambda: ["plain", "baseline"])
    monkeypatch.setattr(suite, "DTYPES", ("float32",))
    monkeypatch.setattr(suite, "instructions", lambda *_: ("avx2", 9.0))  # slow
    monkeypatch.setattr(suite, "torch_version", lambda: "")
    told: list[str] = []
    rows = [row for row in tiny_bench().rows(told.append) if isinstance(row, Row)]
    assert {row.what for row in rows} == {"peak", "step", "names", "instructions"}
    steps = {(row.engine, row.dtype) for row in rows if row.what == "step"}
    assert {("plain", "float32"), ("baseline", "float32")} <= steps
    assert {("numpy", "float32"), ("lesson", "float64")} <= steps
    assert all(row.value > 0 for row in rows)
    assert len(told) >= len(rows)


@pytest.mark.full
def test_every_case_of_this_machine_is_measured() -> None:
    bench = tiny_bench()
    told: list[str] = []
    all_rows = list(bench.rows(told.append))
    rows = [row for row in all_rows if isinstance(row, Row)]
    isas = suite.machine_isas()
    steps = {(row.engine, row.dtype) for row in rows if row.what == "step"}
    assert {(isa, dtype) for isa in isas for dtype in suite.DTYPES} <= steps
    assert {("numpy", "float32"), ("numpy", "float64"), ("lesson", "float64")} <= steps
    fast = [row for row in rows if row.what == "step" and row.engine in isas[1:]]
    assert all(row.share_of_peak and row.compiler for row in fast)
    names = {(row.engine, row.dtype) for row in rows if row.what == "names"}
    assert names == {(isa, dtype) for isa in isas[1:] for dtype in suite.DTYPES}
    assert all(row.value > 0 for row in rows)
    assert len(told) >= len(rows)
    missing = {(r.engine, r.dtype) for r in all_rows if isinstance(r, NotRun)}
    assert {tuple(name.split()) for name in suite.WASM} <= steps | missing
    wasm = [row for row in rows if row.engine.startswith("wasm")]
    assert all("clang" in row.compiler for row in wasm)
    counted = {row.dtype for row in rows if row.what == "instructions"}
    assert counted | {dtype for _, dtype in missing} >= set(suite.DTYPES)


def test_json_is_an_object_a_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "instructions", lambda *_: ("avx2", 9.0))  # slow
    monkeypatch.setattr(suite, "QUICK", TINY)
    assert glassgpt(["bench", "--quick", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first, *others = lines
    assert first["event"] == "machine"
    assert {"machine", "date", "compiler", "python", "data", "torch"} <= first.keys()
    measured = [line for line in others if line["event"] == "measured"]
    ratio = [line for line in others if line["event"] == "ratio"]
    others = [line for line in others if line["event"] != "not run"]
    assert measured + ratio == others and ratio
    expected = {"what", "engine", "dtype", "n_embd", "value", "unit", "compiler"}
    for line in measured:
        assert line.keys() - {"event", "share_of_peak"} == expected
    found = {line["what"] for line in measured}
    assert found - {"instructions"} == {"peak", "step", "names"}


def test_the_table_shows_ratios_and_the_compiler(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "instructions", lambda *_: ("avx2", 9.0))  # slow
    monkeypatch.setattr(suite, "QUICK", TINY)
    assert glassgpt(["bench", "--quick", "--rounds", "1"]) == 0
    done = capsys.readouterr()
    assert f"compiler: {built_with(open_library('float64').call)}" in done.out
    assert "times numpy" in done.out and "times lesson" in done.out
    assert "round 1 of 1" in done.err


def test_first_weights_of_the_peers_are_the_lessons() -> None:
    record = small().with_vocabulary(27)
    found = suite.drawn_weights(record)
    kernel = Kernel(record.model)
    kernel.init_weights(Random(42))
    assert list(found) == list(kernel.weights)
    assert all(np.array_equal(found[name], kernel.weights[name]) for name in found)


def test_what_is_missing_is_not_run_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    record = small(16).with_vocabulary(27)
    documents = Documents(WORDS, 27)
    with pytest.raises(GlassGPTError, match="missing node"):
        NodeRun("f32", record, documents, 3)
    with pytest.raises(GlassGPTError, match="missing valgrind"):
        instructions(record, documents, 3)


@pytest.mark.parametrize(
    ("said", "short"),
    [
        ("gcc 12.2.0", "gcc 12.2.0"),
        ("clang 22.1.8 ", "clang 22.1.8"),
        ("clang 21.1.0 (https://github.com/llvm 3f)", "clang 21.1.0"),
    ],
)
def test_a_compiler_is_its_name_and_version(said: str, short: str) -> None:
    assert short_version(said) == short


@pytest.mark.parametrize("n_embd", suite.WIDTHS)
def test_no_width_of_the_benchmark_diverges(n_embd: int) -> None:
    names = load_corpus("names")
    bench = Bench(names, Plan(steps=300))
    record = bench.record(n_embd, "float32")
    kernel = Kernel(record.model, "float32")
    kernel.init_weights(Random(42))
    documents = Documents(bench.documents, record.model.vocab_size)
    trainer = Trainer(kernel, documents, record.train)
    losses = trainer.steps(0, np.arange(300) % len(documents), norms=False).losses
    assert losses[-50:].mean() < losses[:5].mean()
