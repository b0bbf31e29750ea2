"""Checkpoints: the one format that every engine and the browser read.

A checkpoint is a folder `step-000001000` of three files and a manifest with their
sizes and sha256. Where several processes saved it (`sharded.py`), each wrote a file of
weights and one of buffers, of whole tensors: `model-00001-of-00004.safetensors`. It
appears under its name complete or not at all, is never overwritten, and is read only
when every byte verifies.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassgpt.checkpoints.manifest import (
    FILES,
    MANIFEST,
    STATE,
    entry_of,
    manifest_bytes,
    step_name,
    step_of,
    steps,
    unusable,
    verified_files,
)
from glassgpt.checkpoints.publishing import empty_trash, is_there, prune, put_in_place
from glassgpt.checkpoints.tensors import Tensor, decode_tensors, encode_tensors
from glassgpt.errors import CheckpointError, GlassGPTError, invalid
from glassgpt.files import TEMPORARY, cannot_write, json_bytes, make_folder, write_file


@dataclass(frozen=True)
class Snapshot:
    """A moment of a run: its weights, what the optimiser remembers, and JSON.

    `step` is added to `state`, or agrees with the one that is in it.
    """

    step: int
    weights: Mapping[str, Tensor]
    buffers: Mapping[str, Tensor]
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint(Snapshot):
    """A snapshot in its folder `path`, verified; `state["step"]` equals `step`."""

    path: Path


def publish(
    folder: Path, snapshot: Snapshot, keep_last: int = 2, keep_best: int = 0
) -> Path:
    """Write a snapshot's checkpoint under `folder` and return its own folder.

    Once the new checkpoint has been read back, older ones beyond `keep_last` (counting
    this one; 0 keeps all) are removed, save the `keep_best` whose state has the lowest
    heldout_loss. The caller is the folder's only writer: it holds the run's lock.
    Raises CheckpointError when it cannot be written or the step is there with other
    contents; the earlier checkpoints are then as they were.
    """
    files = _encoded(snapshot)
    entries = {name: entry_of(data) for name, data in files.items()}
    final = folder / step_name(snapshot.step)
    try:
        make_folder(folder)
        empty_trash(folder)
        if not is_there(final, entries):
            _write(final, {**files, MANIFEST: manifest_bytes(snapshot.step, entries)})
            if not is_there(final, entries):
                raise unusable(final, "it was written and does not read back")
        prune(folder, snapshot.step, keep_last, keep_best)
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
    step, state = step_of(path), None
    for name, data in verified_files(path):
        if name == STATE:
            state = _parsed_state(path, data)
        else:
            _add(path, found[re.split("[-.]", name)[0]], data)
    if not isinstance(state, dict) or state.get("step") != step:
        raise unusable(path, f"state.json is not of step {step}")
    return Checkpoint(step, found["model"], found["optimizer"], state, path)


def newest(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint that verifies; `warn` gets a line for each damaged one."""
    for step in reversed(steps(folder)):
        try:
            return load(folder / step_name(step))
        except CheckpointError as error:
            warn(f"{error}; step {step} is left out")
    return None


def _add(path: Path, into: dict[str, Tensor], data: bytes) -> None:
    try:
        tensors = decode_tensors(data)
    except CheckpointError as error:
        raise unusable(path, str(error)) from error
    for name in sorted(into.keys() & tensors.keys()):
        raise unusable(path, f"tensor {name} is in two of its files")
    into.update(tensors)


def _parsed_state(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unusable(path, "state.json is not JSON") from error


def _encoded(snapshot: Snapshot) -> dict[str, bytes]:
    step, state = snapshot.step, snapshot.state
    if state.get("step", step) != step:
        raise _bad_state(f"step {state['step']}", f"it is saved as step {step}")
    try:
        text = json_bytes({**state, "step": step})
    except (TypeError, ValueError) as error:
        raise _bad_state(f"step {step}", str(error)) from error
    weights, buffers = map(encode_tensors, (snapshot.weights, snapshot.buffers))
    return dict(zip(FILES, (weights, buffers, text), strict=True))


def _write(final: Path, files: Mapping[str, bytes]) -> None:
    temporary = final.with_name(TEMPORARY + final.name)
    try:
        temporary.mkdir()
        for name, data in files.items():
            write_file(temporary / name, data)
        put_in_place(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _bad_state(value: object, why: str) -> GlassGPTError:
    remedy = "It holds JSON values and no NaN or infinity."
    return invalid("state", value, why, remedy, CheckpointError)
