"""The record: what a run is, in numbers. Frozen, validated, and JSON in and out."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from glassgpt.config.fields import (
    Field,
    field_of,
    fields_of,
    parsed,
    plain,
    validate,
)
from glassgpt.config.presets import LESSONS, SCALES, depth
from glassgpt.errors import CheckpointError, GlassGPTError, invalid, unknown
from glassgpt.optim import OPTIMIZERS, readers_of

SCHEDULES = ("linear", "constant", "cosine")
WITH_WEIGHTS = (1, 2, 3, 4, 5)
WITH_ATTENTION = (3, 4, 5)
WITH_LAYERS = (4, 5)
_FOLLOWING = ("step", "vocab_size")


@dataclass(frozen=True)
class ModelConfig:
    """The model's shape. `step` says which lesson's model it is.

    Raises UsageError for a value that the model cannot have.
    """

    step: int = field_of(5, "the lesson whose model this is", low=0, high=5)
    vocab_size: int = field_of(27, "tokens, BOS included", low=2, high=1_000_000)
    n_embd: int = field_of(
        16, "numbers that stand for a token", low=1, high=65_536, steps=WITH_WEIGHTS
    )
    n_head: int = field_of(
        4, "attention heads in a layer", low=1, high=65_536, steps=WITH_LAYERS
    )
    n_layer: int = field_of(1, "layers", low=1, high=1_000, steps=WITH_LAYERS)
    block_size: int = field_of(
        16, "tokens that the model looks at, or writes", low=1, high=1_000_000
    )
    init_std: float = field_of(
        0.08, "standard deviation of the first weights", low=0, steps=WITH_WEIGHTS
    )
    rms_eps: float = field_of(
        1e-5, "keeps rmsnorm from dividing by 0", low=0, steps=WITH_ATTENTION
    )
    smoothing: float = field_of(
        1.0, "added to every count", low=0, above_low=True, steps=(0,)
    )

    def __post_init__(self) -> None:
        validate(self)
        if self.step == 3:
            for name in ("n_head", "n_layer"):
                if getattr(self, name) != 1:
                    why, remedy = "step 3 has only one", "Take step 4 for more."
                    raise invalid(name, getattr(self, name), why, remedy)
        if self.step in WITH_LAYERS and self.n_embd % self.n_head:
            why = f"n_embd {self.n_embd} is not a multiple"
            raise invalid("n_head", self.n_head, why, _divisors(self.n_embd))

    @property
    def temperature(self) -> float:
        """The temperature at which the lesson draws its names."""
        return 1.0 if self.step == 0 else 0.5

    @property
    def reads_block(self) -> bool:
        """Whether block_size limits what the model reads, not only what it writes."""
        return self.step in WITH_ATTENTION


@dataclass(frozen=True)
class TrainConfig:
    """How the model is trained. Raises UsageError for a value that cannot be."""

    seed: int = field_of(42, "of the order, the weights and the samples", low=0)
    num_steps: int = field_of(1000, "training steps", low=1, high=1_000_000_000)
    tokenizer: str = field_of(
        "char", "what a token is", choices=("char", "bytes", "bpe")
    )
    optimizer: str = field_of("adam", "how weights move", choices=tuple(OPTIMIZERS))
    learning_rate: float = field_of(
        0.01, "at the start of the schedule", low=0, above_low=True
    )
    beta1: float = field_of(0.85, "memory of Adam's m", low=0, high=0.999999)
    beta2: float = field_of(0.99, "memory of Adam's v", low=0, high=0.999999)
    eps_adam: float = field_of(
        1e-8, "keeps Adam from dividing by 0", low=0, above_low=True
    )
    momentum: float = field_of(0.9, "speed that is kept", low=0, high=0.999999)
    weight_decay: float = field_of(0.01, "pull of AdamW towards 0", low=0)
    grad_clip: float = field_of(0.0, "largest gradient norm; 0 is no limit", low=0)
    schedule: str = field_of(
        "linear", "how the learning rate changes", choices=SCHEDULES
    )
    warmup_steps: int = field_of(0, "steps in which the rate climbs", low=0)
    batch_docs: int = field_of(1, "documents in a step", low=1, high=1_000_000)
    loss_norm: str = field_of(
        "document", "what counts the same in a batch", choices=("document", "token")
    )
    doc_mode: str = field_of(
        "truncate",
        "what is done with a long document",
        choices=("truncate", "chunk", "pack"),
    )
    order: str = field_of("shuffle", "of the documents", choices=("shuffle", "permute"))
    holdout: float = field_of(0.0, "share of documents kept out", low=0, high=0.9)
    dtype: str = field_of(
        "float64",
        "precision of all numbers",
        choices=("float64", "float32", "bfloat16"),
    )
    micro_batch: int = field_of(0, "sequences a device takes at once; 0 is all", low=0)
    compile: str = field_of(
        "off", "layers made into faster code", choices=("off", "on")
    )
    remat: str = field_of(
        "off", "layers computed again to save memory", choices=("off", "on")
    )
    shard: str = field_of(
        "none", "what the processes share out of the weights", choices=("none", "full")
    )
    checkpoint_every: int = field_of(200, "steps; 0 is only at the end", low=0)
    keep_last: int = field_of(2, "checkpoints that stay; 0 is all", low=0)
    keep_best: int = field_of(
        0, "more that stay, of those measured: the lowest held-out", low=0
    )
    eval_every: int = field_of(0, "steps; 0 is only at the end", low=0)
    eval_docs: int = field_of(500, "held-out documents to measure on; 0 is all", low=0)

    def __post_init__(self) -> None:
        validate(self)
        if self.warmup_steps >= self.num_steps:
            why = f"there are {self.num_steps} steps in all"
            raise invalid("warmup_steps", self.warmup_steps, why, "Take fewer.")


# what says how weights move: Step 0 counts, and reads none of it
_OF_UPDATES = {
    *("optimizer", "learning_rate", "grad_clip", "schedule", "warmup_steps"),
    *(name for row in OPTIMIZERS.values() for name in row.fields),
}


@dataclass(frozen=True)
class Record:
    """A run in full: the same record on any engine gives the same numbers."""

    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    @property
    def most_tokens(self) -> int | None:
        """How many ids of a document are ever read; None is all of them."""
        truncates = self.train.doc_mode == "truncate" and self.model.reads_block
        return self.model.block_size + 1 if truncates else None

    def with_settings(self, **settings: object) -> "Record":
        """This record with other values, checked. Text is read as the field's type.

        A warm-up that does not fit into fewer steps, and is not set too, becomes a
        tenth of them. Raises UsageError for a key that there is not, a value that the
        field cannot hold, and a key that this step or this optimiser never reads.
        """
        values = {name: _read(name, plain(value)) for name, value in settings.items()}
        num_steps = values.get("num_steps", self.train.num_steps)
        if self.train.warmup_steps >= num_steps > 0:
            values = {"warmup_steps": num_steps // 10, **values}
        changed = Record(
            dataclasses.replace(self.model, **_in(ModelConfig, values)),
            dataclasses.replace(self.train, **_in(TrainConfig, values)),
        )
        for name, value in values.items():
            _require_read(name, value, changed)
        return changed

    def with_vocabulary(self, vocab_size: int) -> "Record":
        """This record for documents with so many tokens, BOS included."""
        model = dataclasses.replace(self.model, vocab_size=vocab_size)
        return Record(model, self.train)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The fields as plain values."""
        return {
            "model": dataclasses.asdict(self.model),
            "train": dataclasses.asdict(self.train),
        }

    @classmethod
    def from_json(cls, obj: object) -> "Record":
        """The record that `to_json` gave. Raises CheckpointError for anything else."""
        match obj:
            case {"model": dict(model), "train": dict(train)}:
                try:
                    return cls(ModelConfig(**model), TrainConfig(**train))
                except (TypeError, GlassGPTError) as error:
                    raise _not_a_record(error) from error
        raise _not_a_record("it has no model and train")


