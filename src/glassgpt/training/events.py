"""What happens while a model trains, for a display, a figure or a test to listen to."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from glassgpt.config import Record
from glassgpt.evaluation import Evaluation


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
