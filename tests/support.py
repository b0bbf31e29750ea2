"""Helpers for tests of every folder: `from support import ...`."""

import base64
import functools
import importlib.util
import math
import os
import random
import re
import shutil
import subprocess
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import mul
from pathlib import Path
from typing import Any, NoReturn

import pytest

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, preset
from glassgpt.data.documents import read
from glassgpt.data.order import shuffled
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.tokenizers import CharTokenizer

CASES = Path(__file__).parent / "cases"


def not_run(thing: str, reason: str) -> NoReturn:
    """Skip the test for want of a thing; fail it where REQUIRE names the thing.

    REQUIRE is an environment variable with words and commas between them: names,
    browser, cc, pythons, torch, memory, gpu.
    """
    message = f"not run: {reason}"
    required = os.environ.get("REQUIRE", "").split(",")
    if thing in map(str.strip, required):
        pytest.fail(f"{message}, and REQUIRE asks for {thing}", pytrace=False)
    pytest.skip(message)


def require_torch() -> None:
    """Skip the test where PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        not_run("torch", "PyTorch is not installed: pip install 'glassgpt[torch]'")


@functools.cache
def find_python(version: str) -> str | None:
    """A command that runs Python `version`, such as "3.12", or None."""
    on_path = shutil.which(f"python{version}")
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    candidates = [on_path, *sorted(map(str, installed)), sys.executable]
    return next((c for c in candidates if c and _runs(c, version)), None)


def _runs(command: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    asked = [command, "-I", "-c", code]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def run_program(
    program: Path, *args: object, python: str = sys.executable, limit: int | None = None
) -> list[str]:
    """The lines that a program prints; the first `limit` of them, then it is stopped.

    It runs in its own folder with nothing from this environment (`python -I`), and
    must print nothing on stderr.
    """
    command = [python, "-I", "-u", str(program), *map(str, args)]
    with subprocess.Popen(
        command,
        cwd=program.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout and process.stderr
        lines = [line.rstrip("\n") for line in islice(process.stdout, limit)]
        if limit is not None and len(lines) == limit:
            process.kill()
            return lines
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
    return lines


def shown_losses(lines: list[str]) -> list[str]:
    """The losses in a program's step lines, as printed."""
    return [line.split("loss ")[1] for line in lines if line.startswith("step ")]


def shown_names(lines: list[str]) -> list[str]:
    """The names in a program's sample lines."""
    return [line.split(": ", 1)[1] for line in lines if line.startswith("sample ")]


def with_numbers(source: str, **numbers: float) -> str:
    """A program's text with other numbers in its `name = number` lines, and seed."""
    for name, number in numbers.items():
        pattern = (
            rf"^({name} = )[\d._e-]+" if name != "seed" else r"^(random\.seed\()42"
        )
        source, found = re.subn(pattern, rf"\g<1>{number!r}", source, flags=re.M)
        assert found == 1, f"{found} lines give {name} a number"
    return source


def case_bytes(case: dict[str, Any]) -> bytes:
    """The content of the file that a case of tests/cases/documents.json describes."""
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "range" in case:
        first, count = case["range"]
        return "".join(map(chr, range(first, first + count))).encode()
    text: str = case["text"] * case.get("repeat", 1)
    return text.encode()


@dataclass
class Started:
    """An engine at step 0, and the documents it is to read, as a lesson begins."""

    engine: Engine
    documents: list[list[int]]
    tokenizer: CharTokenizer
    rng: random.Random

    def batch(self, step: int) -> list[list[int]]:
        """The token ids of the documents of a step, from 0."""
        size = self.engine.record.train.batch_docs
        draws = range(step * size, (step + 1) * size)
        return [self.documents[k % len(self.documents)] for k in draws]

    def train(self, steps: int, start: int = 0) -> list[float]:
        """The losses of some steps."""
        counted = range(start, start + steps)
        return [self.engine.train_step(step, self.batch(step)) for step in counted]

    def sample(self, temperature: float) -> str:
        """A name, drawn as the lessons draw it."""
        bos, reader = self.tokenizer.bos, self.engine.reader()
        written = [bos]
        for _ in range(self.engine.record.model.block_size):
            probs = reader.feed(written[-1], temperature)
            written += self.rng.choices(range(len(probs)), weights=probs)
            if written[-1] == bos:
                break
        return self.tokenizer.decode(written)


def record_of(step: int, **settings: object) -> Record:
    """The record of a lesson with other values."""
    return preset(f"step{step}").with_settings(**settings)


def start(record: Record, file: Path) -> Started:
    """Seed, shuffle and draw the weights, in the order of the lessons."""
    rng = random.Random(record.train.seed)
    documents = shuffled(read(str(file)).documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    model = replace(record.model, vocab_size=tokenizer.vocab_size)
    record = replace(record, model=model)
    tokens = [tokenizer.encode(text) for text in documents]
    return Started(ReferenceEngine(record, rng), tokens, tokenizer, rng)


def central_differences(
    engine: Engine,
    documents: Sequence[list[int]],
    shares: Sequence[float] = (),
    eps: float = 1e-5,
) -> dict[str, Tensor]:
    """How the loss of documents moves with each weight, by nudging each weight.

    The loss is the mean over the documents, or their sum with these shares.
    """
    weights, buffers = engine.weights(), engine.buffers()
    shares = shares or [1 / len(documents)] * len(documents)

    def loss_with(name: str, index: int, value: float) -> float:
        values = weights[name].values[:]
        values[index] = value
        nudged = Tensor(weights[name].shape, values)
        engine.restore({**weights, name: nudged}, buffers)
        return math.fsum(map(mul, shares, map(engine.loss, documents)))

    def slope(name: str, index: int, value: float) -> float:
        above = loss_with(name, index, value + eps)
        return (above - loss_with(name, index, value - eps)) / (2 * eps)

    found = {}
    for name, tensor in weights.items():
        slopes = [slope(name, i, value) for i, value in enumerate(tensor.values)]
        found[name] = Tensor(tensor.shape, array("d", slopes))
    engine.restore(weights, buffers)
    return found