PRESETS = (*LESSONS, *SCALES)
DEEPEST = 128


def preset(name: str) -> Record:
    """The record of a preset.

    "step0" to "step5" are the lessons' own numbers, "small" and on those of larger
    models; "depth-8" is a model of 8 layers, the rest derived.
    """
    if name.startswith("depth-"):
        return _record(depth(_layers(name.removeprefix("depth-"))))
    if name not in PRESETS:
        raise unknown("preset", name, PRESETS)
    return _record({**LESSONS, **SCALES}[name])


def _record(numbers: dict[str, Any]) -> Record:
    return Record(
        ModelConfig(**_in(ModelConfig, numbers)),
        TrainConfig(**_in(TrainConfig, numbers)),
    )


def _layers(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= DEEPEST:
        return int(text)
    why = f"it must be a whole number at least 1, at most {DEEPEST}"
    raise invalid("depth", text, why, "Try 4 (number of layers).")


def all_fields() -> dict[str, Field]:
    """Every field of the record by name, those of the model first."""
    return {name: field for name, (_, field) in _fields().items()}


def is_read(name: str, record: Record) -> bool:
    """Whether the record's step and optimiser make use of a field."""
    return _why_unread(name, record) is None


def _fields() -> dict[str, tuple[type, Field]]:
    return fields_of(ModelConfig) | fields_of(TrainConfig)


def _in(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in fields_of(kind)}


def _why_unread(name: str, record: Record) -> str | None:
    step, optimizer = record.model.step, record.train.optimizer
    if step not in _readers(name):
        whole = name == "doc_mode"
        return (
            f"step {step} {'reads documents whole' if whole else 'has no use for it'}"
        )
    if optimizer not in readers_of(name):
        return f"{optimizer} has no use for it"
    return None


def _readers(name: str) -> tuple[int, ...]:
    """The steps that make use of a field."""
    if name in _OF_UPDATES:
        return WITH_WEIGHTS
    return WITH_ATTENTION if name == "doc_mode" else all_fields()[name].steps


def _steps_in_words(steps: tuple[int, ...]) -> str:
    return f"step {steps[0]}" if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"


def _require_read(name: str, value: object, record: Record) -> None:
    why = _why_unread(name, record)
    if why is None:
        return
    remedy = f"Leave it out; it is for {_steps_in_words(_readers(name))}."
    if why.startswith(record.train.optimizer):
        remedy = f"Add --set optimizer={readers_of(name)[-1]}, or leave it out."
    raise invalid(name, value, why, remedy)


def _read(name: str, value: object) -> Any:
    if name not in _fields():
        raise unknown("key", name, [n for n in _fields() if n not in _FOLLOWING])
    if name in _FOLLOWING:
        raise invalid(
            "key", name, "it follows from --step and the data", "Leave it out."
        )
    return parsed(name, value, *_fields()[name]) if isinstance(value, str) else value


def _divisors(n_embd: int) -> str:
    fitting = [str(n) for n in range(1, min(n_embd, 128) + 1) if n_embd % n == 0]
    return f"Try {', '.join(fitting[:-1])} or {fitting[-1]}." if fitting[1:] else ""


def _not_a_record(why: object) -> GlassGPTError:
    remedy = "It was changed by hand, or another program wrote it."
    return invalid("record", "run.json", str(why), remedy, CheckpointError)
