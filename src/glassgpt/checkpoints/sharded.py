"""A checkpoint that several processes write at once, behind the training.

Three moments. The leader makes a folder with `begin`. Each process, in its own time,
writes the tensors that it has with `write_part`, and last a note of their sizes and
sha256. The leader waits for all the notes in `finish`, and gives the folder its name.
They meet in the folder alone: a machine needs to see the same disk, and nothing else.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassgpt.checkpoints.manifest import (
    MANIFEST,
    STATE,
    Entries,
    entry_of,
    file_names,
    manifest_bytes,
    step_name,
    unusable,
)
from glassgpt.checkpoints.publishing import empty_trash, is_there, prune, put_in_place
from glassgpt.checkpoints.tensors import Tensor, tensor_chunks
from glassgpt.errors import CheckpointError, GlassGPTError
from glassgpt.files import (
    TEMPORARY,
    cannot_write,
    json_bytes,
    make_folder,
    replace_file,
    write_file,
)

_BLOCK = 2**22
_LOOK_EVERY = 0.005  # seconds


def begin(folder: Path, step: int) -> None:
    """Make the place where the parts of a step's checkpoint go; the leader does."""
    try:
        make_folder(folder)
        empty_trash(folder)
        _staging(folder, step).mkdir()
    except OSError as error:
        raise cannot_write("checkpoint folder", folder, error) from error


def write_part(
    folder: Path,
    step: int,
    rank: int,
    size: int,
    weights: Mapping[str, Tensor],
    buffers: Mapping[str, Tensor],
) -> None:
    """Write what process `rank` of `size` saves, read it back, and leave a note.

    Raises CheckpointError when it cannot be written; the note then says so too.
    """
    place, names = _staging(folder, step), file_names(size)
    mine = {names[rank]: weights, names[size + rank]: buffers}
    try:
        found = {}
        for name, tensors in mine.items():
            found[name] = _write_tensors(place / name, tensors)
            if _entry_of(place / name) != found[name]:
                raise unusable(place / name, "it was written and does not read back")
    except (OSError, GlassGPTError) as failure:
        error = failure
        if isinstance(failure, OSError):
            error = cannot_write("checkpoint folder", folder, failure)
        note = {"error": str(error), "remedy": getattr(error, "remedy", "")}
        replace_file(_note(place, rank), json_bytes(note))
        raise error from failure
    replace_file(_note(place, rank), json_bytes(found))


def finish(
    folder: Path,
    step: int,
    size: int,
    state: Mapping[str, Any],
    keep_last: int = 2,
    keep_best: int = 0,
) -> None:
    """Publish the checkpoint once all parts are there, and remove what is too old.

    Raises CheckpointError when a part could not be written, or the step is there with
    other contents.
    """
    place, final = _staging(folder, step), folder / step_name(step)
    try:
        entries = _gathered(place, size)
        text = json_bytes({**state, "step": step})
        entries[STATE] = entry_of(text)
        entries = {name: entries[name] for name in file_names(size)}
        write_file(place / STATE, text)
        write_file(place / MANIFEST, manifest_bytes(step, entries))
        if final.exists() and is_there(final, entries):
            shutil.rmtree(place)
        else:
            put_in_place(place, final)
        prune(folder, step, keep_last, keep_best)
    except OSError as error:
        raise cannot_write("checkpoint folder", folder, error) from error


def _gathered(place: Path, size: int) -> Entries:
    """What all the notes say; the notes are removed."""
    entries: Entries = {}
    for rank in range(size):
        note = _note(place, rank)
        while not note.exists():
            time.sleep(_LOOK_EVERY)
        found = json.loads(note.read_bytes())
        if "error" in found:
            raise CheckpointError(found["error"], found["remedy"])
        entries |= {name: (length, sha) for name, (length, sha) in found.items()}
        note.unlink()
    return entries


def _write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("wb") as file:
        for chunk in tensor_chunks(tensors):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _entry_of(path: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _staging(folder: Path, step: int) -> Path:
    return folder / (TEMPORARY + step_name(step))


def _note(place: Path, rank: int) -> Path:
    return place / f"part-{rank:05d}.json"
