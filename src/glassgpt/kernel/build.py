"""Building the kernel: the native libraries, and the WebAssembly files.

    python -m glassgpt.kernel.build            the libraries for this machine
    python -m glassgpt.kernel.build wasm       the files for the browser

Needs nothing but a C compiler; which one, `compiler` says. In a checkout compiled files
are kept in build/objects, so that only what changed is compiled again.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.kernel.compiler import Compiler, find_compiler, zig_for_wasm
from glassgpt.kernel.objects import compile_all, source_files

FOLDER = Path(__file__).parent
# apart from the modules: what looks for those would take a library for one
BUILT = FOLDER / "built"
PRECISIONS = {"f64": (), "f32": ("-DGLASSGPT_FLOAT32",)}
# relaxed SIMD multiplies and adds in one instruction, where a browser has it
WASM = {**PRECISIONS, "f32-relaxed": (*PRECISIONS["f32"], "-mrelaxed-simd")}

# The order of additions stays as written, on every machine. sqrt may be an instruction,
# and a comparison computed for both outcomes: neither changes a number.
FLAGS = (
    *("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno"),
    *("-fno-trapping-math", "-fvisibility=hidden", "-Wall", "-Wextra"),
    "-Werror=implicit-function-declaration",
)
_WASM_LINK = (
    *("-nostdlib", "-Wl,--no-entry", "-Wl,--export-dynamic"),
    *("-Wl,--export=__heap_base", "-Wl,--strip-all"),
)


@dataclass(frozen=True)
class Target:
    """A library to build: how its files are compiled, and how linked."""

    output: Path
    flags: tuple[str, ...]
    link: tuple[str, ...]
    libraries: tuple[str, ...] = ()


def library_name(precision: str) -> str:
    """The file of a native library: precision is "f64" or "f32"."""
    ending = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")
    return f"libglassgpt-{precision}.{ending}"


def wasm_name(kind: str) -> str:
    """The file of a WebAssembly module: kind is "f64", "f32" or "f32-relaxed"."""
    return f"glassgpt-{kind}.wasm"


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
    flags, link = (*FLAGS, *position, *extra), ("-shared", *extra)
    targets = [
        Target(into / library_name(name), (*flags, *PRECISIONS[name]), link, ("-lm",))
        for name in precisions
    ]
    return [_build(target, sources, compiler) for target in targets]


def build_wasm(
    into: Path = BUILT,
    sources: Path = FOLDER,
    kinds: Iterable[str] = tuple(WASM),
    kept: Path | None = None,
) -> list[Path]:
    """Build the WebAssembly modules and return their paths.

    Objects are kept in `kept`, or where they always are. Raises GlassGPTError when
    ziglang is not installed, or is of another version.
    """
    compiler = zig_for_wasm()
    targets = [
        Target(into / wasm_name(kind), (*FLAGS, *WASM[kind]), _WASM_LINK)
        for kind in kinds
    ]
    return [_build(target, sources, compiler, kept) for target in targets]


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


def _build(
    target: Target, sources: Path, compiler: Compiler, kept: Path | None = None
) -> Path:
    """Compile all files and link them; the library appears when it is whole."""
    output = target.output
    output.parent.mkdir(exist_ok=True)
    stamp = f'-DGLASSGPT_SOURCES="{source_hash(sources)}"'
    with (
        _objects_folder(kept) as kept,
        tempfile.TemporaryDirectory(dir=output.parent) as folder,
    ):
        objects = compile_all(compiler, sources, [*target.flags, stamp], kept)
        whole = (Path(folder) / output.name).absolute()
        names = [str(path.absolute()) for path in objects]
        link = [*compiler.flags, *target.link, *names, "-o", str(whole)]
        compiler.run([*link, *target.libraries], sources)
        whole.replace(output)
    return output


@contextmanager
def _objects_folder(kept: Path | None) -> Iterator[Path]:
    """Where compiled files stay: in a checkout; nowhere else."""
    checkout = FOLDER.parents[2]
    if kept or (checkout / "hatch_build.py").is_file():
        yield kept or checkout / "build" / "objects"
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


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
            # seconds of work, which a file of these very sources need not wait for
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
