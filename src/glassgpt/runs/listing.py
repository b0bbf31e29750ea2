"""The runs of a folder: find one, list them, name the next."""

import difflib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassgpt import checkpoints
from glassgpt.checkpoints.run_folder import LOG, RECORD, ReadOnlyFolder, broken_run
from glassgpt.errors import GlassGPTError, UsageError, invalid, pasted, shown, unknown
from glassgpt.runs.documents import at_hand
from glassgpt.training.recorder import diverged_at


@dataclass(frozen=True)
class RunSummary:
    """A line of `glassgpt runs`. `problem` says why a folder could not be read."""

    path: Path
    record: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    num_steps: int = 0
    last_loss: float | None = None
    result: dict[str, Any] | None = None
    problem: str = ""
    diverged_at: int | None = None
    has_data: bool = True
    changed: float = 0.0  # seconds since 1970, of the log's last line

    @property
    def finished(self) -> bool:
        """Whether the run came to its end and logged its result."""
        return self.result is not None

    @property
    def engine(self) -> str:
        """The engine that computed it; of an old run the one that was asked for."""
        return str(self.record.get("engine_used") or self.record.get("engine"))


def list_runs(root: Path) -> list[RunSummary]:
    """The folders in `root`, step5-2 before step5-10. No damage raises an error."""
    return [_summary(path) for path in _folders(root)]


def next_run_path(root: Path, preset: str) -> Path:
    """`root/preset-n`, n being one above the largest there is."""
    names = [path.name for path in root.iterdir()] if root.is_dir() else []
    found = [re.fullmatch(re.escape(preset) + "-([0-9]+)", name) for name in names]
    largest = max((int(match[1]) for match in found if match), default=0)
    return root / f"{preset}-{largest + 1}"


def resolve_run(path: Path) -> ReadOnlyFolder:
    """The run in the folder `path`. The errors name the folder that was meant."""
    if (path / RECORD).is_file():
        return ReadOnlyFolder.open(path)
    for above in list(path.parents)[:2]:
        if (above / RECORD).is_file():
            why = "it is a part of a run"
            raise invalid("run", path, why, f"Give the run's folder: {pasted(above)}")
    if path.is_file():
        remedy = "Give the folder of a run; glassgpt runs lists them."
        raise invalid("run", path, "it is a file, not a folder", remedy)
    roots = dict.fromkeys([path, path.parent, Path("runs")])
    names = [str(p) for root in roots for p in _folders(root) if (p / RECORD).is_file()]
    if not names:
        remedy = "There is none yet. Train one: glassgpt train"
        raise UsageError(f"unknown run: {shown(path)}", remedy)
    near = difflib.get_close_matches(str(path), names, n=3)
    raise unknown("run", path, near or names[-3:])


def _folders(root: Path) -> list[Path]:
    try:
        found = [p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError:
        return []
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[str, int]]:
    parts = re.findall(r"([^0-9]*)([0-9]*)", path.name)
    return [(text, int(digits or 0)) for text, digits in parts]


def _summary(path: Path) -> RunSummary:
    try:
        folder = ReadOnlyFolder.open(path)
        log = folder.read_log()
        whole = [
            s for s in checkpoints.steps(folder.checkpoints) if _is_whole(folder, s)
        ]
    except GlassGPTError as error:
        return RunSummary(path, problem=str(error))
    train = folder.record.get("train")
    num_steps = train.get("num_steps") if isinstance(train, dict) else None
    if not isinstance(num_steps, int):
        why = f"{RECORD} does not name its number of steps"
        return RunSummary(path, folder.record, problem=str(broken_run(path, why)))
    losses = [e["loss"] for e in log if isinstance(e.get("loss"), int | float)]
    results = [e["result"] for e in log if isinstance(e.get("result"), dict)]
    return RunSummary(
        path,
        folder.record,
        max(whole, default=0),
        num_steps,
        losses[-1] if losses else None,
        results[-1] if results else None,
        diverged_at=diverged_at(log),
        has_data=at_hand(folder.record, path),
        changed=_changed(path),
    )


def _changed(path: Path) -> float:
    """When a run was written last."""
    for name in (LOG, RECORD):
        with suppress(OSError):
            return (path / name).stat().st_mtime
    return 0.0


def _is_whole(folder: ReadOnlyFolder, step: int) -> bool:
    return checkpoints.looks_whole(folder.checkpoints / checkpoints.step_name(step))
