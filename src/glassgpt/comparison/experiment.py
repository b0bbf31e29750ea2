"""The lessons side by side: the same documents, the same seed, the same held-out ones.

Which documents are held out follows from the data, the seed and the number of steps,
never from the model, so that the held-out losses of all lessons can be compared.
"""

import math
import random
import shlex
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from glassgpt.config import Record, SamplingConfig, preset
from glassgpt.config.fields import EVERY_STEP
from glassgpt.config.record import all_fields, is_read
from glassgpt.curves import smooth
from glassgpt.data.documents import Corpus
from glassgpt.engines.shapes import num_params
from glassgpt.errors import DivergedError, missing, unknown
from glassgpt.evaluation import Evaluation
from glassgpt.sampling import Sample, sample
from glassgpt.training.events import Event, Listener, Noted, ignore
from glassgpt.training.loop import measure
from glassgpt.training.session import Session, known_in
from glassgpt.training.several import train_all

TITLES = (
    *("counting", "gradient descent", "autograd"),
    *("attention", "transformer", "Adam"),
)
# one for all: the lessons draw at 1.0 in step 0, and at 0.5 in the others
TEMPERATURE = 0.5
NUM_SAMPLES = 8


@dataclass(frozen=True)
class Outcome:
    """What came of one lesson; `diverged` is the error where it stopped early."""

    record: Record
    engine: str
    losses: list[float]
    evaluation: Evaluation | None
    samples: list[Sample]
    diverged: DivergedError | None = None

    @property
    def step(self) -> int:
        """The lesson's number."""
        return self.record.model.step

    @property
    def title(self) -> str:
        """The lesson's name, such as "attention"."""
        return TITLES[self.step]

    @property
    def parameters(self) -> int:
        """How many numbers are learned by gradient; Step 0 has none."""
        return num_params(self.record.model)

    @property
    def smoothed(self) -> float | None:
        """The average over about the last twentieth; None where there is none."""
        if not self.losses or self.diverged:
            return None
        return smooth(self.losses, memory(self.record.train.num_steps))[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "step": self.step,
            "title": self.title,
            "engine": self.engine,
            "num_params": self.parameters,
            "losses": self.losses,
            "first_loss": self.losses[0] if self.losses else None,
            "smoothed_loss": self.smoothed,
            "heldout": self.evaluation.to_json() if self.evaluation else None,
            "samples": [asdict(sample) for sample in self.samples],
            "diverged": str(self.diverged) if self.diverged else None,
            **self.record.to_json(),
        }


@dataclass(frozen=True)
class Comparison:
    """Lessons that were trained on the same documents, in the order of their steps."""

    outcomes: list[Outcome]
    corpus: Corpus
    seconds: float  # that all of them took to train
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed of the order, the weights and the samples."""
        return self.outcomes[0].record.train.seed

    @property
    def num_steps(self) -> int:
        """How many training steps each lesson had."""
        return self.outcomes[0].record.train.num_steps

    @property
    def evaluation(self) -> Evaluation | None:
        """A measurement on the held-out documents, the same for every lesson."""
        return next((o.evaluation for o in self.outcomes if o.evaluation), None)

    @property
    def best(self) -> Outcome | None:
        """The lesson with the lowest held-out loss; None where none was measured."""
        measured = [o for o in self.outcomes if o.evaluation]
        return min(measured, key=heldout_loss, default=None)

    def groups(self) -> list[list[Outcome]]:
        """Lessons together whose losses are the same numbers, as those of 1 and 2."""
        groups: list[list[Outcome]] = []
        for outcome in self.outcomes:
            if groups and _same(groups[-1][0].losses, outcome.losses):
                groups[-1].append(outcome)
            else:
                groups.append([outcome])
        return groups

    def command(self) -> str:
        """A command that gives the same numbers."""
        steps = [str(outcome.step) for outcome in self.outcomes]
        only = ["--only", ",".join(steps)] if len(steps) < len(EVERY_STEP) else []
        pairs = [f"{key}={value}" for key, value in self.settings.items()]
        words = ["glassgpt", "compare", "--data", self.corpus.name]
        words += ["--steps", str(self.num_steps), "--seed", str(self.seed), *only]
        return shlex.join(
            [*words, *(word for pair in pairs for word in ("--set", pair))]
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, all losses among them."""
        return {
            "command": self.command(),
            "data": self.corpus.name,
            "data_sha256": self.corpus.sha256,
            "documents": len(self.corpus.documents),
            "seed": self.seed,
            "num_steps": self.num_steps,
            "train_seconds": self.seconds,
            "temperature": TEMPERATURE,
            "baselines": self.evaluation.baselines if self.evaluation else None,
            "steps": [outcome.to_json() for outcome in self.outcomes],
        }


