"""The life of a run in a folder: it is started, gone on with, and followed.

Of several processes the one of rank 0 leads: it makes the folder, holds its lock and
writes. The others follow: they find the folder and read.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glassgpt import checkpoints, config, data, engines
from glassgpt.checkpoints.run_folder import RECORD, ReadOnlyFolder, RunFolder
from glassgpt.config import Record
from glassgpt.config.presets import LESSONS
from glassgpt.data import Documents, catalog
from glassgpt.data.documents import FROM_PYTHON
from glassgpt.data.loader import suited
from glassgpt.errors import CheckpointError, invalid, missing
from glassgpt.files import json_bytes
from glassgpt.runs.documents import find, given_again, keep
from glassgpt.runs.run import Run, loaded, recorded, run_of
from glassgpt.training.events import Listener, ignore
from glassgpt.training.loop import train as train_session
from glassgpt.training.recorder import restore
from glassgpt.training.result import Result
from glassgpt.training.session import Session

_ANEW = "Leave it out to go on, or train anew in another folder."


def train(
    documents: Documents | None = None,
    *,
    step: int | None = None,
    steps: int | None = None,
    engine: str | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    on_event: Listener = ignore,
    **settings: object,
) -> Run:
    """Train a model and return its run.

    `documents` is the name of a data set, a file, a prepared folder, or the documents
    themselves; by default the built-in names. `step` is the lesson whose record is
    used, by default 5, `steps` how many training steps; `settings` are fields of the
    record, such as n_embd=32. `engine` is auto, kernel, torch or reference.

    With `out`, the run is kept there. With `resume`, the run that is there goes on from
    its newest checkpoint; what else is given must be what it was begun with.

    Raises UsageError for settings that cannot be, DataError for documents that cannot
    be read, CheckpointError where there is no run to go on with, DivergedError when the
    loss stops being a number.
    """
    if steps is not None:
        settings["num_steps"] = steps
    name = None if step is None else f"step{step}"
    if resume:
        if out is None:
            raise missing("out", "Name the run to go on with: out=DIR, resume=True")
        given = Given(name, settings, documents, engine)
        return _trained(resume_run(Path(out), given), on_event)
    record = config.preset(name or "step5").with_settings(**settings)
    corpus = data.load("names" if documents is None else documents)
    session = Session(suited(record, corpus, settings), corpus, engine or "auto")
    if out is None:
        return run_of(session, train_session(session, on_event))
    return _trained(start_run(session, Path(out)), on_event)


@dataclass(frozen=True)
class Given:
    """What a caller says of a run to go on with; what is None is left to the run."""

    preset_name: str | None = None
    settings: Mapping[str, Any] | None = None
    documents: Documents | None = None
    engine: str | None = None


@dataclass(frozen=True)
class KeptRun:
    """A session and the folder that keeps it; `begun` where that holds a part of it."""

    session: Session
    folder: ReadOnlyFolder
    begun: bool = False

    @property
    def leads(self) -> bool:
        """Whether this process is the one that talks and writes."""
        return self.session.engine.group.is_leader

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder; on every process, until the leader has it."""
        with self.folder.lock():
            self.session.engine.group.wait()
            yield

    def train(self, listen: Listener = ignore) -> Result:
        """Train to the end, from where the folder is. The caller holds the lock."""
        if self.begun:
            restore(self.session, self.folder, listen)
            self.folder.rewrite(engine_used=self.session.engine.name)
        return train_session(self.session, listen, self.folder)

    def result(self) -> Result | None:
        """What a finished run has come to; None while there is something to train.

        Without the last checkpoint the end is trained again.
        """
        result = Result.from_log(self.folder.read_log())
        if result is not None:
            last = checkpoints.step_name(self.session.record.train.num_steps)
            with suppress(CheckpointError):
                checkpoints.load(self.folder.checkpoints / last)
                return result
        return None


