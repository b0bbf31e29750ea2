"""The benchmark itself: every way to train that this machine has, side by side."""

import importlib.metadata
import importlib.util
import math
import platform
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from glassgpt import engines
from glassgpt.bench.flops import mean_flops
from glassgpt.bench.numpy_peer import NumpyPeer
from glassgpt.bench.timing import Rounds, Tell, processor
from glassgpt.bench.wasm import NodeRun, built_with, instructions, node_version
from glassgpt.config import Record, preset
from glassgpt.data.documents import Corpus
from glassgpt.data.order import shuffled
from glassgpt.errors import GlassGPTError
from glassgpt.kernel.bindings.arguments import address
from glassgpt.kernel.bindings.library import isa_names, open_library
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.tokenizers import CharTokenizer

WIDTHS = (16, 64, 128)
DTYPES = ("float32", "float64")
STEPS = 1000
# what is measured beside the kernel
PEERS = ("numpy", "torch", "lesson")
WASM = {"wasm float32": "f32", "wasm-relaxed float32": "f32-relaxed",
        "wasm float64": "f64"}  # fmt: skip
_PEAK_ROUNDS = 20000
_NAMES = 4096


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds, and steps of each case in a round."""

    rounds: int = 7
    steps: int = STEPS
    peer_steps: int = 100
    lesson_steps: int = 4
    counted_steps: int = 100
    widths: tuple[int, ...] = WIDTHS


QUICK = Plan(
    rounds=3, steps=200, peer_steps=20, lesson_steps=1, counted_steps=20, widths=(16,)
)


@dataclass(frozen=True)
class Row:
    """A figure: what was measured, with what, and how far from the peak."""

    what: str
    engine: str
    dtype: str
    n_embd: int
    value: float
    unit: str
    compiler: str = ""
    share_of_peak: float | None = None


@dataclass(frozen=True)
class NotRun:
    """A figure that this machine can't give, and why."""

    what: str
    engine: str
    dtype: str
    why: str


