"""What of a record only the torch engine does, and the record without it."""

from dataclasses import replace
from typing import Any

from glassgpt.config import Record
from glassgpt.errors import invalid

# fields that say how a batch is computed on tensors, and what other engines do: nothing
FOR_TENSORS: dict[str, Any] = {
    "micro_batch": 0,
    "compile": "off",
    "remat": "off",
    "shard": "none",
}


def to_read(record: Record) -> Record:
    """The record as any engine may load it, to read and to write with its weights.

    Without what only training in tensors asks for; bfloat16 has float32 weights.
    """
    changed = dict(FOR_TENSORS)
    if record.train.dtype == "bfloat16":
        changed["dtype"] = "float32"
    return replace(record, train=replace(record.train, **changed))


def refuse_tensors(record: Record) -> None:
    """Raise UsageError for a record that asks for what only the torch engine does."""
    for name, plain in FOR_TENSORS.items():
        value = getattr(record.train, name)
        if value != plain:
            why, remedy = "only the torch engine has it", f"Leave {name} out."
            raise invalid(name, value, why, remedy)
