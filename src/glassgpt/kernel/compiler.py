"""The C compiler: which one this machine has, and how it is run.

$CC, cc, gcc or clang, else the one in the Python package `ziglang`. WebAssembly is
always built with that package, at one version, so that the bytes are the same
everywhere.
"""

import functools
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from glassgpt.errors import GlassGPTError, invalid, missing

ZIG_VERSION = "0.17.0"
_REMEDY = (
    f"Install gcc or clang, or run: pip install ziglang=={ZIG_VERSION}; "
    "then: python -m glassgpt.kernel.build"
)


@dataclass(frozen=True)
class Compiler:
    """A C compiler as a command. `glibc` is the one it builds for, where we choose."""

    command: tuple[str, ...]
    flags: tuple[str, ...] = ()
    glibc: str = ""

    @functools.cached_property
    def version(self) -> str:
        """The first line of what it says of itself; empty when it can't be run."""
        done = _run([*self.command, "--version"])
        return done.stdout.partition("\n")[0] if done and not done.returncode else ""

    def run(self, arguments: Iterable[str], folder: Path) -> None:
        """Compile or link, in a folder. Raises GlassGPTError with its first error."""
        done = _run([*self.command, *arguments], folder)
        if done is None or done.returncode:
            why = _first_error(done.stderr) if done else "it could not be started"
            name = " ".join(self.command)
            raise invalid("C compiler", name, why, _REMEDY, GlassGPTError)


def find_compiler() -> Compiler:
    """The machine's compiler, else ziglang's. Raises GlassGPTError for neither."""
    named = shlex.split(os.environ.get("CC", ""))
    for command in (named, ["cc"], ["gcc"], ["clang"]):
        if command and shutil.which(command[0]):
            compiler = Compiler(tuple(command))
            if compiler.version:
                return compiler
    if importlib.util.find_spec("ziglang"):
        return zig()
    raise missing("C compiler", _REMEDY, GlassGPTError)


def zig() -> Compiler:
    """The compiler in the package `ziglang`, for any machine of this kind."""
    command = (sys.executable, "-m", "ziglang", "cc")
    machine = platform.machine().lower().replace("arm64", "aarch64")
    if sys.platform == "linux" and machine in ("x86_64", "aarch64"):
        target = f"{machine}-linux-gnu.2.17"
        return Compiler(command, ("-target", target, "-fno-sanitize=all"), "2.17")
    return Compiler(command, ("-mcpu=baseline", "-fno-sanitize=all"))


def zig_for_wasm() -> Compiler:
    """The same for WebAssembly.

    Raises GlassGPTError when ziglang is not installed, or is of another version.
    """
    import importlib.metadata  # slow to load, and every command loads this module

    try:
        found = importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        found = ""
    remedy = f"Run: pip install ziglang=={ZIG_VERSION}"
    if not found:
        raise missing("ziglang, which builds WebAssembly", remedy, GlassGPTError)
    if found != ZIG_VERSION:
        why = "its bytes would differ"
        raise invalid("ziglang version", found, why, remedy, GlassGPTError)
    flags = ("-target", "wasm32-freestanding", "-msimd128", "-g0")
    return Compiler((sys.executable, "-m", "ziglang", "cc"), flags)


def platform_tag(compiler: Compiler) -> str:
    """The part of a wheel's name that says where its libraries run."""
    here = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if compiler.glibc:
        return here.replace("linux", f"manylinux_{compiler.glibc.replace('.', '_')}", 1)
    return here


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return (lines or output.splitlines() or ["it failed without a word"])[0]


def _run(
    command: list[str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError:
        return None
