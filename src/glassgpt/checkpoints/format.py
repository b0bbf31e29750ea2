"""Checkpoints: the one format that every engine and the browser read.

A checkpoint is a folder `step-000001000` of three files and a manifest with their
sizes and sha256. Where several processes saved it (`parts.py`), each wrote a file of
weights and one of buffers, of whole tensors: `model-00001-of-00004.safetensors`. It
appears under its name complete or not at all, is never overwritten, and is read only
when every byte verifies.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassgpt.checkpoints.tensors import Tensor, decode_tensors, encode_tensors
from glassgpt.errors import CheckpointError, GlassGPTError, invalid, missing, shown
from glassgpt.files import (
    TEMPORARY,
    cannot_write,
    json_bytes,
    make_folder,
    reason,
    sync_folder,
    write_file,
)

__all__ = [
    "Checkpoint",
    "Tensor",
    "decode_tensors",
    "encode_tensors",
    "load",
    "looks_whole",
    "newest",
    "publish",
    "step_name",
    "steps",
]

FORMAT = 1
STATE = "state.json"
FILES = ("model.safetensors", "optimizer.safetensors", STATE)
MANIFEST = "manifest.json"
SLOW_SAVE = "GLASSGPT_TEST_SLOW_SAVE"

_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
Entries = dict[str, tuple[int, str]]  # size in bytes and sha256, by file name


@dataclass(frozen=True)
class Checkpoint:
    """One verified checkpoint; `state["step"]` equals `step`."""

    step: int
    model: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    state: dict[str, Any]
    path: Path


def publish(
    folder: Path,
    step: int,
    model: Mapping[str, Tensor],
    optimizer: Mapping[str, Tensor],
    state: Mapping[str, Any],
    keep_last: int = 2,
    keep_best: int = 0,
) -> Path:
    """Write the checkpoint of `step` under `folder` and return its own folder.

    `state` is JSON; `step` is added to it. Once the new checkpoint has been read back,
    older ones beyond `keep_last` (counting this one; 0 keeps all) are removed, save the
    `keep_best` whose state has the lowest heldout_loss. The caller is the folder's only
    writer: it holds the run's lock.
    Raises CheckpointError when it cannot be written or `step` is there with other
    contents; the earlier checkpoints are then as they were.
    """
    files = dict(zip(FILES, _encoded(step, model, optimizer, state), strict=True))
    entries = {name: entry_of(data) for name, data in files.items()}
    final = folder / step_name(step)
    try:
        make_folder(folder)
        empty_trash(folder)
        if not is_there(final, entries):
            _write(final, files)
            if not is_there(final, entries):
                raise bad(final, "it was written and does not read back")
        prune(folder, step, keep_last, keep_best)
    except OSError as error:
        raise cannot_write("checkpoint folder", folder, error) from error
    return final


def load(path: Path) -> Checkpoint:
    """Read the checkpoint in the folder `path`.

    Raises CheckpointError, naming the file, unless the folder holds exactly the files
    of its manifest, their sizes and sha256 agree, and the step in the folder's name is
    the step inside.
    """
    found: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
    step, state = _step_of(path), None
    for name, data in _contents(path):
        if name == STATE:
            state = _parsed_state(path, data)
        else:
            _add(path, found[re.split("[-.]", name)[0]], data)
    if not isinstance(state, dict) or state.get("step") != step:
        raise bad(path, f"state.json is not of step {step}")
    return Checkpoint(step, found["model"], found["optimizer"], state, path)


def newest(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint that verifies; `warn` gets a line for each damaged one."""
    for step in reversed(steps(folder)):
        try:
            return load(folder / step_name(step))
        except CheckpointError as error:
            warn(f"{error}; step {step} is left out")
    return None


def steps(folder: Path) -> list[int]:
    """The steps that `folder` has checkpoints of, ascending, verified or not."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, "the folder", error) from error
    return sorted(step for name in names if (step := _parse_step(name)) is not None)


def looks_whole(path: Path) -> bool:
    """Whether the files and sizes agree with the manifest; the bytes are not read."""
    try:
        found = _manifest(path).items()
        return all((path / name).stat().st_size == size for name, (size, _) in found)
    except (CheckpointError, OSError):
        return False


def step_name(step: int) -> str:
    """The name of a checkpoint's folder."""
    return f"step-{step:09d}"


def file_names(parts: int) -> tuple[str, ...]:
    """The files of a checkpoint that so many processes wrote, state.json last."""
    if parts == 1:
        return FILES
    numbers = [f"{k:05d}-of-{parts:05d}" for k in range(1, parts + 1)]
    kinds = ("model", "optimizer")
    return (*(f"{kind}-{n}.safetensors" for kind in kinds for n in numbers), STATE)


def _add(path: Path, into: dict[str, Tensor], data: bytes) -> None:
    try:
        tensors = decode_tensors(data)
    except CheckpointError as error:
        raise bad(path, str(error)) from error
    for name in sorted(into.keys() & tensors.keys()):
        raise bad(path, f"tensor {name} is in two of its files")
    into.update(tensors)


