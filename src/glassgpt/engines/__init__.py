"""The engines: different code, the same record, the same numbers."""

import os
import random
from importlib.util import find_spec

from glassgpt.config import Record
from glassgpt.engines.base import Engine, to_read
from glassgpt.engines.shapes import num_params
from glassgpt.errors import GlassGPTError, invalid, missing, unknown

NAMES = ("auto", "reference", "kernel", "torch")
_REMEDY = "Install it: pip install 'glassgpt[torch]'"
# products a core makes in a second: the kernel at its best, PyTorch at its worst, of
# some sizes that were measured (benchmarks/RESULTS.md)
_KERNEL_RATE, _TORCH_RATE = 4.2e9, 8e9
# what PyTorch takes to load, and for a step of a layer, however small
_TORCH_LOADS, _TORCH_LAYER = 4.0, 5e-4


def create(name: str, record: Record, rng: random.Random) -> Engine:
    """The engine of that name, its first weights drawn from `rng`.

    "auto" takes the fastest that can compute the record. Raises UsageError for an
    unknown name, and for a record that the engine cannot compute.
    """
    return choose(name, record)[0](record, rng)


def choose(name: str, record: Record) -> tuple[type[Engine], str]:
    """An engine's class, and what to say of the choice before it trains, if anything.

    With "auto" that is why it is not the kernel, where it is not.
    """
    if name not in NAMES:
        raise unknown("engine", name, NAMES)
    if processes() > 1:
        return _for_many(name), ""
    if name == "torch":
        return _torch_for(record)
    from glassgpt.engines.reference.engine import ReferenceEngine

    if name == "reference":
        return ReferenceEngine, ""
    try:
        from glassgpt.engines.kernel import KernelEngine

        KernelEngine.check(record)
    except (GlassGPTError, ImportError) as error:
        if name == "kernel":
            raise
        remedy = f" ({error.remedy})" if isinstance(error, GlassGPTError) else ""
        asks_for_torch = to_read(record) != record
        if record.model.step > 0 and (asks_for_torch or find_spec("torch")):
            return _torch_for(record, f"PyTorch trains: {error}{remedy}")
        return ReferenceEngine, f"the lesson's own code trains, slowly: {error}{remedy}"
    if name == "auto" and find_spec("torch"):
        kernel, torch = expected_seconds(record)
        if torch < kernel:
            why = f"PyTorch trains: the kernel would take {kernel:.0f} seconds or more"
            return _torch_for(record, why)
    return KernelEngine, ""


def expected_seconds(record: Record) -> tuple[float, float]:
    """What training may take here with the kernel, and with PyTorch on its CPU.

    From the products alone, and on the safe side: the kernel is taken to be as fast as
    it ever is, PyTorch as slow.
    """
    model, train = record.model, record.train
    positions = model.block_size * train.batch_docs * train.num_steps
    products = 3.0 * num_params(model) * positions
    layers = 3 + model.n_layer
    loads = _TORCH_LOADS + _TORCH_LAYER * layers * train.num_steps
    return products / _KERNEL_RATE, products / _TORCH_RATE + loads


def processes() -> int:
    """How many processes torchrun has started for this run; 1 without it."""
    return int(os.environ.get("WORLD_SIZE") or 1)


def rank() -> int:
    """The number of this process among those of torchrun; 0 leads."""
    return int(os.environ.get("RANK") or 0) if processes() > 1 else 0


def restarts_by_itself() -> bool:
    """Whether torchrun started this, and starts it again when it fails."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def _for_many(name: str) -> type[Engine]:
    if name not in ("auto", "torch"):
        why = f"it trains in one process, and torchrun has started {processes()}"
        raise invalid("engine", name, why, "Leave --engine out, or torchrun.")
    return _torch()


def _torch_for(record: Record, why: str = "") -> tuple[type[Engine], str]:
    engine = _torch()
    from glassgpt.engines.torch.flops import advice

    return engine, "; ".join(filter(None, (why, advice(record.train.dtype))))


def _torch() -> type[Engine]:
    if find_spec("torch") is None:
        raise missing("torch", _REMEDY, GlassGPTError)
    from glassgpt.engines.torch.engine import TorchEngine

    return TorchEngine