class Bench:
    """The cases of a plan, on a corpus. `rows` measures them.

    With Ctrl-C the rows end; `stopped` says so.
    """

    def __init__(self, corpus: Corpus, plan: Plan) -> None:
        self.corpus, self.plan = corpus, plan
        self.rounds = Rounds(plan.rounds)
        self.tokenizer = CharTokenizer.from_documents(corpus.documents)
        order = shuffled(corpus.documents, random.Random(42))
        self.documents = [self.tokenizer.encode(text) for text in order[:STEPS]]
        self.compiler = built_with(open_library("float64").call)

    @property
    def stopped(self) -> bool:
        """Whether somebody pressed Ctrl-C."""
        return self.rounds.stopped

    def facts(self) -> dict[str, Any]:
        """Where and when, and what the figures are of."""
        return {
            "machine": processor(),
            "date": str(date.today()),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "compiler": self.compiler,
            "data": self.corpus.name,
            "rounds": self.plan.rounds,
            "torch": torch_version() or "not run: it is not installed",
            "node": node_version() or "not run: it is not installed",
            "learning_rate": {width: learning_rate(width) for width in WIDTHS},
        }

    def rows(self, tell: Tell) -> Iterator[Row | NotRun]:
        """All figures, width by width."""
        peaks = self._peaks(tell)
        for (isa, dtype), flops in peaks.items():
            yield Row("peak", isa, dtype, 0, flops / 1e9, "GFLOP/s", self.compiler)
        sections: list[Callable[[Tell], Iterator[Row | NotRun]]] = [
            *(partial(self._training, width, peaks) for width in self.plan.widths),
            self._wasm,
            self._writing,
            self._counting,
        ]
        try:
            for section in sections:
                if not self.stopped:
                    yield from section(tell)
        except KeyboardInterrupt:  # between two rounds
            self.rounds.stopped = True

    def record(self, n_embd: int, dtype: str) -> Record:
        """Step 5 at another width."""
        record = preset("step5").with_settings(
            n_embd=n_embd, dtype=dtype, learning_rate=learning_rate(n_embd)
        )
        return record.with_vocabulary(self.tokenizer.vocab_size)

    def _peaks(self, tell: Tell) -> dict[tuple[str, str], float]:
        cases = {
            f"{isa} {dtype}": _peak(isa, dtype)
            for isa in machine_isas()
            if isa != "plain"
            for dtype in DTYPES
        }
        found = self.rounds.medians(cases, lambda text: tell(f"peak, {text}"))
        return {tuple(name.split()): value for name, value in found.items()}  # type: ignore[misc]

    def _training(
        self, n_embd: int, peaks: dict[tuple[str, str], float], tell: Tell
    ) -> Iterator[Row]:
        cases = dict(self._training_cases(n_embd))
        found = self.rounds.medians(cases, lambda t: tell(f"n_embd {n_embd}, {t}"))
        for name, seconds in found.items():
            engine, dtype = name.rsplit(" ", 1)
            model = self.record(n_embd, dtype).model
            rate = mean_flops(model, self.documents) / seconds
            peak = peaks.get((engine, dtype))
            compiler = self.compiler if engine in machine_isas() else ""
            share = rate / peak if peak else None
            microseconds = 1e6 * seconds
            yield Row(
                "step", engine, dtype, n_embd, microseconds, "us", compiler, share
            )

    def _training_cases(self, n_embd: int) -> Iterator[tuple[str, Callable[[], float]]]:
        """Seconds a step, of each way to make one."""
        for dtype in DTYPES:
            record = self.record(n_embd, dtype)
            for isa in machine_isas():
                yield f"{isa} {dtype}", self.kernel(record, isa)
            weights = drawn_weights(record)
            yield f"numpy {dtype}", self._peer(NumpyPeer(record, weights))
            if torch_version():
                from glassgpt.bench.torch_peer import TorchPeer

                yield f"torch {dtype}", self._peer(TorchPeer(record, weights))
        if n_embd == WIDTHS[0]:
            yield "lesson float64", self._lesson(self.record(n_embd, "float64"))

    def kernel(self, record: Record, isa: str) -> Callable[[], float]:
        """What measures the seconds a step takes with these instructions."""
        kernel = Kernel(record.model, record.train.dtype, isa=isa)
        kernel.init_weights(Random(42))
        first = kernel.save()
        documents = Documents(self.documents, record.model.vocab_size)
        trainer = Trainer(kernel, documents, record.train)
        order = np.arange(self.plan.steps) % len(documents)

        def measure() -> float:
            kernel.restore(first)
            start = time.perf_counter()
            trainer.steps(0, order, norms=False)
            return (time.perf_counter() - start) / len(order)

        return measure

    def _peer(self, peer: Any) -> Callable[[], float]:
        def measure() -> float:
            start = time.perf_counter()
            for step in range(self.plan.peer_steps):
                peer.train(step, self.documents[step])
            return (time.perf_counter() - start) / self.plan.peer_steps

        return measure

    def _lesson(self, record: Record) -> Callable[[], float]:
        engine = engines.create("reference", record, random.Random(42))

        def measure() -> float:
            start = time.perf_counter()
            for step in range(self.plan.lesson_steps):
                engine.train_step(step, [self.documents[step]])
            return (time.perf_counter() - start) / self.plan.lesson_steps

        return measure

    def _wasm(self, tell: Tell) -> Iterator[Row | NotRun]:
        """Steps in Node; each kind in a process that goes on from round to round."""
        width, runs = WIDTHS[0], dict[str, NodeRun]()
        documents = Documents(self.documents, self.tokenizer.vocab_size)
        try:
            for name, kind in WASM.items():
                engine, dtype = name.split()
                record = self.record(width, dtype)
                try:
                    runs[name] = NodeRun(kind, record, documents, self.plan.steps)
                except GlassGPTError as error:
                    yield NotRun("step", engine, dtype, str(error))
            cases = {name: run.measure for name, run in runs.items()}
            found = self.rounds.medians(cases, lambda text: tell(f"node, {text}"))
        finally:
            for run in runs.values():
                run.close()
        for name, seconds in found.items():
            engine, dtype = name.split()
            value, compiler = 1e6 * seconds, runs[name].compiler
            yield Row("step", engine, dtype, width, value, "us", compiler)

    def _counting(self, tell: Tell) -> Iterator[Row | NotRun]:
        """Instructions a step, which no other program's work changes."""
        width = WIDTHS[0]
        documents = Documents(self.documents, self.tokenizer.vocab_size)
        for dtype in DTYPES:
            tell(f"callgrind, {dtype}")
            record = self.record(width, dtype)
            try:
                isa, count = instructions(record, documents, self.plan.counted_steps)
            except GlassGPTError as error:
                yield NotRun("instructions", "kernel", dtype, str(error))
                continue
            compiler = self.compiler
            yield Row("instructions", isa, dtype, width, count, "a step", compiler)

    def _writing(self, tell: Tell) -> Iterator[Row]:
        cases = {
            f"{isa} {dtype}": self._names(isa, dtype)
            for dtype in DTYPES
            for isa in machine_isas()
            if isa != "plain"
        }
        found = self.rounds.medians(cases, lambda text: tell(f"names, {text}"))
        for name, seconds in found.items():
            isa, dtype = name.split()
            width = WIDTHS[0]
            yield Row("names", isa, dtype, width, 1 / seconds, "/s", self.compiler)

    def _names(self, isa: str, dtype: str) -> Callable[[], float]:
        """Seconds a name, of a model that was trained for 1,000 steps."""
        record = self.record(WIDTHS[0], dtype)
        kernel, rng, limit = Kernel(record.model, dtype, isa=isa), Random(42), 16
        kernel.init_weights(rng)
        documents = Documents(self.documents, record.model.vocab_size)
        Trainer(kernel, documents, record.train).steps(
            0, np.arange(STEPS) % len(documents), norms=False
        )
        start_of = np.array([self.tokenizer.bos], np.int32)
        written = np.empty((_NAMES, limit), np.int32)
        lengths = np.empty(_NAMES, np.int32)
        workspace = kernel.workspace(_NAMES, 1 + limit)

        def measure() -> float:
            start = time.perf_counter()
            kernel.call.generate_batch(
                kernel.g, rng.address, address(start_of), 1, limit, 0.5, 0, 1.0, _NAMES,
                address(written), address(lengths), address(workspace),
            )  # fmt: skip
            return (time.perf_counter() - start) / _NAMES

        return measure