def _parsed_state(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise bad(path, "state.json is not JSON") from error


def _encoded(
    step: int,
    model: Mapping[str, Tensor],
    optimizer: Mapping[str, Tensor],
    state: Mapping[str, Any],
) -> tuple[bytes, bytes, bytes]:
    if state.get("step", step) != step:
        raise _bad_state(f"step {state['step']}", f"it is saved as step {step}")
    try:
        text = json_bytes({**state, "step": step})
    except (TypeError, ValueError) as error:
        raise _bad_state(f"step {step}", str(error)) from error
    return encode_tensors(model), encode_tensors(optimizer), text


def manifest_bytes(step: int, entries: Entries) -> bytes:
    """The manifest of a checkpoint's files."""
    files = {name: {"size": size, "sha256": h} for name, (size, h) in entries.items()}
    return json_bytes({"format": FORMAT, "step": step, "files": files}, indent=2)


def entry_of(data: bytes) -> tuple[int, str]:
    """Size and sha256 of a file that holds `data`."""
    return len(data), hashlib.sha256(data).hexdigest()


def is_there(final: Path, entries: Entries) -> bool:
    """Whether `final` verifies and holds these files; other contents are an error."""
    try:
        for _ in _contents(final):
            pass
        same = _manifest(final) == entries
    except CheckpointError:
        return False
    if not same:
        why = "it is there with other contents and is not overwritten"
        raise bad(final, why, "Train into another folder with --out.")
    return True


def _write(final: Path, files: Mapping[str, bytes]) -> None:
    temporary = final.with_name(TEMPORARY + final.name)
    entries = {name: entry_of(data) for name, data in files.items()}
    manifest = manifest_bytes(_step_of(final), entries)
    try:
        temporary.mkdir()
        for name, data in {**files, MANIFEST: manifest}.items():
            write_file(temporary / name, data)
            time.sleep(float(os.environ.get(SLOW_SAVE) or 0))
        put_in_place(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a folder that is complete its name, through to the disk."""
    sync_folder(temporary)
    _move_aside(final)
    temporary.rename(final)
    sync_folder(final.parent)


def _move_aside(damaged: Path) -> None:
    """Rename what stands at `damaged`, if anything, to the first free name."""
    k = 1
    while os.path.lexists(aside := f"{damaged}.damaged-{k}"):
        k += 1
    if os.path.lexists(damaged):
        damaged.rename(aside)


def prune(folder: Path, step: int, keep_last: int, keep_best: int = 0) -> None:
    """Remove checkpoints before `step` beyond the last, save the best."""
    kept = [s for s in steps(folder) if s <= step]
    best = _best(folder, kept, keep_best)
    for old in kept[:-keep_last] if keep_last > 0 else []:
        if old in best:
            continue
        # Renamed first: a kill halfway leaves rubbish, not a damaged checkpoint.
        name = step_name(old)
        (folder / name).rename(folder / (TEMPORARY + name))
    empty_trash(folder)


def _best(folder: Path, among: list[int], count: int) -> list[int]:
    """The steps whose held-out loss was lowest, of those where it was measured."""
    losses = {}
    for step in among if count else []:
        with suppress(OSError, ValueError, LookupError, TypeError):
            state = json.loads((folder / step_name(step) / STATE).read_bytes())
            losses[step] = float(state["heldout_loss"])
    return sorted(losses, key=lambda step: (losses[step], step))[:count]


def empty_trash(folder: Path) -> None:
    """Remove what was begun and never finished."""
    for path in folder.glob(TEMPORARY + "*"):
        shutil.rmtree(path, ignore_errors=True)


def _parse_step(name: str) -> int | None:
    match = re.fullmatch(r"step-([0-9]{9,18})", name)
    step = int(match[1]) if match else -1
    return step if step_name(step) == name else None


def _step_of(path: Path) -> int:
    step = _parse_step(path.resolve().name)
    if step is None:
        raise bad(path, "its name is not like step-000001000")
    return step


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's name and bytes, state.json last, verified when it is handed out."""
    for name, entry in _manifest(path).items():
        data = _read(path, name)
        size, sha256 = entry_of(data)
        if size != entry[0]:
            raise bad(path, f"{name} has {size} bytes, not {entry[0]}")
        if sha256 != entry[1]:
            raise bad(path, f"{name} does not have the sha256 of the manifest")
        yield name, data


def _manifest(path: Path) -> Entries:
    """Size and sha256 of each file, when the folder holds those and no others."""
    found = _listing(path)
    step = _step_of(path)
    entries, written = _parse_manifest(path, _read(path, MANIFEST))
    if written != step:
        raise bad(path, f"it was saved as {step_name(written)} and then renamed")
    for name in sorted(found.symmetric_difference({*entries, MANIFEST})):
        raise bad(path, f"{name} is {'foreign' if name in found else 'missing'}")
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
        raise bad(path, f"{MANIFEST} is not a manifest of glassgpt") from None
    if type(form) is int and form > FORMAT:
        raise bad(path, f"format {form}, not {FORMAT}", "Install a newer glassgpt.")
    if not known or type(step) is not int:
        raise bad(path, f"{MANIFEST} is not a manifest of glassgpt")
    return entries, step


def _listing(path: Path) -> set[str]:
    remedy = "Give the folder of a checkpoint, like step-000001000."
    try:
        return {item.name for item in path.iterdir()} - _LITTER
    except FileNotFoundError:
        raise missing(f"checkpoint {shown(path)}", remedy, CheckpointError) from None
    except NotADirectoryError:
        raise bad(path, "it is a file, not a checkpoint's folder", remedy) from None
    except OSError as error:
        raise _unreadable(path, "the folder", error) from error


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except FileNotFoundError:
        raise bad(path, f"{name} is missing") from None
    except OSError as error:
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: OSError) -> GlassGPTError:
    remedy = "Check that you may read it."
    return bad(path, f"{name} cannot be read, {reason(error)}", remedy)


def bad(path: Path, why: str, remedy: str = "") -> GlassGPTError:
    """The error for a checkpoint that cannot be used."""
    remedy = remedy or "Go on from the newest that verifies: train --resume."
    return invalid("checkpoint", path, why, remedy, CheckpointError)


def _bad_state(value: object, why: str) -> GlassGPTError:
    remedy = "It holds JSON values and no NaN or infinity."
    return invalid("state", value, why, remedy, CheckpointError)
