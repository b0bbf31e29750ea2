"""What a prepared folder holds, and whether it still does.

`manifest.json` names every file with its sha256, and nothing that depends on time,
place or version. Its own sha256 is the name of the data: a run records that.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glassgpt import tokenizers
from glassgpt.errors import DataError, GlassGPTError, invalid, missing
from glassgpt.files import json_bytes, reason
from glassgpt.tokenizers import Tokenizer

FORMAT = 1
MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
# up to so many bytes every sha256 is computed when a folder is opened
VERIFIED_WHOLE = 8 << 30
# how much of each end of a larger file is
EDGE = 1 << 16
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """A file's length, the sha256 of its bytes, and that of its two ends."""

    size: int
    sha256: str
    edges: str

    @classmethod
    def of(cls, data: bytes) -> "File":
        """The entry for a file that holds `data`."""
        edges = hashlib.sha256(data[:EDGE] + data[-EDGE:]).hexdigest()
        return cls(len(data), hashlib.sha256(data).hexdigest(), edges)


@dataclass(frozen=True)
class Shard:
    """So many documents: their token ids one after another, and where each ends.

    `tokens` counts one BOS for each document.
    """

    documents: int
    tokens: int
    ids: File
    ends: File


@dataclass(frozen=True)
class Manifest:
    """A prepared folder. `plan` is what was asked for, the files' sha256 included."""

    plan: dict[str, Any]
    documents: int
    tokens: int
    blank: int
    vocab_size: int
    tokenizer: File
    shards: tuple[Shard, ...]

    @property
    def width(self) -> int:
        """The bytes of a token id: 2, or 4 for more than 65,536 tokens."""
        return id_width(self.vocab_size)

    @property
    def kind(self) -> str:
        """The tokenizer as a record names it: char, bytes or bpe."""
        return str(self.plan["tokenizer"])

    @property
    def size(self) -> int:
        """How large the files are together."""
        return sum(entry.size for _, entry in self.files())

    def files(self) -> Iterator[tuple[str, File]]:
        """The name and the entry of every file but the manifest itself."""
        yield TOKENIZER, self.tokenizer
        for number, shard in enumerate(self.shards):
            yield ids_name(number), shard.ids
            yield ends_name(number), shard.ends

    def encoded(self) -> bytes:
        """The bytes of manifest.json."""
        return json_bytes({"format": FORMAT, **asdict(self)}, indent=1)

    @property
    def sha256(self) -> str:
        """The name of the data, as hexadecimal digits."""
        return hashlib.sha256(self.encoded()).hexdigest()


def id_width(vocab_size: int) -> int:
    """The bytes of a token id."""
    return 2 if vocab_size <= 1 << 16 else 4


def ids_name(number: int) -> str:
    """The file with the token ids of a shard, counted from 0."""
    return f"tokens-{number:06d}.bin"


def ends_name(number: int) -> str:
    """The file that says where each document of a shard ends."""
    return f"ends-{number:06d}.bin"


