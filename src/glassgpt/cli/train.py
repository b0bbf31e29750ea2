"""glassgpt train: a model from documents, kept in a run folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from glassgpt import checkpoints, config, engines
from glassgpt.checkpoints.run_folder import RECORD, ReadOnlyFolder, RunFolder
from glassgpt.cli.view import output
from glassgpt.cli.view.options import Json
from glassgpt.cli.view.output import in_terminal, say
from glassgpt.cli.view.progress import display
from glassgpt.cli.view.tensorboard import board, require_tensorboard
from glassgpt.config import Record
from glassgpt.config.presets import LESSONS
from glassgpt.data import catalog
from glassgpt.data import load as load_documents
from glassgpt.data.loader import suited
from glassgpt.engines.base import ProcessGroup
from glassgpt.engines.shapes import num_params
from glassgpt.errors import (
    CheckpointError,
    GlassGPTError,
    UsageError,
    invalid,
    missing,
    unknown,
)
from glassgpt.files import json_bytes, reason
from glassgpt.runs.listing import next_run_path
from glassgpt.runs.run import recorded
from glassgpt.training.events import Event, Listener, Result, ignore
from glassgpt.training.session import Session

_NEXT = {
    "glassgpt sample {run} --temperature 0.8": "write more",
    "glassgpt eval {run} --text emma": "how well is a word predicted?",
    "glassgpt train --data my-words.txt": "train on your own, one a line",
    "glassgpt compare": "all six steps side by side",
    "glassgpt show 5": "read the program that just ran",
}


@dataclass(frozen=True)
class Show:
    """How training is told of."""

    json: bool = False
    tensorboard: bool = False


def train(
    step: Annotated[
        int | None, typer.Option("--step", help="The lesson's record: 0 to 5. [5]")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="A record by name: step3, small, char-medium, gpt2-124m, 1b.",
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option("--depth", help="A record of so many layers, the rest derived."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="NAME|FILE|DIR",
            help="A data set's name, a text, one document a line, or a prepared folder."
            " [names]",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option("--engine", help="auto, kernel, torch or reference. [auto]"),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Training steps. [1000]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of order, weights, samples. [42]")
    ] = None,
    holdout: Annotated[
        float | None,
        typer.Option("--holdout", help="Share of documents to keep out, to 0.9. [0]"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A field of the record."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="The run's folder. [runs/<preset>-<n>]",
            readable=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out.")
    ] = False,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard", help="Write for TensorBoard in the run's folder."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Train a model and print twenty documents that it writes.

    The run is kept in a folder: the record, a log, checkpoints. Ctrl-C saves, and
    --resume goes on from there as if nothing had happened.
    """
    given: dict[str, Any] = {**key_values(settings or [])}
    for name, value in {"num_steps": steps, "seed": seed, "holdout": holdout}.items():
        if value is not None:
            given[name] = value
    if tensorboard and engines.rank() == 0:
        require_tensorboard()
    show = Show(json, tensorboard)
    if resume:
        named = (step, preset, depth) != (None, None, None)
        asked = _preset_name(step, preset, depth) if named else None
        _resume(out, asked, given, data, engine, show)
    else:
        data = "names" if data is None else data
        name = _preset_name(step, preset, depth)
        _start(name, given, data, engine, out, show)


def train_with_defaults() -> None:
    """What plain `glassgpt` does: the last lesson on the built-in names."""
    path = _start("step5", {}, "names", None, None, Show())
    commands = {line.format(run=path): why for line, why in _NEXT.items()}
    say("\nWhat to do next:")
    for line, why in commands.items():
        say(f"  {line.ljust(max(map(len, commands)))}  {why}")


def _start(
    preset_name: str,
    given: dict[str, Any],
    data: str,
    engine: str | None,
    out: Path | None,
    show: Show,
) -> Path:
    record = config.preset(preset_name).with_settings(**given)
    if out is None and engines.processes() > 1:
        remedy = "Name the run's folder for all of them: --out DIR"
        raise missing("--out with several processes", remedy)
    corpus = load_documents(data)
    session = Session(suited(record, corpus, given), corpus, engine or "auto")
    path = out or next_run_path(Path("runs"), preset_name)
    if engines.restarts_by_itself() and (path / RECORD).exists():
        folder = _same_run(path, session)
        _train(session, folder, show, resume=True)
        return path
    _train(session, _new_folder(path, session), show)
    return path


def _new_folder(path: Path, session: Session) -> RunFolder:
    """The run's folder, which the leader makes and the others find."""
    group = session.engine.group
    group.wait()  # nobody looks for a run.json that is just being made
    if group.is_leader:
        folder = RunFolder.create(path, session.facts())
    group.wait()
    return folder if group.is_leader else ReadOnlyFolder.open(path)


def _same_run(path: Path, session: Session) -> RunFolder:
    """The folder of a run that torchrun has started before; another is an error."""
    kind = RunFolder if session.engine.group.is_leader else ReadOnlyFolder
    folder = kind.open(path)
    facts = {**session.facts(), "engine": folder.record.get("engine")}
    if json_bytes(facts) != json_bytes(folder.record):
        remedy = "Choose another folder with --out, or repeat its flags."
        raise invalid("--out", path, "it holds another run", remedy)
    return folder


