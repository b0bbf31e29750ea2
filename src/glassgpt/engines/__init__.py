"""The engines: different code, the same record, the same numbers."""

import random

from glassgpt.config import Record
from glassgpt.engines.base import Engine
from glassgpt.errors import GlassGPTError, unknown

NAMES = ("auto", "reference", "kernel")


def create(name: str, record: Record, rng: random.Random) -> Engine:
    """The engine of that name, its first weights drawn from `rng`.

    "auto" takes the fastest that can compute the record. Raises UsageError for an
    unknown name, and for a record that the engine cannot compute.
    """
    return choose(name, record)[0](record, rng)


def choose(name: str, record: Record) -> tuple[type[Engine], str]:
    """An engine's class, and with "auto" why it is not the kernel, where it is not."""
    if name not in NAMES:
        raise unknown("engine", name, NAMES)
    from glassgpt.engines.reference import ReferenceEngine

    if name == "reference":
        return ReferenceEngine, ""
    try:
        from glassgpt.engines.kernel import KernelEngine

        KernelEngine.check(record)
    except (GlassGPTError, ImportError) as error:
        if name == "kernel":
            raise
        remedy = f" ({error.remedy})" if isinstance(error, GlassGPTError) else ""
        return ReferenceEngine, f"the lesson's own code trains, slowly: {error}{remedy}"
    return KernelEngine, ""
