"""The files of a built site: their names, and the smaller copies that are sent."""

import gzip
import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from glassgpt.guide import cache

try:
    import brotli
except ImportError:  # the site is served all the same, in larger parts
    brotli = None

_ENCODED = {".html", ".css", ".js", ".mjs", ".json", ".wasm", ".txt", ".py", ".svg"}
# how hard brotli tries: the best for a file of 13 MB takes a minute
_FINE, _FAST, _LARGE = 11, 9, 1_000_000
_SETTINGS = bytes(f"{_FINE} {_FAST} {_LARGE} ", "ascii")


def smaller(style: str) -> str:
    """A style sheet without comments and indentation."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    return "\n".join(line.strip() for line in style.splitlines() if line.strip()) + "\n"


def keep(folder: Path, stem: str, suffix: str, body: bytes) -> str:
    """Write a file under a name that changes with what is in it."""
    name = f"{stem}-{hashlib.sha256(body).hexdigest()[:8]}{suffix}"
    (folder / name).write_bytes(body)
    return name


def encode_all(target: Path) -> None:
    """The smaller copies that the server and many hosts send."""
    files = [file for file in target.rglob("*") if file.suffix in _ENCODED]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        # the largest first, so that none of them is waited for at the end
        files.sort(key=lambda file: file.stat().st_size, reverse=True)
        list(threads.map(_encode, files))


def _encode(file: Path) -> None:
    body = file.read_bytes()
    name = hashlib.sha256(_SETTINGS + body).hexdigest()
    for suffix, encode in _ENCODERS.items():
        made = cache.recall("encoded", name + suffix, partial(encode, body))
        file.with_name(file.name + suffix).write_bytes(made)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=_FINE if len(body) < _LARGE else _FAST))


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, _FAST, mtime=0)


_ENCODERS = {".gz": _gzip, **({".br": _brotli} if brotli else {})}
