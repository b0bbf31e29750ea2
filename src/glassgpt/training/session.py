"""Training: one loop over any engine. It prints nothing: events tell what happens."""

import math
import random
import signal
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassgpt import checkpoints, engines
from glassgpt.checkpoints.format import Checkpoint
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.config import Record, SamplingConfig
from glassgpt.data import catalog
from glassgpt.data.documents import Corpus
from glassgpt.data.loader import loader_of, tokenizer_of
from glassgpt.engines.base import Engine
from glassgpt.errors import CheckpointError, GlassGPTError, Interrupted, invalid
from glassgpt.evaluation import FEWEST, Evaluation, evaluate
from glassgpt.sampling import Sample, sample
from glassgpt.tokenizers import Tokenizer
from glassgpt.training.events import (
    Evaluated,
    Listener,
    Noted,
    Result,
    Saved,
    Started,
    Stepped,
    ignore,
)
from glassgpt.training.throughput import Pace
from glassgpt.training.writer import CheckpointWriter

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData

NUM_SAMPLES = 20
# each sample is looked for among all prepared documents
_MOST_KNOWN = 1_000_000
# what a checkpoint says of its run; nothing that depends on time, path or host
_STATE = ("model", "train", "tokenizer", "data_sha256")


@dataclass
class Session:
    """A record, the documents it is trained on, and the engine that computes it.

    One generator, seeded once, shuffles the documents, draws the weights and then the
    samples, as in the lessons.
    """

    record: Record
    corpus: "Corpus | PreparedData"
    engine_name: str = "auto"
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        train = self.record.train
        self.tokenizer: Tokenizer = tokenizer_of(self.corpus, train)
        self.record = self.record.with_vocabulary(self.tokenizer.vocab_size)
        self._logged = len(self.losses)
        self.rng = random.Random(train.seed)
        self.loader = loader_of(self.corpus, self.record, self.tokenizer, self.rng)
        kind, self._why = engines.choose(self.engine_name, self.record)
        self.engine = kind(self.record, self.rng)
        self._heldout: tuple[int, float] | None = None  # measured after which step
        self._saver: CheckpointWriter | None = None

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return len(self.losses) == self.record.train.num_steps

    def evaluate(self) -> Evaluation | None:
        """The held-out loss; None where fewer than 20 documents are left."""
        return evaluate(self.engine, self.tokenizer, self.loader)

    def train(
        self, listen: Listener = ignore, folder: RunFolder | None = None
    ) -> Result:
        """Go on from where this session is until the last step, then measure.

        With a folder, losses are logged there and checkpoints published. Ctrl-C saves
        and raises Interrupted. Raises DivergedError when the loss is not a number.
        """
        seconds = self.go_on(listen, folder)
        evaluation = self.measure(listen)
        result = Result(self.losses, self._samples(), evaluation, seconds)
        if folder:
            folder.append_log(result.log_entry())
            folder.sync_log()
        return result

    def go_on(
        self, listen: Listener = ignore, folder: RunFolder | None = None
    ) -> float:
        """The steps of `train` alone; the seconds that they took."""
        self.announce(listen)
        pace = Pace(self.record.train.num_steps)
        with stop_requests() as asked_to_stop, self._kept_in(folder):
            while not self.finished:
                seconds = self._some_steps(listen)
                pace.add(len(self.losses), seconds)
                self._tell_pace(pace, folder, listen)
                self._look_after(folder, listen)
                if self.engine.group.any(asked_to_stop()) and not self.finished:
                    raise self._stop(folder, listen)
        return pace.seconds

    def announce(self, listen: Listener) -> None:
        """Tell what will train, and how long it may take."""
        if self._why:
            listen(Noted(self._why))
        start = len(self.losses)
        left = self.record.train.num_steps - start
        expected = left * self._seconds_a_step() if left else 0.0
        listen(Started(self.record, self.engine.name, start, expected))

    def measure(self, listen: Listener = ignore) -> Evaluation | None:
        """Tell the held-out loss that `evaluate` finds, or why there is none."""
        evaluation = self.evaluate()
        self._wait_for_saves(listen)
        if evaluation:
            listen(Evaluated(len(self.losses), evaluation))
        else:
            line = f"fewer than {FEWEST} documents were left out of training"
            listen(Noted(f"{line}: --holdout 0.1 keeps some for a held-out loss"))
        return evaluation

    def batch(self, step: int) -> list[list[int]]:
        """The token ids of a step's documents; steps count from 0."""
        return self.batches(step, 1)[0]

    def batches(self, first_step: int, count: int) -> list[list[list[int]]]:
        """The same of several steps in a row."""
        size = self.record.train.batch_docs
        drawn = self.loader.sequences(first_step * size, count * size)
        return [drawn[i : i + size] for i in range(0, len(drawn), size)]

    def save(self, folder: RunFolder) -> None:
        """Save this moment, after the log that leads to it; it may be written later."""
        self._log(folder)
        if self._saver is None:
            self._saver = CheckpointWriter(self.engine, folder)
        state, step = self._state(), len(self.losses)
        if self._heldout and self._heldout[0] == step:
            state["heldout_loss"] = self._heldout[1]
        self._saver.save(step, state)

    def facts(self) -> dict[str, Any]:
        """What run.json holds: the record, the vocabulary, and where documents are."""
        name = self.corpus.name
        is_path = name not in catalog.NAMES and Path(name).exists()
        return {
            **self._state(),
            "data": str(Path(name).resolve()) if is_path else name,
            "engine": self.engine_name,
        }

    def _state(self) -> dict[str, Any]:
        return {
            **self.record.to_json(),
            "tokenizer": self.tokenizer.to_json(),
            "data_sha256": self.corpus.sha256,
        }

    def restore(self, folder: RunFolder, listen: Listener = ignore) -> None:
        """Go back to the newest checkpoint that verifies, and cut the log to it.

        Without one, the session stays at its first weights and says so.
        """
        saved = checkpoints.newest(folder.checkpoints, lambda text: listen(Noted(text)))
        if saved is None:
            folder.cut_log(0)
            listen(Noted("no checkpoint to go on from: starting at step 0"))
            return
        require_same_record(saved, self._state())
        self.engine.restore(saved.model, saved.optimizer)
        entries = [e for e in folder.cut_log(saved.step) if "loss" in e]
        if [entry["step"] for entry in entries] != list(range(1, saved.step + 1)):
            why = f"it lacks some of the {saved.step} steps before the checkpoint"
            remedy = "Put the file back, or start over in another folder."
            raise invalid("log.jsonl", folder.path, why, remedy, CheckpointError)
        self.losses = [entry["loss"] for entry in entries]
        self._logged = len(self.losses)

    def _seconds_a_step(self) -> float:
        return self.engine.seconds_a_step(self.batch(0))

    def _some_steps(self, listen: Listener) -> float:
        """Train as many steps as the engine takes at once, up to the next stop.

        Returns the seconds that took, without those that listening took.
        """
        began, told = time.perf_counter(), 0.0
        train, start = self.record.train, len(self.losses)
        stops = (train.num_steps, train.eval_every, train.checkpoint_every)
        left = [every - start % every for every in stops if every]
        count = min(self.engine.steps_at_once, *left)
        losses = self.engine.train_steps(start, self.batches(start, count))
        try:
            for loss in losses:
                self.losses.append(loss)
                trained = time.perf_counter()
                listen(Stepped(len(self.losses), loss))
                told += time.perf_counter() - trained
        except OSError:
            self.losses.extend(losses)  # the engine may be ahead of what was told
            raise
        return time.perf_counter() - began - told

    @contextmanager
    def _kept_in(self, folder: RunFolder | None) -> Iterator[None]:
        """Lose no step when the output has no reader, or no room, any more."""
        try:
            yield
        except OSError:
            if folder and self.engine.group.size == 1:
                self.save(folder)
                self._wait_for_saves(ignore)
            raise
        except GlassGPTError:
            # what was handed over is still written; alone, nobody else can be missing
            if self._saver and self.engine.group.size == 1:
                with suppress(GlassGPTError):
                    self._saver.finish()
            raise

    def _look_after(self, folder: RunFolder | None, listen: Listener) -> None:
        """Log, evaluate and save, where this step is one to do so."""
        train, step = self.record.train, len(self.losses)
        if folder:
            self._log(folder)
        if _is_due(step, train.eval_every) and not self.finished:
            evaluation = self.evaluate()
            if evaluation:
                listen(Evaluated(step, evaluation))
                if folder and math.isfinite(evaluation.loss):
                    self._heldout = step, evaluation.loss
                    folder.append_log({"step": step, "heldout_loss": evaluation.loss})
        if folder and (self.finished or _is_due(step, train.checkpoint_every)):
            self.save(folder)
        self._tell_saves(listen)

    def _tell_saves(self, listen: Listener) -> None:
        for step in self._saver.published() if self._saver else ():
            listen(Saved(step))

    def _wait_for_saves(self, listen: Listener) -> None:
        if self._saver:
            self._saver.finish()
            self._tell_saves(listen)

    def _tell_pace(
        self, pace: Pace, folder: RunFolder | None, listen: Listener
    ) -> None:
        """What an engine shows of its work: at most once in a while, and at the end."""
        measured = pace.measured(self.engine.metrics())
        if measured:
            listen(measured)
            if folder:
                folder.append_log(measured.log_entry())

    def _log(self, folder: RunFolder) -> None:
        """A line for each loss that has none yet."""
        for step in range(self._logged, len(self.losses)):
            folder.append_log({"step": step + 1, "loss": self.losses[step]})
        self._logged = len(self.losses)

    def _stop(self, folder: RunFolder | None, listen: Listener) -> Interrupted:
        step = len(self.losses)
        if folder is None:
            return Interrupted(f"stopped at step {step}", "Nothing was saved.")
        self.save(folder)
        self._wait_for_saves(listen)
        line = f"stopped at step {step} of {self.record.train.num_steps}, and saved"
        remedy = f"Go on with: glassgpt train --resume --out {folder.path}"
        return Interrupted(line, remedy)

    def _samples(self) -> list[Sample]:
        """The samples of the lesson: the generator goes on from the weights."""
        config, known = (
            SamplingConfig(self.record.model.temperature),
            known_in(self.corpus),
        )
        given = self.engine, self.tokenizer, self.rng, NUM_SAMPLES, config
        return [*sample(*given, known=known)]