def _resume(
    out: Path | None,
    preset_name: str | None,
    given: dict[str, Any],
    data: str | None,
    engine: str | None,
    show: Show,
) -> None:
    if out is None:
        raise missing("--out", "Name the run to go on with: --resume --out DIR")
    leads = engines.rank() == 0
    folder = (RunFolder if leads else ReadOnlyFolder).open(out)
    record = recorded(folder)
    _refuse_contradictions(folder.record, record, preset_name, given, data)
    session = Session(
        record, load_documents(folder.record["data"]), engine or folder.record["engine"]
    )
    _refuse_other_documents(folder.record, session.facts())
    result = Result.from_log(folder.read_log())
    if result is not None and _is_kept(folder, record.train.num_steps):
        _print_result(session, result, folder, show.json)
        return
    _train(session, folder, show, resume=True)


def _is_kept(folder: RunFolder, step: int) -> bool:
    """Whether the last checkpoint is there; without it the end is trained again."""
    with suppress(CheckpointError):
        checkpoints.load(folder.checkpoints / checkpoints.step_name(step))
        return True
    return False


def _train(
    session: Session, folder: RunFolder, show: Show, resume: bool = False
) -> None:
    group = session.engine.group
    try:
        with folder.lock(), _listener(group, folder, show) as listen:
            group.wait()  # until the leader has the lock
            if resume:
                session.restore(folder, listen)
            result = session.train(listen, folder)
        if group.is_leader:
            _print_result(session, result, folder, show.json)
        group.leave()
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.filename:
            raise
        line = f"invalid output: stdout; {reason(error)}"
        remedy = f"Go on with: glassgpt train --resume --out {folder.path}"
        raise GlassGPTError(line, remedy) from error


@contextmanager
def _listener(group: ProcessGroup, folder: RunFolder, show: Show) -> Iterator[Listener]:
    """What tells of the training; only the leader of a group talks."""
    if not group.is_leader:
        yield ignore
        return
    with display(show.json, in_terminal()) as tell:
        if not show.tensorboard:
            yield tell
            return
        with board(folder.path) as draw:

            def both(event: Event) -> None:
                draw(event)
                tell(event)

            yield both


def _print_result(
    session: Session, result: Result, folder: RunFolder, json: bool
) -> None:
    model, train = session.record.model, session.record.train
    if json:
        facts = {
            "event": "result",
            "run": str(folder.path),
            "num_params": num_params(model),
            "engine": session.engine.name,
            "dtype": train.dtype,
        }
        output.say_json({**facts, **result.to_json()})
        return
    for number, sample in enumerate(result.samples, start=1):
        output.say_sample(number, sample)
    output.say_known(result.samples)
    for line in output.evaluation_lines(result.evaluation) if result.evaluation else ():
        output.say(line)
    output.say(f"run: {output.visible(str(folder.path))}")


def _preset_name(step: int | None, preset: str | None, depth: int | None) -> str:
    """The preset's name, of the one flag that may be given."""
    given = {"--step": step, "--preset": preset, "--depth": depth}
    flags = [flag for flag, value in given.items() if value is not None]
    if len(flags) > 1:
        why = f"{flags[0]} is given too"
        raise invalid(flags[1], given[flags[1]], why, "Take one of the two.")
    if depth is not None:
        return f"depth-{depth}"
    if step is None:
        return preset or "step5"
    if step not in range(6):
        raise unknown("step", step, range(6))
    return f"step{step}"


def key_values(pairs: list[str]) -> dict[str, str]:
    """From key=value words to a dictionary; values stay text."""
    given: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            remedy = "Write it as --set key=value, such as --set n_embd=32."
            raise invalid("--set", pair, "it is no key=value", remedy)
        given[key.strip()] = value.strip()
    return given


def _refuse_contradictions(
    facts: dict[str, Any],
    record: Record,
    preset_name: str | None,
    given: dict[str, Any],
    data: str | None,
) -> None:
    """A flag may repeat what run.json says, and nothing else."""
    remedy = "Leave it out to go on, or train anew in another folder."
    kept = {**asdict(record.model), **asdict(record.train)}
    asked = record.with_settings(**given)
    values = {**asdict(asked.model), **asdict(asked.train)}
    for name in given:
        if values[name] != kept[name]:
            why = f"the run has {kept[name]}"
            raise invalid(name, values[name], why, remedy)
    if preset_name is not None and not _is_of(preset_name, given, record):
        kind = "step" if preset_name in LESSONS else "preset"
        why = f"the run is of step{record.model.step}"
        if kind == "preset":
            why = "the run has another shape"
        raise invalid(kind, preset_name, why, remedy)
    if data is not None:
        where = data if data in catalog.NAMES else str(Path(data).resolve())
        if where != facts["data"]:
            raise invalid("--data", data, f"the run has {facts['data']}", remedy)


def _is_of(preset_name: str, given: dict[str, Any], record: Record) -> bool:
    """Whether a run may have begun with this preset: of the same step, or shape."""
    asked, model = config.preset(preset_name).model, record.model
    if preset_name in LESSONS:
        return asked.step == model.step
    shape = {"n_layer", "n_embd", "n_head", "block_size"} - given.keys()
    return all(getattr(asked, name) == getattr(model, name) for name in shape)


def _refuse_other_documents(kept: dict[str, Any], now: dict[str, Any]) -> None:
    if kept["data_sha256"] != now["data_sha256"]:
        why = "its documents have changed since the run began"
        remedy = "Put the old file back, or train anew in another folder."
        raise invalid("--data", kept["data"], why, remedy, UsageError)