def is_prepared(path: Path) -> bool:
    """Whether `path` is a folder with prepared data in it, good or bad."""
    names = MANIFEST, TOKENIZER, ids_name(0)
    with suppress(OSError):  # such as a name that is too long
        return any((path / name).is_file() for name in names)
    return False


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder. Raises DataError where it is not one of ours."""
    try:
        data = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        remedy = "Put the old file back, or prepare the data into a new folder."
        raise missing(f"{MANIFEST} in {folder}", remedy, DataError) from None
    except OSError as error:
        raise _unreadable(folder, MANIFEST, error) from error
    try:
        found = json.loads(data)
        form = found.pop("format")
        if type(form) is int and form > FORMAT:
            why = f"it has format {form}, not {FORMAT}"
            raise bad(folder, why, "Install a newer glassgpt.")
        manifest = Manifest(
            **{
                **found,
                "tokenizer": File(**found["tokenizer"]),
                "shards": tuple(map(shard_from_json, found["shards"])),
            }
        )
        fits = _adds_up(manifest) and manifest.encoded() == data
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        fits = False
    if not fits:
        raise bad(folder, f"{MANIFEST} is not a manifest of glassgpt, or was changed")
    return manifest


def shard_from_json(found: dict[str, Any]) -> Shard:
    """The shard that `asdict` gave; LookupError or TypeError for anything else."""
    files = {"ids": File(**found["ids"]), "ends": File(**found["ends"])}
    return Shard(**{**found, **files})


def _adds_up(manifest: Manifest) -> bool:
    shards = manifest.shards
    return (
        manifest.plan["tokenizer"] in ("char", "bytes", "bpe")
        and manifest.documents == sum(shard.documents for shard in shards) > 0
        and manifest.tokens == sum(shard.tokens for shard in shards)
        and all(
            0 < shard.documents < shard.tokens
            and shard.ids.size == shard.tokens * manifest.width
            and shard.ends.size == shard.documents * 4
            for shard in shards
        )
    )


def verify(folder: Path, manifest: Manifest, whole: bool = False) -> None:
    """Raise DataError, naming the file, unless the folder holds what it says.

    Every byte is read, or above 8 GB only the ends of each file, if not `whole`.
    """
    expected = {MANIFEST, *(name for name, _ in manifest.files())}
    try:
        names = {item.name for item in folder.iterdir()} - _LITTER
    except OSError as error:
        raise _unreadable(folder, "the folder", error) from error
    for name in sorted(names ^ expected):
        raise bad(folder, f"{name} is {'foreign' if name in names else 'missing'}")
    whole = whole or manifest.size <= VERIFIED_WHOLE
    for name, entry in manifest.files():
        try:
            size = (folder / name).stat().st_size
            if size != entry.size:
                raise bad(folder, f"{name} has {size:,} bytes, not {entry.size:,}")
            check = _is_whole if whole else _has_ends
            same = check(folder / name, entry)
        except OSError as error:
            raise _unreadable(folder, name, error) from error
        if not same:
            other = _whose(folder, manifest, name)
            raise bad(folder, f"{name} {other or 'is not what was written'}")


def require_ends(folder: Path, tokenizer: File, shards: Sequence[Shard]) -> None:
    """Raise DataError or OSError unless these files are there, by size and ends."""
    files = {TOKENIZER: tokenizer}
    for number, shard in enumerate(shards):
        files |= {ids_name(number): shard.ids, ends_name(number): shard.ends}
    for name, entry in files.items():
        path = folder / name
        if path.stat().st_size != entry.size or not _has_ends(path, entry):
            raise bad(folder, f"{name} is not what was written")


def _is_whole(path: Path, entry: File) -> bool:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest() == entry.sha256


def _has_ends(path: Path, entry: File) -> bool:
    with path.open("rb") as file:
        first = file.read(EDGE)
        file.seek(max(0, entry.size - EDGE))
        return hashlib.sha256(first + file.read(EDGE)).hexdigest() == entry.edges


def _whose(folder: Path, manifest: Manifest, name: str) -> str:
    """Where the bytes under a name belong, when that is elsewhere in the folder."""
    for other, entry in manifest.files():
        if other != name and _is_whole(folder / name, entry):
            return f"holds the bytes of {other}"
    return ""


def read_tokenizer(folder: Path, manifest: Manifest) -> Tokenizer:
    """The tokenizer in a folder. Raises DataError where it does not fit."""
    try:
        data = (folder / TOKENIZER).read_bytes()
    except OSError as error:
        raise _unreadable(folder, TOKENIZER, error) from error
    try:
        tokenizer = tokenizers.from_json(json.loads(data))
    except (ValueError, RecursionError, GlassGPTError) as error:
        raise bad(folder, f"{TOKENIZER}: {error}") from None
    if tokenizer.vocab_size != manifest.vocab_size:
        why = f"{TOKENIZER} has {tokenizer.vocab_size} tokens, not "
        raise bad(folder, f"{why}{manifest.vocab_size}")
    return tokenizer


def bad(folder: Path, why: str, remedy: str = "") -> GlassGPTError:
    """The error for a folder that cannot be trusted."""
    remedy = remedy or "Put the old file back, or prepare the data into a new folder."
    return invalid("data", folder, why, remedy, DataError)


def _unreadable(folder: Path, name: str, error: OSError) -> GlassGPTError:
    remedy = "Check that you may read it."
    return bad(folder, f"{name} cannot be read, {reason(error)}", remedy)
