"""glassgpt train: a model from documents, kept in a run folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from glassgpt import config, engines
from glassgpt.cli.view import output
from glassgpt.cli.view.options import Json, key_values
from glassgpt.cli.view.output import in_terminal, say
from glassgpt.cli.view.progress import display
from glassgpt.cli.view.tensorboard import board, require_tensorboard
from glassgpt.data import load as load_documents
from glassgpt.data.loader import suited
from glassgpt.engines.shapes import num_params
from glassgpt.errors import GlassGPTError, command, invalid, missing, unknown
from glassgpt.files import reason
from glassgpt.runs.lifecycle import Given, KeptRun, resume_run, start_run
from glassgpt.runs.listing import next_run_path
from glassgpt.training.advice import next_to_try
from glassgpt.training.events import Event, Listener, ignore
from glassgpt.training.result import Result
from glassgpt.training.session import Session

_NEXT = {
    "sample {run} --temperature 0.8": "write more",
    "eval {run} --text emma": "how well is a word predicted?",
    "train --data my-words.txt": "train on your own, one a line",
    "compare": "all six steps side by side",
    "show 5": "read the program that just ran",
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
        typer.Option("--depth", help="A record of that many layers, the rest derived."),
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
        _resume(out, Given(asked, given, data, engine), show)
    else:
        data = "names" if data is None else data
        name = _preset_name(step, preset, depth)
        _start(name, given, data, engine, out, show)


def train_with_defaults() -> None:
    """What plain `glassgpt` does: the last lesson on the built-in names."""
    path = _start("step5", {}, "names", None, None, Show())
    commands = {
        command(*(word.format(run=path) for word in line.split())): why
        for line, why in _NEXT.items()
    }
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
    _train(start_run(session, path), show)
    return path


def _resume(out: Path | None, given: Given, show: Show) -> None:
    if out is None:
        raise missing("--out", "Name the run to go on with: --resume --out DIR")
    kept = resume_run(out, given)
    result = kept.result()
    if result is None:
        _train(kept, show)
    elif kept.leads:
        _print_result(kept, result, show.json)


def _train(kept: KeptRun, show: Show) -> None:
    try:
        with kept.lock(), _listener(kept, show) as listen:
            result = kept.train(listen)
        if kept.leads:
            _print_result(kept, result, show.json)
        kept.session.engine.group.leave()
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.filename:
            raise
        line = f"invalid output: stdout; {reason(error)}"
        again = command("train", "--resume", "--out", kept.folder.path)
        raise GlassGPTError(line, f"Go on with: {again}") from error


@contextmanager
def _listener(kept: KeptRun, show: Show) -> Iterator[Listener]:
    """What tells of the training; of several processes only the leader talks."""
    if not kept.leads:
        yield ignore
        return
    with display(show.json, in_terminal()) as tell:
        if not show.tensorboard:
            yield tell
            return
        with board(kept.folder.path) as draw:

            def both(event: Event) -> None:
                draw(event)
                tell(event)

            yield both


def _print_result(kept: KeptRun, result: Result, json: bool) -> None:
    record, path = kept.session.record, str(kept.folder.path)
    if json:
        facts = {
            "event": "result",
            "run": path,
            "num_params": num_params(record.model),
            "engine": kept.session.engine.name,
            "dtype": record.train.dtype,
        }
        output.say_json({**facts, **result.to_json()})
        return
    for number, sample in enumerate(result.samples, start=1):
        output.say_sample(number, sample)
    output.say_known(result.samples)
    for line in output.evaluation_lines(result.evaluation) if result.evaluation else ():
        output.say(line)
    if result.evaluation:
        counts = kept.session.distinct_trained(), kept.session.distinct_documents()
        if line := next_to_try(result.evaluation, record, *counts):
            output.say(line)
    output.say(f"run: {output.visible(path)}")


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