def start_run(session: Session, path: Path) -> KeptRun:
    """A new run in the folder `path`, which the leader makes and the others find.

    Where torchrun starts the same processes again, it is the run that they began.
    Raises UsageError where something else is there.
    """
    if engines.restarts_by_itself() and (path / RECORD).exists():
        return KeptRun(session, _same_run(path, session), begun=True)
    group = session.engine.group
    group.wait()  # nobody looks for a run.json that is just being made
    if group.is_leader:
        keep(RunFolder.create(path, session.facts()), session.corpus)
    group.wait()
    return KeptRun(session, open_run(path))


def resume_run(path: Path, given: Given) -> KeptRun:
    """The run in the folder `path`, to go on with.

    Raises UsageError where what is given contradicts it, or its documents have changed.
    """
    folder = open_run(path)
    record = recorded(folder)
    _refuse_contradictions(record, given, folder)
    if given.documents is None:
        corpus = find(folder.record, path)
    else:
        corpus = given_again(folder.record, given.documents)
    session = Session(record, corpus, given.engine or folder.record["engine"])
    if given.documents is not None:
        _remember(session.facts()["data"], folder)
    return KeptRun(session, folder, begun=True)


def _remember(data: str, folder: ReadOnlyFolder) -> None:
    """Write where a run's documents are now, so that nobody must say it again."""
    nameless = {*catalog.NAMES, FROM_PYTHON}
    if folder.record["data"] in nameless or data in nameless or not Path(data).exists():
        return
    with folder.lock():
        folder.rewrite(data=data)


def open_run(path: Path) -> ReadOnlyFolder:
    """The folder of a run: to write for the process that leads, to read for others."""
    return (ReadOnlyFolder if engines.rank() else RunFolder).open(path)


def _trained(kept: KeptRun, listen: Listener) -> Run:
    if kept.begun and kept.result() is not None:
        return loaded(kept.folder, listen, kept.session.corpus)
    with kept.lock():
        result = kept.train(listen)
    kept.session.engine.group.wait()  # nobody reads what the leader still writes
    return run_of(kept.session, result)


def _same_run(path: Path, session: Session) -> ReadOnlyFolder:
    """The folder of a run that torchrun has started before; another is an error."""
    folder = open_run(path)
    facts = session.facts()
    engines_of = {name: facts[name] for name in ("engine", "engine_used")}
    if json_bytes(facts) != json_bytes({**folder.record, **engines_of}):
        remedy = "Choose another folder with --out, or repeat its flags."
        raise invalid("--out", path, "it holds another run", remedy)
    return folder


def _refuse_contradictions(
    record: Record, given: Given, folder: ReadOnlyFolder
) -> None:
    """What is given may repeat what run.json says, and nothing else."""
    settings = given.settings or {}
    kept, asked = _fields(record), _fields(record.with_settings(**settings))
    for name in settings:
        if asked[name] != kept[name]:
            remedy = _ANEW
            if name == "num_steps" and Result.from_log(folder.read_log()):
                remedy = "It has had them all: train anew in another folder with --out."
            raise invalid(name, asked[name], f"the run has {kept[name]}", remedy)
    if given.preset_name is not None:
        _refuse_other_preset(given.preset_name, settings, record)


def _fields(record: Record) -> dict[str, Any]:
    return {**asdict(record.model), **asdict(record.train)}


def _refuse_other_preset(
    name: str, settings: Mapping[str, Any], record: Record
) -> None:
    """Refuse a preset that the run cannot have begun with: another step, or shape."""
    asked, model = config.preset(name).model, record.model
    if name in LESSONS:
        if asked.step != model.step:
            why = f"the run is of step{model.step}"
            raise invalid("step", name, why, _ANEW)
        return
    shape = {"n_layer", "n_embd", "n_head", "block_size"} - settings.keys()
    if any(getattr(asked, field) != getattr(model, field) for field in shape):
        raise invalid("preset", name, "the run has another shape", _ANEW)
