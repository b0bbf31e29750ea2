"""The files of a built site: their names, and the smaller copies that are sent."""

import gzip
import hashlib
import re
from pathlib import Path

try:
    import brotli
except ImportError:  # the site is served all the same, in larger parts
    brotli = None

_ENCODED = {".html", ".css", ".js", ".mjs", ".json", ".wasm", ".txt", ".py", ".svg"}


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
    for file in sorted(target.rglob("*")):
        if file.suffix not in _ENCODED or not file.is_file():
            continue
        body = file.read_bytes()
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(body, 9, mtime=0))
        if brotli is not None:
            quality = 11 if len(body) < 1_000_000 else 9
            made = brotli.compress(body, quality=quality)
            file.with_name(f"{file.name}.br").write_bytes(made)
