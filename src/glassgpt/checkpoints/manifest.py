"""What a checkpoint's folder is called and holds, and whether it still does.

`manifest.json` names the other files with their sizes and sha256, in one form only.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from glassgpt.errors import CheckpointError, GlassGPTError, invalid, missing, shown
from glassgpt.files import json_bytes, read_file, reason

FORMAT = 1
STATE = "state.json"
FILES = ("model.safetensors", "optimizer.safetensors", STATE)
MANIFEST = "manifest.json"

_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
Entries = dict[str, tuple[int, str]]  # size in bytes and sha256, by file name


def step_name(step: int) -> str:
    """The name of a checkpoint's folder."""
    return f"step-{step:09d}"


def steps(folder: Path) -> list[int]:
    """The steps that `folder` has checkpoints of, ascending, verified or not."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, "the folder", error) from error
    return sorted(step for name in names if (step := _parse_step(name)) is not None)


def file_names(parts: int) -> tuple[str, ...]:
    """The files of a checkpoint that so many processes wrote, state.json last."""
    if parts == 1:
        return FILES
    numbers = [f"{k:05d}-of-{parts:05d}" for k in range(1, parts + 1)]
    kinds = ("model", "optimizer")
    return (*(f"{kind}-{n}.safetensors" for kind in kinds for n in numbers), STATE)


def looks_whole(path: Path) -> bool:
    """Whether the files and sizes agree with the manifest; the bytes are not read."""
    try:
        found = read_manifest(path).items()
        return all((path / name).stat().st_size == size for name, (size, _) in found)
    except (CheckpointError, OSError):
        return False


def entry_of(data: bytes) -> tuple[int, str]:
    """Size and sha256 of a file that holds `data`."""
    return len(data), hashlib.sha256(data).hexdigest()


def manifest_bytes(step: int, entries: Entries) -> bytes:
    """The manifest of a checkpoint's files."""
    files = {name: {"size": size, "sha256": h} for name, (size, h) in entries.items()}
    return json_bytes({"format": FORMAT, "step": step, "files": files}, indent=2)


def verified_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's name and bytes, state.json last, verified when it is handed out."""
    for name, entry in read_manifest(path).items():
        size = _size(path, name)  # so that nothing of any size is read
        if size != entry[0]:
            raise unusable(path, f"{name} has {size} bytes, not {entry[0]}")
        data = _read(path, name)
        if entry_of(data)[1] != entry[1]:
            raise unusable(path, f"{name} does not have the sha256 of the manifest")
        yield name, data


def read_manifest(path: Path) -> Entries:
    """Size and sha256 of each file, when the folder holds those and no others."""
    found = _listing(path)
    step = step_of(path)
    entries, written = _parse_manifest(path, _read(path, MANIFEST))
    if written != step:
        raise unusable(path, f"it was saved as {step_name(written)} and then renamed")
    for name in sorted(found.symmetric_difference({*entries, MANIFEST})):
        raise unusable(path, f"{name} is {'foreign' if name in found else 'missing'}")
    return entries


def _parse_manifest(path: Path, data: bytes) -> tuple[Entries, int]:
    try:
        parsed = json.loads(data)
        form, step, files = parsed["format"], parsed["step"], parsed["files"]
        names = file_names(max(1, len(files) // 2))
        entries = {name: (files[name]["size"], files[name]["sha256"]) for name in names}
        # One form only: a manifest with any other byte in it is not ours.
        known = manifest_bytes(step, entries) == data
    except (ValueError, LookupError, TypeError, RecursionError):
        raise unusable(path, f"{MANIFEST} is not a manifest of glassgpt") from None
    if type(form) is int and form > FORMAT:
        raise unusable(
            path, f"format {form}, not {FORMAT}", "Install a newer glassgpt."
        )
    if not known or type(step) is not int:
        raise unusable(path, f"{MANIFEST} is not a manifest of glassgpt")
    return entries, step


def _listing(path: Path) -> set[str]:
    remedy = "Give the folder of a checkpoint, like step-000001000."
    try:
        return {item.name for item in path.iterdir()} - _LITTER
    except FileNotFoundError:
        raise missing(f"checkpoint {shown(path)}", remedy, CheckpointError) from None
    except NotADirectoryError:
        raise unusable(
            path, "it is a file, not a checkpoint's folder", remedy
        ) from None
    except OSError as error:
        raise _unreadable(path, "the folder", error) from error


def _read(path: Path, name: str) -> bytes:
    try:
        return read_file(path / name)
    except FileNotFoundError:
        raise unusable(path, f"{name} is missing") from None
    except OSError as error:
        raise _unreadable(path, name, error) from error


def _size(path: Path, name: str) -> int:
    try:
        return (path / name).stat().st_size
    except FileNotFoundError:
        raise unusable(path, f"{name} is missing") from None
    except OSError as error:
        raise _unreadable(path, name, error) from error


def step_of(path: Path) -> int:
    """The step in the name of a checkpoint's folder. Raises CheckpointError."""
    step = _parse_step(path.resolve().name)
    if step is None:
        raise unusable(path, "its name is not like step-000001000")
    return step


def _parse_step(name: str) -> int | None:
    match = re.fullmatch(r"step-([0-9]{9,18})", name)
    step = int(match[1]) if match else -1
    return step if step_name(step) == name else None


def unusable(path: Path, why: str, remedy: str = "") -> GlassGPTError:
    """The error for a checkpoint that cannot be used."""
    remedy = remedy or "Go on from the newest that verifies: train --resume."
    return invalid("checkpoint", path, why, remedy, CheckpointError)


def _unreadable(path: Path, name: str, error: OSError) -> GlassGPTError:
    remedy = "Check that you may read it."
    return unusable(path, f"{name} cannot be read, {reason(error)}", remedy)
