"""The files of a built site beside its pages, and the smaller copies that are sent."""

import gzip
import hashlib
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from glassgpt import lessons
from glassgpt.guide import cache, stamp
from glassgpt.guide.figures import Figures
from glassgpt.guide.templating import TEMPLATES

try:
    import brotli
except ImportError:  # the site is served all the same, in larger parts
    brotli = None

# what pages load, and the entries of the front end's build
_SCRIPTS = {
    "loader": "figure/loader",
    "page": "page/page",
    "yours": "page/your-data",
}
_STYLE = ("tokens", "page", "parts", "margin", "run", "verify")
_ENCODED = {".html", ".css", ".js", ".mjs", ".json", ".wasm", ".txt", ".py", ".svg"}
# how hard brotli tries: the best for a file of 13 MB takes a minute
_FINE, _FAST, _LARGE = 11, 9, 1_000_000
_SETTINGS = bytes(f"{_FINE} {_FAST} {_LARGE} ", "ascii")


def put_assets(
    target: Path, folder: Path, assets: Path, figures: Figures
) -> dict[str, str]:
    """Style, fonts, code and programs put in place; their names by what they do."""
    kept = target / "assets"
    shutil.copytree(assets, kept, ignore=shutil.ignore_patterns(stamp.NAME))
    fonts = {
        font.stem: keep(kept, font.stem, ".woff2", font.read_bytes())
        for font in sorted((folder / "fonts").glob("*.woff2"))
    }
    for licence in sorted((folder / "fonts").glob("LICENSE*")):
        shutil.copyfile(licence, kept / licence.name)
    programs = target / "programs"
    programs.mkdir()
    for name in (*lessons.FILES, "names.txt"):
        shutil.copyfile(lessons.FOLDER / name, programs / name)
    early = (TEMPLATES / "early.js").read_bytes()
    style = _style(folder, fonts)
    return {
        "inline_style": re.sub(r"@font-face \{[^}]*\}\n", "", style),
        **{f"font_{name}": file for name, file in fonts.items()},
        "style": keep(kept, "guide", ".css", style.encode()),
        "early": keep(kept, "early", ".js", early),
        **{name: figures.script(script) for name, script in _SCRIPTS.items()},
    }


def _style(folder: Path, fonts: dict[str, str]) -> str:
    """All style sheets as one, with the fonts by their names in the site."""
    sheets = [
        (folder / "style" / f"{name}.css").read_text(encoding="utf-8")
        for name in _STYLE
    ]
    style = "\n".join(sheets)
    for name, file in fonts.items():
        style = style.replace(f"../fonts/{name}.woff2", file)
    return _smaller(style)


def _smaller(style: str) -> str:
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
