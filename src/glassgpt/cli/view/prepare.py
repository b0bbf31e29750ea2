"""What `glassgpt data prepare` shows, and what `inspect` says of what it made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from glassgpt.cli.view.options import either
from glassgpt.cli.view.output import console, in_terminal, say, say_json
from glassgpt.data.prepared.dataset import PreparedData
from glassgpt.data.prepared.inspection import Summary, summarize
from glassgpt.data.prepared.job import Job
from glassgpt.data.prepared.manifest import Manifest
from glassgpt.data.prepared.prepare import Progress, prepare
from glassgpt.data.prepared.readers import READERS
from glassgpt.errors import command, invalid, shown
from glassgpt.formatting import format_number

Show = Callable[[Progress], None]
# a line for each of so many parts
_PARTS = 10


def prepare_files(
    files: list[str], out: Path, kinds: list[str], choices: dict[str, Any], json: bool
) -> None:
    """Prepare files, show how far it is, and say what came of it."""
    if len(kinds) > 1:
        why = f"--{kinds[0]} is given too"
        raise invalid("flag", f"--{kinds[1]}", why, "Take one of the two.")
    kind = kinds[0] if kinds else "lines"
    given = {name: value for name, value in choices.items() if value is not None}
    if "text_field" in given and not READERS[kind].has_field:
        flags = [f"--{name}" for name, reader in READERS.items() if reader.has_field]
        remedy = f"Add {either(flags)}, or leave it out."
        raise invalid("--field", given["text_field"], "lines of text have none", remedy)
    for name, flag in (("vocab_size", "--vocab-size"), ("sample", "--sample")):
        if name in given and given["tokenizer"] != "bpe":
            why = f"{given['tokenizer']} has no use for it"
            raise invalid(flag, given[name], why, "Add --tokenizer bpe.")
    job = Job(tuple(files), kind=kind, **given)
    with _shown(json) as show:
        manifest = prepare(job, out, show)
    _say_what_there_is(out, manifest, json)


def _say_what_there_is(out: Path, manifest: Manifest, json: bool) -> None:
    facts = {
        "documents": manifest.documents,
        "tokens": manifest.tokens,
        "vocab_size": manifest.vocab_size,
        "blank": manifest.blank,
        "shards": len(manifest.shards),
        "sha256": manifest.sha256,
    }
    if json:
        say_json({"event": "prepared", "out": str(out), **facts})
        return
    say(_counts(manifest.documents, manifest.tokens))
    if manifest.blank:
        say(f"blank ones dropped: {_number(manifest.blank)}")
    say(f"manifest sha256 {manifest.sha256}")
    say(f"Train on it with: {command('train', '--data', out)}")


def inspect_folder(folder: str, block_size: int, json: bool) -> None:
    """Say what a prepared folder holds; its bytes have been verified."""
    found = summarize(PreparedData(Path(folder), folder), block_size)
    if json:
        say_json(found.to_json())
        return
    for line in _lines(found):
        say(line)


def _lines(found: Summary) -> Iterator[str]:
    count = _number(found.documents)
    yield f"{count} documents prepared in {shown(found.name)}, every byte verified"
    size = format_number(found.bytes / 1e6, 1)
    yield f"  {_number(found.tokens)} tokens, {found.shards} shards, {size} MB"
    yield f"  from {found.sources} files, blank lines dropped {found.blank}"
    yield f"  manifest sha256 {found.sha256}"
    yield ""
    yield f"vocabulary: {_number(found.vocab_size)} {found.tokenizer} tokens with BOS"
    longest, mean = _number(found.longest), format_number(found.mean, 1)
    yield f"length: {found.shortest} to {longest} tokens, mean {mean}"
    line = f"block_size {found.block_size} cuts "
    if not found.cut:
        yield line + "none of them"
        return
    dropped = f"{_number(found.cut)} documents, and drops {_number(found.dropped)}"
    yield f"{line}{dropped} predictions; doc_mode=pack cuts none"


@contextmanager
def _shown(json: bool) -> Iterator[Show]:
    """What suits the output: a bar, lines, or JSON."""
    if json or not in_terminal():
        yield _Lines(_say_json if json else _say_line)
        return
    from rich import progress as rich

    with rich.Progress(
        rich.TextColumn("{task.description:19}"),
        rich.BarColumn(bar_width=24),
        rich.TextColumn("{task.percentage:3.0f}%"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[made]}"),
        console=console(),
    ) as bar:
        yield _Bar(bar)


class _Lines:
    """A line when something else begins, and for every tenth that is done."""

    def __init__(self, tell: Show) -> None:
        self._tell = tell
        self._last: tuple[str, int] | None = None

    def __call__(self, progress: Progress) -> None:
        now = progress.doing, int(progress.done * _PARTS)
        if now != self._last:
            self._last = now
            self._tell(progress)


class _Bar:
    """A bar for each thing that is done."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._tasks: dict[str, Any] = {}

    def __call__(self, progress: Progress) -> None:
        if progress.doing not in self._tasks:
            task = self._bar.add_task(progress.doing, total=1.0, made="")
            self._tasks[progress.doing] = task
        made = f"{_number(progress.tokens)} tokens" if progress.tokens else ""
        task = self._tasks[progress.doing]
        self._bar.update(task, completed=progress.done, made=made)


def _say_line(progress: Progress) -> None:
    line = f"{progress.doing} {progress.done:.0%}"
    if progress.tokens:
        line += f" | {_counts(progress.documents, progress.tokens)}"
    say(line)


def _say_json(progress: Progress) -> None:
    say_json({"event": "progress", **asdict(progress)})


def _counts(documents: int, tokens: int) -> str:
    return f"{_number(documents)} documents, {_number(tokens)} tokens"


def _number(number: int) -> str:
    return format_number(number, 0)
