"""A trained model in hand: load one, sample it, measure it, keep it."""

import os
import random
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassgpt import checkpoints, data, engines, tokenizers
from glassgpt.checkpoints.format import Checkpoint
from glassgpt.checkpoints.run_folder import ReadOnlyFolder, RunFolder
from glassgpt.config import Record, SamplingConfig
from glassgpt.config.fields import plain
from glassgpt.curves import loss_curve
from glassgpt.data import Documents
from glassgpt.data.documents import Corpus
from glassgpt.data.loader import DataLoader, loader_of, unseen
from glassgpt.engines.base import Engine
from glassgpt.errors import CheckpointError, DataError, command, invalid, missing
from glassgpt.evaluation import Evaluation, evaluate, evaluate_on
from glassgpt.runs.documents import find, given_again, keep
from glassgpt.runs.listing import resolve_run
from glassgpt.sampling import Sample, sample
from glassgpt.tokenizers import Tokenizer
from glassgpt.training.events import Listener, Noted, ignore
from glassgpt.training.recorder import diverged_at, require_same_record, state_of
from glassgpt.training.result import Result
from glassgpt.training.session import Session, known_in
from glassgpt.training.writer import CheckpointWriter

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData


class Run:
    """A model and how it was trained. Made by `train` and `load`."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        losses: list[float],
        result: Result | None,
        facts: dict[str, Any],
        corpus: "Corpus | PreparedData | None" = None,
        path: Path | None = None,
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        self.losses = losses
        self.result = result
        self._facts = facts
        self._corpus = corpus
        self._path = path
        self._record = Record.from_json(facts)

    @property
    def config(self) -> Record:
        """The record: `config.model` and `config.train`."""
        return self._record

    @property
    def samples(self) -> list[str]:
        """The documents that training ended with; none while it has not ended."""
        return [sample.text for sample in self.result.samples] if self.result else []

    @property
    def heldout_loss(self) -> float | None:
        """The held-out loss that training ended with, in nats a token."""
        evaluation = self.result.evaluation if self.result else None
        return evaluation.loss if evaluation else None

    @cached_property
    def corpus(self) -> "Corpus | PreparedData":
        """The documents it was trained on. Raises DataError when they are not found.

        `load(folder, documents=...)` takes them from where they are now.
        """
        return self._corpus or find(self._facts, self._path)

    @cached_property
    def known(self) -> Container[str] | None:
        """The texts it was trained on, None for more than a million prepared ones.

        Raises DataError when they have changed.
        """
        return known_in(self.corpus)

    def sample(self, n: int = 20, **choices: Any) -> list[str]:
        """`n` new documents; the choices are those of `write`."""
        return [sample.text for sample in self.write(n, **choices)]

    def write(
        self,
        n: int = 20,
        *,
        temperature: float | None = None,
        top_k: int = 0,
        top_p: float = 1.0,
        prompt: str = "",
        seed: int | None = None,
        new_only: bool = False,
        unique: bool = False,
        known: Container[str] | None = None,
        together: bool = False,
        hear: Callable[[str], None] | None = None,
    ) -> Iterator[Sample]:
        """New documents as they are written, the same for the same seed.

        `temperature` is 0 or from 0.05 to 2, by default the lesson's; `seed` is by
        default the run's. `known` are documents to tell from new ones. `together`
        writes many at a time, in another order of draws: other documents for the same
        seed, and on the kernel and on PyTorch many times as many a second. Without it,
        `hear` is told of each as it grows. Raises UsageError for values that cannot be,
        and for a character in the prompt that the vocabulary does not hold.
        """
        n, seed = plain(n), plain(seed)
        _require_counts(n, seed)
        if new_only and known is None:
            known = known_in(self.corpus, every=True)
        rng = random.Random(self.config.train.seed if seed is None else seed)
        usual = self.config.model.temperature
        config = SamplingConfig(
            usual if temperature is None else temperature, top_k, top_p
        )
        given = self.engine, self.tokenizer, rng, n, config
        return sample(
            *given,
            prompt=data.clean_start(prompt),
            known=known,
            new_only=new_only,
            unique=unique,
            batched=together,
            on_text=hear,
        )

    def evaluate(self, eval_docs: int | None = None) -> Evaluation | None:
        """The loss on documents that were not trained on; 0 takes all of them.

        None where fewer than 20 are left; train with `holdout=0.1` to keep some.
        """
        return evaluate(self.engine, self.tokenizer, self._loader(), plain(eval_docs))

    def evaluate_on(
        self,
        documents: Documents,
        limit: int | None = None,
    ) -> Evaluation | None:
        """The same on the distinct documents given, less those it was trained on.

        None where that leaves none. Raises UsageError for a character that the
        vocabulary does not hold.
        """
        loader, train = self._loader(), self.config.train
        limit = train.eval_docs if limit is None else limit
        reached = loader.reached_among
        chosen = unseen(data.load(documents), reached, train.seed, limit)
        if not chosen:
            return None
        return evaluate_on(self.engine, self.tokenizer, chosen, loader.trained())

    def evaluate_on_all(
        self, documents: Documents, limit: int | None = None
    ) -> Evaluation:
        """The same on all the distinct documents given, those it was trained on too.

        There are no baselines. The run's own documents are not needed.
        """
        train = self.config.train
        limit = train.eval_docs if limit is None else limit
        chosen = unseen(data.load(documents), lambda texts: set(), train.seed, limit)
        return evaluate_on(self.engine, self.tokenizer, chosen, None)

    def take(self, corpus: "Corpus | PreparedData") -> bool:
        """Take documents for the run's own, where their sha256 says that they are."""
        if corpus.sha256 != self._facts["data_sha256"]:
            return False
        self._corpus = corpus
        return True

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write a run folder that `load` and every command read.

        Raises UsageError for a folder that holds something already.
        """
        kept = RunFolder.create(Path(folder), self._facts)
        with suppress(DataError):
            keep(kept, self.corpus)
        with kept.lock():
            for step, loss in enumerate(self.losses, start=1):
                kept.append_log({"step": step, "loss": loss})
            writer = CheckpointWriter(self.engine, kept)
            writer.save(len(self.losses), state_of(self._facts))
            writer.finish()
            if self.result:
                kept.append_log(self.result.log_entry())
        return kept.path

    def _loader(self) -> DataLoader:
        rng = random.Random(self.config.train.seed)
        return loader_of(self.corpus, self.config, self.tokenizer, rng)

    def _repr_html_(self) -> str:
        return loss_curve(self.losses, self.config.model.vocab_size)

    def __repr__(self) -> str:
        last = f"{self.losses[-1]:.4f}" if self.losses else "none yet"
        step, done = self.config.model.step, len(self.losses)
        return f"<Run of step {step}: {done} steps, last loss {last}>"


def load(
    folder: str | os.PathLike[str],
    on_event: Listener = ignore,
    *,
    documents: Documents | None = None,
) -> Run:
    """The run kept in `folder`, at its newest checkpoint that verifies.

    `documents` are those it was trained on, where they are no longer where they were.
    Raises CheckpointError for a folder that holds no run, UsageError for documents that
    are not the run's.
    """
    kept = resolve_run(Path(folder))
    recorded(kept)
    corpus = None if documents is None else given_again(kept.record, documents)
    return loaded(kept, on_event, corpus)


def loaded(
    kept: ReadOnlyFolder,
    on_event: Listener = ignore,
    corpus: "Corpus | PreparedData | None" = None,
) -> Run:
    """The same of a folder that is found; `corpus` are its documents, if at hand."""
    record, saved = recorded(kept), _newest(kept, on_event)
    require_same_record(saved, kept.record)
    engine = engines.reader(record)
    engine.restore(saved.weights, saved.buffers)
    entries = kept.read_log()
    done = range(1, saved.step + 1)
    losses = [e["loss"] for e in entries if "loss" in e and e.get("step") in done]
    finished = saved.step == record.train.num_steps
    result = Result.from_log(entries) if finished else None
    tokenizer = tokenizers.from_json(kept.record.get("tokenizer"))
    return Run(engine, tokenizer, losses, result, kept.record, corpus, kept.path)


def _require_counts(n: int, seed: int | None) -> None:
    if n < 0:
        raise invalid("n", n, "it is below 0", "Try 20.")
    if seed is not None and seed < 0:
        raise invalid("seed", seed, "it is below 0", "Try 42.")


def recorded(folder: ReadOnlyFolder) -> Record:
    """The record in a run's run.json. Raises CheckpointError where it is damaged."""
    remedy = "It was changed by hand. Train the run again into another folder."
    for name in ("data", "data_sha256", "engine"):
        if not isinstance(folder.record.get(name), str):
            why = f"run.json does not name its {name}"
            raise invalid("run", folder.path, why, remedy, CheckpointError)
    try:
        tokenizers.from_json(folder.record.get("tokenizer"))
        return Record.from_json(folder.record)
    except CheckpointError as error:
        raise invalid("run", folder.path, str(error), remedy, CheckpointError) from None


def _newest(folder: ReadOnlyFolder, on_event: Listener) -> Checkpoint:
    """The newest checkpoint that verifies; a damaged one is told of, or the error."""
    told: list[str] = []
    saved = checkpoints.newest(folder.checkpoints, told.append)
    again = command("train", "--resume", "--out", folder.path)
    remedy = f"Train it again: {again}"
    if step := diverged_at(folder.read_log()):
        remedy = f"It diverged at step {step}: train anew with a smaller learning_rate."
    if saved is None and told:
        raise CheckpointError(told[0], remedy)
    if saved is None:
        raise missing(f"checkpoint in {folder.path}", remedy, CheckpointError)
    for text in told:
        on_event(Noted(text))
    return saved


def run_of(session: Session, result: Result) -> Run:
    """The run that a session has trained."""
    facts, corpus = session.facts(), session.corpus
    return Run(session.engine, session.tokenizer, session.losses, result, facts, corpus)
