"""What happens while a model trains, for a display, a figure or a test to listen to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glassgpt.config import Record
from glassgpt.evaluation import Evaluation
from glassgpt.sampling import Sample


@dataclass(frozen=True)
class Started:
    """Training goes on after `step` steps; `seconds` is what it may take."""

    record: Record
    engine: str
    step: int
    seconds: float


@dataclass(frozen=True)
class Stepped:
    """A step is done; `step` counts from 1."""

    step: int
    loss: float


@dataclass(frozen=True)
class Evaluated:
    """The held-out loss was measured after `step` steps."""

    step: int
    evaluation: Evaluation


@dataclass(frozen=True)
class Saved:
    """A checkpoint was published."""

    step: int


@dataclass(frozen=True)
class Measured:
    """How the last steps went, of an engine that keeps count.

    `mfu` is the share of the device's peak, `peak_flops` operations a second on all
    processes, that the model's own arithmetic came to; `memory` is in bytes.
    """

    step: int
    tokens_per_second: float
    mfu: float | None
    peak_flops: float
    gradient_norm: float
    memory: float
    seconds_left: float

    def log_entry(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Noted:
    """Something a person should know, in one line."""

    text: str


Event = Started | Stepped | Evaluated | Saved | Measured | Noted
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does nothing."""


@dataclass
class Result:
    """What a finished run has to show: losses in nats a token, wall-clock seconds."""

    losses: list[float]
    samples: list[Sample]
    evaluation: Evaluation | None
    train_seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        heldout = self.evaluation.to_json() if self.evaluation else None
        return {
            "losses": self.losses,
            "samples": [asdict(sample) for sample in self.samples],
            "heldout_loss": heldout["loss"] if heldout else None,
            "heldout": heldout,
            "train_seconds": self.train_seconds,
        }

    def log_entry(self) -> dict[str, Any]:
        """The last line of a run's log; the losses are in the lines before it."""
        plain = self.to_json()
        del plain["losses"]
        return {"step": len(self.losses), "result": plain}

    @classmethod
    def from_log(cls, entries: Sequence[Mapping[str, Any]]) -> "Result | None":
        """The result that a run's log ends with; None while there is none to read."""
        try:
            plain = entries[-1]["result"]
            heldout = plain["heldout"]
            return cls(
                losses=[entry["loss"] for entry in entries if "loss" in entry],
                samples=[Sample(**sample) for sample in plain["samples"]],
                evaluation=Evaluation.from_json(heldout) if heldout else None,
                train_seconds=plain["train_seconds"],
            )
        except (LookupError, TypeError):
            return None
