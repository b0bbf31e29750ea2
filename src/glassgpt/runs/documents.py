"""The documents of a run: in its folder, where they were, beside it, or given again.

Whatever they are called and wherever they lie, their sha256 says that they are those
of the run.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassgpt import data
from glassgpt.checkpoints.run_folder import ReadOnlyFolder
from glassgpt.data import Documents, catalog
from glassgpt.data.documents import FROM_PYTHON, Corpus
from glassgpt.errors import DataError, UsageError, invalid, missing
from glassgpt.files import cannot_write, replace_file

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData

# a run's own documents, of one that was trained on a list
KEPT = "documents.txt"
# how far above a run's folder a file of the old name is looked for
_ABOVE = 3
_AGAIN = "name them where they are now: --data FILE, in Python documents=..."


def keep(folder: ReadOnlyFolder, corpus: "Corpus | PreparedData") -> None:
    """Keep in a run's folder the documents that have no file: those from Python."""
    if not isinstance(corpus, Corpus) or folder.record["data"] != FROM_PYTHON:
        return
    text = "".join(f"{document}\n" for document in corpus.documents)
    if text.startswith("\ufeff"):  # the first such character would be a mark
        text = f"\ufeff{text}"
    path = folder.path / KEPT
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise cannot_write("documents", path, error) from error


def given_again(
    facts: Mapping[str, Any], documents: Documents
) -> "Corpus | PreparedData":
    """Documents that are said to be a run's. Raises UsageError for others."""
    corpus = data.load(documents)
    if corpus.sha256 != facts["data_sha256"]:
        why = f"the run has {facts['data']}, and these are others"
        remedy = f"Give those of sha256 {facts['data_sha256'][:12]}… or leave it out."
        raise invalid("--data", corpus.name, why, remedy, UsageError)
    return corpus


def find(facts: Mapping[str, Any], path: Path | None) -> "Corpus | PreparedData":
    """A run's documents, wherever they are. Raises DataError where they are nowhere."""
    for place in _places(facts["data"], path):
        with suppress(DataError):
            corpus = data.load(place)
            if corpus.sha256 == facts["data_sha256"]:
                return corpus
    name = facts["data"]
    if name == FROM_PYTHON or not (name in catalog.NAMES or Path(name).exists()):
        raise missing(f"data: {name}", f"To go on, {_AGAIN}", DataError)
    data.load(name)  # which may say why it can't be read
    why = "its documents are not those that this run was trained on"
    remedy = f"Put the old file back, or {_AGAIN}"
    raise invalid("data", name, why, remedy, DataError)


def at_hand(facts: Mapping[str, Any], path: Path) -> bool:
    """Whether something is there that may be a run's documents; it is not read."""
    return next(_places(str(facts.get("data")), path), None) is not None


def _places(name: str, path: Path | None) -> Iterator[str | Path]:
    """Where a run's documents may be, as far as something is there."""
    if path is not None and (path / KEPT).is_file():
        yield path / KEPT
    if name in catalog.NAMES:
        if any(one.dataset.name == name and one.present for one in catalog.datasets()):
            yield name
        return
    recorded = Path(name)
    near = [] if path is None else [path, *list(path.resolve().parents)[:_ABOVE]]
    for place in (recorded, *(folder / recorded.name for folder in (Path(), *near))):
        with suppress(OSError):
            if place.exists():
                yield place
