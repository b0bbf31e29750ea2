"""A checkpoint gets its place among those of its run, and old ones go."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from glassgpt.checkpoints.manifest import (
    STATE,
    Entries,
    read_manifest,
    step_name,
    steps,
    unusable,
    verified_files,
)
from glassgpt.errors import CheckpointError
from glassgpt.files import TEMPORARY, sync_folder


def is_there(final: Path, entries: Entries) -> bool:
    """Whether `final` verifies and holds these files; other contents are an error."""
    try:
        for _ in verified_files(final):
            pass
        same = read_manifest(final) == entries
    except CheckpointError:
        return False
    if not same:
        why = "it is there with other contents and is not overwritten"
        raise unusable(final, why, "Train into another folder with --out.")
    return True


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
