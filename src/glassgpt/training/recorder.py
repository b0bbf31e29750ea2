"""What is kept of a run while it trains: the log, held-out losses, checkpoints."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from glassgpt import checkpoints
from glassgpt.checkpoints.format import Checkpoint
from glassgpt.checkpoints.run_folder import ReadOnlyFolder
from glassgpt.errors import (
    CheckpointError,
    DivergedError,
    GlassGPTError,
    Interrupted,
    command,
    invalid,
)
from glassgpt.training.events import Evaluated, Listener, Measured, Noted, ignore
from glassgpt.training.result import Result
from glassgpt.training.session import Session
from glassgpt.training.writer import CheckpointWriter

# what a checkpoint says of its run; nothing that depends on time, path or host
_STATE = ("model", "train", "tokenizer", "data_sha256")


class Recorder:
    """Keeps nothing: for a run without a folder. `FolderRecorder` is for one with it.

    It is entered around the steps.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """An error ends the steps; what is kept is then made sure of."""

    def measured(self, measured: Measured) -> None:
        """The throughput was measured."""

    def log(self) -> None:
        """Log each loss that is not logged yet."""

    def evaluated(self, evaluated: Evaluated) -> None:
        """The held-out loss was measured on the way."""

    def save(self) -> None:
        """Save this moment, after the log that leads to it; it may be written later."""

    def published(self) -> list[int]:
        """The steps whose checkpoints came to be there since this was asked last."""
        return []

    def wait(self) -> None:
        """Go on when what was saved is on the disk. Raises what went wrong."""

    def finish(self, result: Result) -> None:
        """Log the result, the last line."""

    def interrupted(self) -> Interrupted:
        """Save, for one who asked to stop, and give back what to raise."""
        step = len(self.session.losses)
        return Interrupted(f"stopped at step {step}", "Nothing was saved.")


class FolderRecorder(Recorder):
    """Keeps a session in a run folder, whose lock the caller holds."""

    def __init__(self, session: Session, folder: ReadOnlyFolder) -> None:
        super().__init__(session)
        self._folder = folder
        self._writer = CheckpointWriter(session.engine, folder)
        self._logged = sum("loss" in entry for entry in folder.read_log())
        self._heldout: Evaluated | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lose no step when the output has no reader, or no room, any more."""
        if self.session.engine.group.size > 1:
            return  # another process may be missing, and nobody must wait for it
        if isinstance(error, OSError):
            self.save()
            self.wait()
        elif isinstance(error, GlassGPTError):
            with suppress(GlassGPTError):
                if isinstance(error, DivergedError):
                    self.log()
                    self._folder.append_log({"step": error.step + 1, "diverged": True})
                self.wait()

    def measured(self, measured: Measured) -> None:
        """Log it."""
        self._folder.append_log(measured.log_entry())

    def log(self) -> None:
        """Log each loss that is not logged yet."""
        losses = self.session.losses
        for step in range(self._logged, len(losses)):
            self._folder.append_log({"step": step + 1, "loss": losses[step]})
        self._logged = len(losses)

    def evaluated(self, evaluated: Evaluated) -> None:
        """Log it, and remember it for the checkpoint of the same step."""
        loss = evaluated.evaluation.loss
        if math.isfinite(loss):
            self._heldout = evaluated
            self._folder.append_log({"step": evaluated.step, "heldout_loss": loss})

    def save(self) -> None:
        """Save this moment, after the log that leads to it; it may be written later."""
        self.log()
        step, state = len(self.session.losses), state_of(self.session.facts())
        if self._heldout and self._heldout.step == step:
            state["heldout_loss"] = self._heldout.evaluation.loss
        self._writer.save(step, state)

    def published(self) -> list[int]:
        """The steps whose checkpoints came to be there since this was asked last."""
        return self._writer.published()

    def wait(self) -> None:
        """Go on when what was saved is on the disk. Raises what went wrong."""
        self._writer.finish()

    def finish(self, result: Result) -> None:
        """Log the result, the last line, through to the disk."""
        self._folder.append_log(result.log_entry())
        self._folder.sync_log()

    def interrupted(self) -> Interrupted:
        """Save, for one who asked to stop, and give back what to raise."""
        self.save()
        self.wait()
        step, num_steps = len(self.session.losses), self.session.record.train.num_steps
        line = f"stopped at step {step} of {num_steps}, and saved"
        again = command("train", "--resume", "--out", self._folder.path)
        return Interrupted(line, f"Go on with: {again}")


def recorder_of(session: Session, folder: ReadOnlyFolder | None) -> Recorder:
    """What keeps a session in a folder, or nothing of it where there is none."""
    return Recorder(session) if folder is None else FolderRecorder(session, folder)


def save(session: Session, folder: ReadOnlyFolder) -> None:
    """Keep a session as it is now: the log and a checkpoint, on the disk."""
    recorder = FolderRecorder(session, folder)
    recorder.save()
    recorder.wait()


def restore(
    session: Session, folder: ReadOnlyFolder, listen: Listener = ignore
) -> None:
    """Go back to the newest checkpoint that verifies, and cut the log to it.

    Without one, the session stays at its first weights and says so.
    """
    saved = checkpoints.newest(folder.checkpoints, lambda text: listen(Noted(text)))
    if saved is None:
        folder.cut_log(0)
        listen(Noted("no checkpoint to go on from: starting at step 0"))
        return
    require_same_record(saved, session.facts())
    session.engine.restore(saved.weights, saved.buffers)
    entries = [entry for entry in folder.cut_log(saved.step) if "loss" in entry]
    if [entry["step"] for entry in entries] != list(range(1, saved.step + 1)):
        why = f"it lacks some of the {saved.step} steps before the checkpoint"
        remedy = "Put the file back, or start over in another folder."
        raise invalid("log.jsonl", folder.path, why, remedy, CheckpointError)
    session.losses = [entry["loss"] for entry in entries]


def diverged_at(entries: Sequence[Mapping[str, Any]]) -> int | None:
    """The step at which a log says that its run diverged; None where it did not."""
    steps = [entry.get("step") for entry in entries if entry.get("diverged") is True]
    return steps[-1] if steps and isinstance(steps[-1], int) else None


def state_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint says of a run with these facts."""
    return {name: facts[name] for name in _STATE}


def require_same_record(saved: Checkpoint, facts: Mapping[str, Any]) -> None:
    """Raise CheckpointError for a checkpoint of a run with other facts."""
    if any(saved.state.get(name) != facts.get(name) for name in _STATE):
        why = "its record is not that of run.json"
        remedy = "One of the two was changed or moved: take the folder it came from."
        raise invalid("checkpoint", f"step {saved.step}", why, remedy, CheckpointError)
