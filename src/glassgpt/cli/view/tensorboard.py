"""What training tells, for TensorBoard to draw: event files in the run's folder."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glassgpt.errors import GlassGPTError, missing
from glassgpt.training.events import (
    Evaluated,
    Event,
    Listener,
    Measured,
    Started,
    Stepped,
)

FOLDER = "tensorboard"
_WRITE_EVERY = 5  # seconds


def require_tensorboard() -> None:
    """Raise GlassGPTError where the package is not installed."""
    try:
        import tensorboard.summary.writer.event_file_writer
    except ImportError:
        remedy = "Install it: pip install 'glassgpt[tensorboard]'"
        raise missing("tensorboard", remedy, GlassGPTError) from None
    assert tensorboard


@contextmanager
def board(run: Path) -> Iterator[Listener]:
    """A listener that writes to the folder `tensorboard` of a run.

    What was told before of steps that come again is taken back.
    """
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(run / FOLDER), flush_secs=_WRITE_EVERY)
    try:
        yield _Board(writer)
    finally:
        writer.close()


class _Board:
    """Turns events into the records that TensorBoard reads."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def __call__(self, event: Event) -> None:
        match event:
            case Started(step=step):
                self._take_back(step + 1)
            case Stepped(step=step, loss=loss):
                self._add(step, {"loss": loss})
            case Evaluated(step=step, evaluation=evaluation):
                self._add(step, {"held-out loss": evaluation.loss})
            case Measured(step=step):
                found = {
                    "gradient norm": event.gradient_norm,
                    "tokens per second": event.tokens_per_second,
                    "memory": event.memory,
                }
                mfu = {} if event.mfu is None else {"MFU": event.mfu}
                self._add(step, {**found, **mfu})

    def _add(self, step: int, numbers: dict[str, float]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=k, simple_value=v) for k, v in numbers.items()]
        self._write(step=step, summary=Summary(value=values))

    def _take_back(self, step: int) -> None:
        """Say that this step and those after it begin anew."""
        from tensorboard.compat.proto.event_pb2 import SessionLog

        self._write(step=step, session_log=SessionLog(status=SessionLog.START))

    def _write(self, **what: Any) -> None:
        from tensorboard.compat.proto import event_pb2

        self._writer.add_event(event_pb2.Event(wall_time=time.time(), **what))
