"""Building the kernel: the native libraries, and the WebAssembly files.

    python -m glassgpt.kernel.build            the libraries for this machine
    python -m glassgpt.kernel.build wasm       the files for the browser

Needs nothing but a C compiler: $CC, cc, gcc or clang, else the one in the Python
package `ziglang`. WebAssembly is always built with that package, at one version, so
that the bytes are the same everywhere.
"""

import functools
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from glassgpt.errors import GlassGPTError, invalid, missing

FOLDER = Path(__file__).parent
# apart from the modules: what looks for those would take a library for one
BUILT = FOLDER / "built"
PRECISIONS = {"f64": (), "f32": ("-DGLASSGPT_FLOAT32",)}
# relaxed SIMD multiplies and adds in one instruction, where a browser has it
WASM = {**PRECISIONS, "f32-relaxed": (*PRECISIONS["f32"], "-mrelaxed-simd")}
ZIG_VERSION = "0.17.0"

# The order of additions stays as written, on every machine. sqrt may be an instruction,
# and a comparison computed for both outcomes: neither changes a number.
FLAGS = (
    *("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno"),
    *("-fno-trapping-math", "-fvisibility=hidden", "-Wall", "-Wextra"),
)
_WASM_FLAGS = (
    *("-target", "wasm32-freestanding", "-msimd128", "-g0", "-nostdlib"),
    *("-Wl,--no-entry", "-Wl,--export-dynamic", "-Wl,--export=__heap_base"),
    "-Wl,--strip-all",
)
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


def library_name(precision: str) -> str:
    """The file of a native library: precision is "f64" or "f32"."""
    ending = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")
    return f"libglassgpt-{precision}.{ending}"


def wasm_name(kind: str) -> str:
    """The file of a WebAssembly module: kind is "f64", "f32" or "f32-relaxed"."""
    return f"glassgpt-{kind}.wasm"


def platform_tag(compiler: Compiler) -> str:
    """The part of a wheel's name that says where its libraries run."""
    here = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if compiler.glibc:
        return here.replace("linux", f"manylinux_{compiler.glibc.replace('.', '_')}", 1)
    return here


def build(
    into: Path = BUILT,
    sources: Path = FOLDER,
    compiler: Compiler | None = None,
    extra: Iterable[str] = (),
    precisions: Iterable[str] = tuple(PRECISIONS),
) -> list[Path]:
    """Build the native libraries and return their paths.

    Raises GlassGPTError when there is no compiler, or it refuses the sources.
    """
    compiler = compiler or find_compiler()
    position = () if sys.platform == "win32" else ("-fPIC",)
    flags = (*FLAGS, "-shared", *position, *compiler.flags, *extra)
    wanted = {into / library_name(p): (*flags, *PRECISIONS[p]) for p in precisions}
    return _compile_all(compiler, sources, wanted)


def build_wasm(
    into: Path = BUILT, sources: Path = FOLDER, kinds: Iterable[str] = tuple(WASM)
) -> list[Path]:
    """Build the WebAssembly modules and return their paths.

    Raises GlassGPTError when ziglang is not installed, or is of another version.
    """
    _require_zig()
    compiler = Compiler((sys.executable, "-m", "ziglang", "cc"))
    flags = (*FLAGS, *_WASM_FLAGS)
    wanted = {into / wasm_name(kind): (*flags, *WASM[kind]) for kind in kinds}
    return _compile_all(compiler, sources, wanted)


def source_files(folder: Path = FOLDER) -> list[Path]:
    """The C files and headers in a folder and its rooms, sorted by name."""
    return sorted([*folder.rglob("*.c"), *folder.rglob("*.h")])


def source_hash(folder: Path = FOLDER) -> str:
    """What a library must report to be a build of these sources: 16 hex digits."""
    digest = hashlib.sha256()
    for path in source_files(folder):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]


def is_current(path: Path, folder: Path = FOLDER) -> bool:
    """Whether a built file is of these sources.

    It is read, not asked: a library that was loaded once stays loaded when it is built
    anew.
    """
    return source_hash(folder).encode() in path.read_bytes()


def _compile_all(
    compiler: Compiler, sources: Path, wanted: Mapping[Path, Iterable[str]]
) -> list[Path]:
    """Compile each file with its flags, side by side; their paths."""
    with ThreadPoolExecutor() as pool:
        made = [
            pool.submit(_compile, compiler, flags, sources, path)
            for path, flags in wanted.items()
        ]
        return [each.result() for each in made]


def _compile(
    compiler: Compiler,
    flags: Iterable[str],
    sources: Path,
    output: Path,
) -> Path:
    """Compile everything in one call; the file appears when it is whole."""
    output.parent.mkdir(exist_ok=True)
    names = [
        path.relative_to(sources).as_posix()
        for path in source_files(sources)
        if path.suffix == ".c"
    ]
    stamp = f'-DGLASSGPT_SOURCES="{source_hash(sources)}"'
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        whole = Path(folder) / output.name
        command = [*compiler.command, *flags, "-I.", stamp, *names]
        libraries = [] if output.suffix == ".wasm" else ["-lm"]
        done = _run([*command, "-o", str(whole.absolute()), *libraries], cwd=sources)
        if done is None or done.returncode:
            why = _first_error(done.stderr) if done else "it could not be started"
            name = " ".join(compiler.command)
            raise invalid("C compiler", name, why, _REMEDY, GlassGPTError)
        whole.replace(output)
    return output


def _require_zig() -> None:
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


def main(arguments: list[str]) -> int:
    """Build what is asked for; the exit status."""
    makers: dict[str, tuple[Callable[[], list[Path]], list[str]]] = {
        "native": (build, [library_name(precision) for precision in PRECISIONS]),
        "wasm": (build_wasm, [wasm_name(kind) for kind in WASM]),
    }
    try:
        for kind in arguments or ["native"]:
            if kind not in makers:
                raise invalid("kind", kind, "it is native or wasm")
            make, names = makers[kind]
            # a minute's work, which a file of these very sources need not wait for
            if all((BUILT / n).is_file() and is_current(BUILT / n) for n in names):
                continue
            for path in make():
                sys.stdout.write(f"built {path}\n")
    except GlassGPTError as error:
        sys.stderr.write(f"{error}\n{error.remedy}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
