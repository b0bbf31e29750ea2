"""What a finished run has to show, and how its log keeps that."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glassgpt.evaluation import Evaluation
from glassgpt.sampling import Sample


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
