"""The engines: different code, the same record, the same numbers."""

import random

from glassgpt.config import Record
from glassgpt.engines.base import Engine
from glassgpt.errors import unknown

NAMES = ("auto", "reference")


def create(name: str, record: Record, rng: random.Random) -> Engine:
    """The engine of that name, its first weights drawn from `rng`.

    "auto" takes the fastest that can compute the record. Raises UsageError for an
    unknown name, and for a record that the engine cannot compute.
    """
    if name not in NAMES:
        raise unknown("engine", name, NAMES)
    from glassgpt.engines.reference import ReferenceEngine

    return ReferenceEngine(record, rng)
