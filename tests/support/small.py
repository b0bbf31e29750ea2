"""Small runs, so that a test that trains takes milliseconds: `import small`."""

import hashlib
from pathlib import Path
from typing import Any

from glassgpt import Run, data
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.config import Record, preset
from glassgpt.data.documents import Corpus, documents_sha256
from glassgpt.training.events import Event
from glassgpt.training.loop import train
from glassgpt.training.recorder import restore
from glassgpt.training.result import Result
from glassgpt.training.session import Session

SIZES: tuple[dict[str, Any], ...] = (
    {"block_size": 6},
    {"block_size": 6, "n_embd": 4},
    {"block_size": 6, "n_embd": 4},
    {"block_size": 6, "n_embd": 4},
    {"block_size": 6, "n_embd": 4, "n_head": 2},
    {"block_size": 6, "n_embd": 4, "n_head": 2},
)

# what `glassgpt.train` takes for a run of milliseconds
TINY: dict[str, Any] = {
    **{"steps": 6, "n_embd": 4, "n_head": 2},
    **{"block_size": 6, "eval_docs": 20},
}


def names(count: int = 60) -> list[str]:
    """The first built-in names, all different."""
    return list(data.load("names").documents[:count])


def corpus(documents: list[str] | None = None) -> Corpus:
    """Documents as they are, by default 60 names."""
    texts = tuple(names() if documents is None else documents)
    return Corpus("texts", texts, 0, documents_sha256(texts))


def record(step: int = 1, **settings: Any) -> Record:
    """A step's record at tiny sizes, 6 training steps unless told otherwise."""
    chosen = {"num_steps": 6, "eval_docs": 20, **SIZES[step], **settings}
    return preset(f"step{step}").with_settings(**chosen)


def session(
    step: int = 1, documents: list[str] | None = None, **settings: Any
) -> Session:
    """A session that has not begun, of the engine that makes one step at a time."""
    return Session(record(step, **settings), corpus(documents), "reference")


def train_in(path: Path, session: Session, listen: Any = None) -> Result:
    """Train in a new run folder."""
    folder = RunFolder.create(path, session.facts())
    with folder.lock():
        return train(session, Heard() if listen is None else listen, folder)


def resume_in(path: Path, session: Session, listen: Any = None) -> Result:
    """Go on from what a run folder holds."""
    listen = Heard() if listen is None else listen
    folder = RunFolder.open(path)
    with folder.lock():
        restore(session, folder, listen)
        return train(session, listen, folder)


def same(one: Run, other: Run) -> bool:
    """Whether two runs agree in all that they can show."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("losses", "samples", "heldout_loss", "config")
    )


def checkpoint_hashes(path: Path) -> dict[str, str]:
    """The sha256 of every file of a run's checkpoints, by its path."""
    root = path / "checkpoints"
    files = sorted(file for file in root.rglob("*") if file.is_file())
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


class Heard(list[Event]):
    """A listener that remembers."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    def names(self) -> list[str]:
        """What was heard, as "Stepped 3" or "Noted"."""
        return [
            f"{type(event).__name__} {getattr(event, 'step', '')}".rstrip()
            for event in self
        ]

    def of(self, kind: type) -> list[Any]:
        """The events of one kind."""
        return [event for event in self if isinstance(event, kind)]