def known_in(
    corpus: "Corpus | PreparedData", every: bool = False
) -> Container[str] | None:
    """The texts of the data, to tell samples from.

    None where looking through them takes too long, if not `every` is asked for.
    """
    if isinstance(corpus, Corpus):
        return set(corpus.documents)
    return corpus if every or len(corpus) <= _MOST_KNOWN else None


def require_same_record(saved: Checkpoint, facts: Mapping[str, Any]) -> None:
    """Raise CheckpointError for a checkpoint of a run with other facts."""
    if any(saved.state.get(name) != facts.get(name) for name in _STATE):
        why = "its record is not that of run.json"
        remedy = "One of the two was changed or moved: take the folder it came from."
        raise invalid("checkpoint", f"step {saved.step}", why, remedy, CheckpointError)


def publish(
    folder: RunFolder, step: int, engine: Engine, facts: Mapping[str, Any]
) -> None:
    """Publish a checkpoint, after the log that leads to it is on the disk."""
    saver = CheckpointWriter(engine, folder)
    saver.save(step, {name: facts[name] for name in _STATE})
    saver.finish()


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM as a question to ask between steps, not in the middle of one.

    Outside the main thread nothing can be asked: Ctrl-C stays what it is. A signal that
    is ignored, as behind nohup, stays ignored.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    kinds = [
        kind
        for kind in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(kind) is not signal.SIG_IGN
    ]
    before = [signal.signal(kind, lambda *_: asked.set()) for kind in kinds]
    try:
        yield asked.is_set
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _is_due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0