def learning_rate(n_embd: int) -> float:
    """The lesson's, and in a wider model so much less that no run diverges."""
    return 0.01 * WIDTHS[0] / n_embd


def ratios(rows: Sequence[Row | NotRun]) -> list[dict[str, Any]]:
    """How many times as fast the best float32 and float64 kernels are as each peer."""
    steps = [row for row in rows if isinstance(row, Row) and row.what == "step"]
    found = []
    for n_embd in sorted({row.n_embd for row in steps}):
        for dtype in DTYPES:
            here = [row for row in steps if (row.n_embd, row.dtype) == (n_embd, dtype)]
            kernels = [r for r in here if r.engine not in PEERS]
            if not kernels:
                continue
            best = min(kernels, key=lambda r: r.value)
            peers = [r for r in steps if r.n_embd == n_embd and r.engine in PEERS]
            found += [
                {
                    "n_embd": n_embd, "engine": best.engine, "dtype": dtype,
                    "peer": peer.engine, "times": peer.value / best.value,
                }
                for peer in peers
                if peer.dtype == dtype or peer.engine == "lesson"
            ]  # fmt: skip
    return found


def machine_isas() -> list[str]:
    """The kernel's ways of training that this machine has, plain loops first."""
    best = int(open_library("float64").call.best_isa())
    return [name for name, code in isa_names().items() if code <= best]


def torch_version() -> str:
    """The version of torch, empty where it is not installed."""
    if importlib.util.find_spec("torch") is None:
        return ""
    return importlib.metadata.version("torch")


def drawn_weights(record: Record) -> dict[str, Any]:
    """First weights by name."""
    kernel = Kernel(record.model, record.train.dtype)
    kernel.init_weights(Random(42))
    return {name: matrix.copy() for name, matrix in kernel.weights.items()}


def _peak(isa: str, dtype: str) -> Callable[[], float]:
    """FLOPs a second of multiply and add, the best of a few short runs."""
    call, sums = open_library(dtype).call, np.empty(12, dtype)

    def measure() -> float:
        best = math.inf
        for _ in range(20):
            start = time.perf_counter()
            flops = call.peak(isa_names()[isa], _PEAK_ROUNDS, address(sums))
            best = min(best, (time.perf_counter() - start) / flops)
        return 1 / best

    return measure
