"""Compiled C files, each kept under the hash of all that it is made from.

Its own text, that of the headers it includes, the compiler and the flags are hashed; a
-D is when the text has its name. A file that was compiled once, for whatever library,
is not compiled again while nothing of that changes.
"""

import hashlib
import os
import platform
import re
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glassgpt.kernel.compiler import Compiler

_INCLUDE = re.compile(rb'^#include "(.+?)"', re.M)
_KEPT_SECONDS = 30 * 86400  # after the last use


def source_files(folder: Path) -> list[Path]:
    """The C files and headers in a folder and its rooms, sorted by name."""
    return sorted([*folder.rglob("*.c"), *folder.rglob("*.h")])


def compile_all(
    compiler: Compiler, sources: Path, flags: Iterable[str], kept: Path
) -> list[Path]:
    """An object for each C file, in the order of source_files; compiled or kept.

    Raises GlassGPTError when the compiler refuses a file.
    """
    kept.mkdir(parents=True, exist_ok=True)
    files = [path for path in source_files(sources) if path.suffix == ".c"]
    flags = ["-I.", *compiler.flags, *flags]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = [pool.submit(_compile, compiler, f, sources, flags, kept) for f in files]
        objects = [each.result() for each in made]
    _forget_old(kept)
    return objects


def _compile(
    compiler: Compiler, file: Path, sources: Path, flags: list[str], kept: Path
) -> Path:
    """The object of one file. It appears when it is whole: others may build, too."""
    made = kept / f"{_key(compiler, file, sources, flags)}.o"
    if made.is_file():
        made.touch()
        return made
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        whole = (Path(folder) / made.name).absolute()
        name = file.relative_to(sources).as_posix()
        compiler.run([*flags, "-c", name, "-o", str(whole)], sources)
        whole.replace(made)
    return made


def _key(compiler: Compiler, file: Path, sources: Path, flags: list[str]) -> str:
    texts = _with_headers(file, sources)
    whole = b"\n".join(texts.values())
    counted = [flag for flag in flags if _defined(flag) in whole]
    digest = hashlib.sha256()
    for word in (platform.machine(), compiler.version, *compiler.command, *counted):
        digest.update(f"{word}\n".encode())
    for name, text in texts.items():
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _with_headers(file: Path, sources: Path) -> dict[str, bytes]:
    """The text of a file and of all of ours that it includes, by name."""
    texts: dict[str, bytes] = {}
    waiting = [file.relative_to(sources).as_posix()]
    while waiting:
        name = waiting.pop()
        if name in texts or not (sources / name).is_file():
            continue
        texts[name] = (sources / name).read_bytes()
        waiting += [name.decode() for name in _INCLUDE.findall(texts[name])]
    return texts


def _defined(flag: str) -> bytes:
    """The name that a -D defines; for another flag nothing, which all texts have."""
    name = flag.removeprefix("-D").partition("=")[0]
    return name.encode() if flag.startswith("-D") else b""


def _forget_old(kept: Path) -> None:
    """Remove what nobody has used for long."""
    for path in kept.glob("*.o"):
        try:
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink()
        except FileNotFoundError:  # another build was quicker
            continue
