"""The kernel outside of this process: as WebAssembly in Node, and under callgrind."""

import ctypes
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from glassgpt.config import Record
from glassgpt.errors import GlassGPTError, invalid, missing
from glassgpt.kernel.bindings.library import PRECISION, isa_names
from glassgpt.kernel.bindings.model import Kernel, config_of
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, settings
from glassgpt.kernel.build import BUILT, library_name, wasm_name

_HERE = Path(__file__).parent
_BUILD_WASM = "Run: python -m glassgpt.kernel.build wasm"


def write_task(
    path: Path, library: Path, record: Record, documents: Documents, steps: int
) -> None:
    """Write down a run from the lesson's first weights, for another process."""
    kernel = Kernel(record.model, record.train.dtype)
    kernel.init_weights(Random(42))
    task = {
        "library": str(library),
        "config": list(bytes(config_of(record.model))),
        "training": list(bytes(settings(record.train))),
        "tokens": documents.tokens.tolist(),
        "offsets": documents.offsets.tolist(),
        "order": [step % len(documents) for step in range(steps)],
        "weights": kernel.flat["weights"].tolist(),
    }
    path.write_text(json.dumps(task), encoding="utf-8")


class NodeRun:
    """A kernel in a Node process of its own, which is not bound to a core.

    kind is one of the kernel's WebAssembly files: "f64", "f32" or "f32-relaxed". Raises
    GlassGPTError where node or the file is missing, or this node can't run it.
    """

    def __init__(
        self, kind: str, record: Record, documents: Documents, steps: int
    ) -> None:
        node, library = shutil.which("node"), BUILT / wasm_name(kind)
        if node is None:
            raise missing("node", "Install Node.js 20 or newer.", GlassGPTError)
        if not library.is_file():
            raise missing(library.name, _BUILD_WASM, GlassGPTError)
        self._folder = tempfile.TemporaryDirectory()
        task = Path(self._folder.name) / "task.json"
        write_task(task, library, record, documents, steps)
        flags = _relaxed_simd(node) if "relaxed" in kind else []
        self._node = subprocess.Popen(
            [node, *flags, str(_HERE / "outside.mjs"), str(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._node.stdin
        assert self._node.stdout
        self._to, self._from = self._node.stdin, self._node.stdout
        self.compiler = short_version(self._answer())

    def measure(self) -> float:
        """Seconds a step of one run."""
        self._to.write("\n")
        self._to.flush()
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        self._node.kill()
        self._node.communicate()
        self._folder.cleanup()

    def _answer(self) -> str:
        line = self._from.readline().strip()
        if line:
            return line
        _, told = self._node.communicate()
        self._folder.cleanup()
        why = next((w for w in told.splitlines() if "Error" in w), "it ended")
        raise invalid("node", "WebAssembly", why, error=GlassGPTError)


def node_version() -> str:
    """The version of node, such as "24.21.0"; empty where there is none."""
    node = shutil.which("node")
    if node is None:
        return ""
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return said.strip().lstrip("v")


def _relaxed_simd(node: str) -> list[str]:
    """What switches relaxed SIMD on, in a Node that has it behind a flag still."""
    flag = "--experimental-wasm-relaxed-simd"
    known = subprocess.run([node, flag, "--version"], capture_output=True)
    return [] if known.returncode else [flag]


def instructions(record: Record, documents: Documents, steps: int) -> tuple[str, float]:
    """Which instructions callgrind lets the kernel have, and how many a step takes.

    Raises GlassGPTError where valgrind is missing or fails.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise missing("valgrind", "Install valgrind.", GlassGPTError)
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "task.json"
        library = BUILT / library_name(PRECISION[record.train.dtype])
        write_task(task, library, record, documents, steps)
        (isa, once), (_, twice) = (_counted(valgrind, task, times) for times in (1, 2))
    names = {code: name for name, code in isa_names().items()}
    return names[isa], (twice - once) / steps


def _counted(valgrind: str, task: Path, times: int) -> tuple[int, int]:
    """The code of the instructions used, and how many were run in all."""
    counts = task.with_name(f"counts-{times}")
    command = [
        valgrind, "--tool=callgrind", f"--callgrind-out-file={counts}",
        sys.executable, "-S", str(_HERE / "callgrind.py"), str(task), str(times),
    ]  # fmt: skip
    env = {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise invalid("valgrind", "callgrind", why, error=GlassGPTError)
    found = re.search(r"^(?:summary|totals): (\d+)", counts.read_text(), re.M)
    assert found
    return int(done.stdout), int(found[1])


def short_version(said: str) -> str:
    """A compiler's name and version, without where it is from."""
    return " ".join(said.split()[:2])


def built_with(call: Any) -> str:
    """The compiler of a native library, as the library itself says."""
    said: bytes = ctypes.c_char_p(call.compiler()).value or b""
    return short_version(said.decode())
