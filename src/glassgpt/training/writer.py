"""Checkpoints of a run while it trains: written at once, or behind the training."""

import threading
from collections.abc import Mapping
from typing import Any

from glassgpt import checkpoints
from glassgpt.checkpoints import sharded
from glassgpt.checkpoints.run_folder import ReadOnlyFolder
from glassgpt.engines.base import Engine


class CheckpointWriter:
    """Publishes what an engine has learned, after the log that leads to it.

    An engine that saves behind hands over a copy, and a thread writes it; of a group
    every process writes its share. All of the group must call the same methods.
    """

    def __init__(self, engine: Engine, folder: ReadOnlyFolder) -> None:
        self._engine, self._folder = engine, folder
        self._writer: threading.Thread | None = None
        self._error: BaseException | None = None
        self._published: list[int] = []

    def save(self, step: int, state: Mapping[str, Any]) -> None:
        """Save this moment; the one before is on the disk when this begins."""
        self.finish()
        self._folder.sync_log()
        if self._engine.saves_behind:
            self._save_behind(step, state)
            return
        train = self._engine.record.train
        weights, buffers = self._engine.weights(), self._engine.buffers()
        snapshot = checkpoints.Snapshot(step, weights, buffers, state)
        kept = train.keep_last, train.keep_best
        checkpoints.publish(self._folder.checkpoints, snapshot, *kept)
        self._published.append(step)

    def finish(self) -> None:
        """Wait until what was handed over is on the disk. Raises what went wrong."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        self._raise()

    def published(self) -> list[int]:
        """The steps whose checkpoints were published since this was asked last."""
        self._raise()
        found, self._published = self._published, []
        return found

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _save_behind(self, step: int, state: Mapping[str, Any]) -> None:
        group, folder = self._engine.group, self._folder.checkpoints
        if group.is_leader:
            sharded.begin(folder, step)
        group.wait()
        shard = self._engine.state_shard()
        train = self._engine.record.train

        def write() -> None:
            try:
                shard.wait()
                tensors = shard.weights, shard.buffers
                sharded.write_part(folder, step, group.rank, group.size, *tensors)
                if group.is_leader:
                    kept = train.keep_last, train.keep_best
                    sharded.finish(folder, step, group.size, state, *kept)
                    self._published.append(step)
            except BaseException as error:  # told to who asks next
                self._error = error

        self._writer = threading.Thread(target=write, name="save", daemon=True)
        self._writer.start()
