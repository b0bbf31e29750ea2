"""glassgpt runs: what was trained here."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from glassgpt.cli.view.options import Json
from glassgpt.cli.view.output import say, say_json, visible
from glassgpt.config import Record
from glassgpt.engines.shapes import num_params
from glassgpt.errors import GlassGPTError, command, invalid
from glassgpt.formatting import format_number
from glassgpt.runs.listing import RunSummary, list_runs

DEFAULT = Path("runs")


def runs(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to look.", readable=False)
    ] = DEFAULT,
    json: Json = False,
) -> None:
    """List the runs in a folder: how far they are, and how good."""
    if folder != DEFAULT and not folder.is_dir():
        why = "it is a file, not a folder" if folder.exists() else "there is none"
        raise invalid("folder", folder, why, "Name the folder that holds the runs.")
    summaries = list_runs(folder)
    if json:
        for summary in summaries:
            say_json(_plain(summary))
        return
    if not summaries:
        say(f"no run in {folder}. Train one with: glassgpt train")
        return
    names = [visible(str(summary.path)) for summary in summaries]
    width = max(map(len, names))
    for name, summary in zip(names, summaries, strict=True):
        say(f"{name.ljust(width)}  {_state(summary)}")


def _state(summary: RunSummary) -> str:
    if summary.problem:
        return summary.problem
    words = [f"step {format_number(summary.step, 0)} / "]
    words[0] += format_number(summary.num_steps, 0)
    heldout = (summary.result or {}).get("heldout_loss")
    if heldout is not None:
        words.append(f"held-out {format_number(heldout)}")
    words += _facts(summary)
    if summary.diverged_at:
        words.append(f"diverged at step {format_number(summary.diverged_at, 0)}")
    elif not summary.finished:
        again = ["train", "--resume", "--out", str(summary.path)]
        again += [] if summary.has_data else ["--data", "FILE"]
        words.append(f"go on with: {command(*again)}")
    if not (summary.has_data or summary.diverged_at):
        words.append(f"its data has moved: {visible(str(summary.record.get('data')))}")
    return "  ".join(words)


def _facts(summary: RunSummary) -> list[str]:
    """Its data, its size, its engine and when it was written last."""
    data = Path(str(summary.record.get("data"))).name
    words = [visible(data)]
    if weights := _num_params(summary):
        words.append(f"{format_number(weights, 0)} weights")
    engine = f"{summary.engine} engine"
    date = datetime.fromtimestamp(summary.changed).strftime("%Y-%m-%d %H:%M")
    return [*words, visible(engine), date]


def _num_params(summary: RunSummary) -> int:
    """How many weights its model has; 0 for a record that cannot be read."""
    with suppress(GlassGPTError):
        return num_params(Record.from_json(summary.record).model)
    return 0


def _plain(summary: RunSummary) -> dict[str, Any]:
    return {
        "run": str(summary.path),
        "step": summary.step,
        "num_steps": summary.num_steps,
        "finished": summary.finished,
        "last_loss": summary.last_loss,
        "heldout_loss": (summary.result or {}).get("heldout_loss"),
        "data": summary.record.get("data"),
        "num_params": _num_params(summary),
        "engine": summary.engine,
        "changed": datetime.fromtimestamp(summary.changed, UTC).isoformat(),
        "diverged_at": summary.diverged_at,
        "problem": summary.problem,
    }
