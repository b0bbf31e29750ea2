"""How fast the kernel is as gcc, or this machine's compiler, and zig's clang make it.

    python benchmarks/compilers.py [ROUNDS]

Both build it into folders of their own; a process for each measures steps of Step 5 in
interleaved rounds, with every set of instructions that this machine has. Prints a table
in Markdown, to go into RESULTS.md as it stands. Needs the package ziglang.
"""

import os
import platform
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from glassgpt.bench.suite import DTYPES, Bench, Plan, machine_isas
from glassgpt.bench.timing import Rounds, processor
from glassgpt.data import load_corpus
from glassgpt.kernel import build
from glassgpt.kernel.compiler import Compiler, find_compiler, zig

N_EMBD = 16
SERVE = "--serve"


class Built:
    """A kernel that a compiler built, in a process of its own."""

    def __init__(self, compiler: Compiler, folder: Path) -> None:
        build.build(folder, compiler=compiler)
        process: Any = subprocess.Popen(
            [sys.executable, __file__, SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GLASSGPT_KERNEL": str(folder)},
        )
        self._process = process
        self.name = str(process.stdout.readline()).strip()

    def measure(self, case: str) -> float:
        """Seconds a step of one run."""
        self._process.stdin.write(f"{case}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def serve() -> None:
    """Say who built the kernel; then measure what each line of stdin names."""
    bench, cases = Bench(load_corpus("names"), Plan()), {}
    print(bench.compiler, flush=True)
    for line in sys.stdin:
        if line not in cases:
            isa, dtype = line.split()
            cases[line] = bench.kernel(bench.record(N_EMBD, dtype), isa)
        print(cases[line](), flush=True)


def main() -> None:
    """Build with both, measure in interleaved rounds and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    names = [f"{isa} {dtype}" for dtype in DTYPES for isa in machine_isas()]
    with tempfile.TemporaryDirectory() as root:
        compilers = [find_compiler(), zig()]
        kernels = [Built(each, Path(root) / str(i)) for i, each in enumerate(compilers)]
        cases = {
            f"{name} {i}": (lambda kernel=kernel, name=name: kernel.measure(name))
            for name in names
            for i, kernel in enumerate(kernels)
        }
        found = Rounds(rounds).medians(cases, lambda text: print(text, file=sys.stderr))
        for kernel in kernels:
            kernel.close()
    print(f"{date.today()}, {processor()}, Python {platform.python_version()},")
    print(f"median of {rounds} interleaved rounds, n_embd {N_EMBD}, on `names`:\n")
    print(f"| | {kernels[0].name} | {kernels[1].name} | second by first |")
    print("|---|---|---|---|")
    for name in names:
        first, second = (1e6 * found[f"{name} {i}"] for i in (0, 1))
        print(f"| {name} | {first:.2f} us | {second:.2f} us | {second / first:.2f} |")


if __name__ == "__main__":
    serve() if sys.argv[1:] == [SERVE] else main()