def compare(
    corpus: Corpus,
    only: Collection[int] = EVERY_STEP,
    settings: Mapping[str, str] | None = None,
    engine: str = "auto",
    listen: Listener = ignore,
    **numbers: Any,
) -> Comparison:
    """Train the lessons in `only`, each with its own record, in the same steps.

    `numbers` are fields that all records take, such as seed and num_steps. Of the
    `settings` each takes what its step reads. A lesson that diverges is kept as far as
    it came; when all do, DivergedError is raised. Raises UsageError for values that
    cannot be.
    """
    settings = dict(settings or {})
    chosen = records(sorted(set(only)), {**numbers, **settings})
    once = _Once(listen)
    sessions = [Session(record, corpus, engine) for record in chosen]
    began = time.perf_counter()
    errors = train_all(sessions, once)
    seconds = time.perf_counter() - began
    if errors[0] and all(errors):
        raise errors[0]
    outcomes = [
        _outcome(session, error, once)
        for session, error in zip(sessions, errors, strict=True)
    ]
    return Comparison(outcomes, corpus, seconds, settings)


def records(steps: Sequence[int], settings: Mapping[str, Any]) -> list[Record]:
    """The record of each lesson, with what it reads of the settings.

    Raises UsageError for a step that there is not, and for a key that none reads.
    """
    for step in steps:
        if step not in EVERY_STEP:
            raise unknown("step", step, EVERY_STEP)
    if not steps:
        raise missing("steps", "Name some, such as --only 1,4,5.")
    chosen = [_with(preset(f"step{step}"), settings) for step in steps]
    for name, value in settings.items():
        if not any(is_read(name, record) for record in chosen):
            chosen[-1].with_settings(**{name: value})
    return chosen


def memory(num_steps: int) -> float:
    """How much of an average stays at each step: a twentieth of the run counts."""
    return 1 - min(0.1, 20 / num_steps)


def heldout_loss(outcome: Outcome) -> float:
    """The held-out loss in nats a token; infinite where there is none."""
    return outcome.evaluation.loss if outcome.evaluation else math.inf


def _with(record: Record, settings: Mapping[str, Any]) -> Record:
    """A record with those settings that it reads; the optimiser first decides which."""
    if "optimizer" in settings and is_read("optimizer", record):
        record = record.with_settings(optimizer=settings["optimizer"])
    known = all_fields()
    taken = {
        name: value
        for name, value in settings.items()
        if name not in known or is_read(name, record)
    }
    return record.with_settings(**taken)


def _outcome(
    session: Session, diverged: DivergedError | None, listen: Listener
) -> Outcome:
    evaluation, samples = None, list[Sample]()
    if diverged:
        step = session.record.model.step
        listen(Noted(f"step {step}: {diverged}. {diverged.remedy}"))
    else:
        evaluation, samples = measure(session, listen), _samples(session)
    name, losses = session.engine.name, session.losses
    return Outcome(session.record, name, losses, evaluation, samples, diverged)


def _samples(session: Session) -> list[Sample]:
    """Names at the temperature of all, from a generator of their own."""
    rng, known = random.Random(session.record.train.seed), known_in(session.corpus)
    config = SamplingConfig(TEMPERATURE)
    engine, tokenizer = session.engine, session.tokenizer
    return [*sample(engine, tokenizer, rng, NUM_SAMPLES, config, known=known)]


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two curves are the same but for the last digits of rounding."""
    if len(one) != len(other) or not one:
        return False
    return all(
        math.isclose(a, b, rel_tol=1e-7) for a, b in zip(one, other, strict=True)
    )


class _Once:
    """A listener that says each note once, however many lessons give it."""

    def __init__(self, listen: Listener) -> None:
        self._listen, self._said = listen, set[str]()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Noted):
            if event.text in self._said:
                return
            self._said.add(event.text)
        self._listen(event)
