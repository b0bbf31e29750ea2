"""The engines: different code, the same record, the same numbers."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from glassgpt.config import Record
from glassgpt.engines.base import Engine
from glassgpt.engines.records import to_read
from glassgpt.engines.shapes import num_params
from glassgpt.errors import GlassGPTError, invalid, missing, unknown

_REMEDY = "Install it: pip install 'glassgpt[torch]'"
# products a core makes in a second (benchmarks/RESULTS.md, "Which engine auto takes"):
# the kernel's; PyTorch's as far as it gets, and the n_embd at half of that
_KERNEL_RATE, _TORCH_RATE, _TORCH_HALF = 1.2e10, 1.54e10, 91
# reading up to so many weights takes the kernel some milliseconds a token at most
_MOST_TO_READ = 10_000_000
# what PyTorch takes to load, and for a step of a layer, however small
_TORCH_LOADS, _TORCH_LAYER = 4.0, 5e-4


@dataclass(frozen=True)
class Candidate:
    """An engine that may be chosen; what it is made of loads when it is.

    `why_not` says why it does not train a record where nobody named it, "" where it
    does, and `trains` what to say when it trains in the place of a faster one.
    """

    load: Callable[[], type[Engine]]
    why_not: Callable[[Record], str] = lambda record: ""
    trains: str = ""
    advice: Callable[[Record], str] = lambda record: ""


def create(name: str, record: Record, rng: random.Random) -> Engine:
    """The engine of that name, its first weights drawn from `rng`.

    "auto" takes the fastest that can compute the record. Raises UsageError for an
    unknown name, and for a record that the engine cannot compute.
    """
    return choose(name, record)[0](record, rng)


def reader(record: Record) -> Engine:
    """An engine to read and to write with, its weights still to be restored.

    The kernel wherever it can, whatever would train the record.
    """
    record = to_read(record)
    small = num_params(record.model) <= _MOST_TO_READ
    if processes() == 1 and small and not _kernel_cannot(record):
        return _kernel()(record, random.Random(0))
    return create("auto", record, random.Random(0))


def choose(name: str, record: Record) -> tuple[type[Engine], str]:
    """An engine's class, and what to say of the choice before it trains, if anything.

    With "auto" that is why it is not the kernel, where it is not. Raises as `create`.
    """
    if name not in ("auto", *CANDIDATES):
        raise unknown("engine", name, ("auto", *CANDIDATES))
    if processes() > 1:
        return _for_many(name), ""
    if name == "auto":
        return _fastest(record)
    kind = CANDIDATES[name].load()
    kind.check(record)
    return kind, CANDIDATES[name].advice(record)


def expected_seconds(record: Record) -> tuple[float, float]:
    """What training may take here with the kernel, and with PyTorch on its CPU.

    From the products alone, on one core each; a check keeps the rates true
    (tests/engines/torch/test_choosing.py).
    """
    model, train = record.model, record.train
    positions = model.block_size * train.batch_docs * train.num_steps
    products = 3.0 * num_params(model) * positions
    layers = 3 + model.n_layer
    loads = _TORCH_LOADS + _TORCH_LAYER * layers * train.num_steps
    torch_rate = _TORCH_RATE * model.n_embd / (model.n_embd + _TORCH_HALF)
    return products / _KERNEL_RATE, products / torch_rate + loads


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


def _fastest(record: Record) -> tuple[type[Engine], str]:
    """The first that has nothing against the record, and what keeps the kernel off."""
    kernel, *others = (CANDIDATES[name] for name in _FASTEST_FIRST)
    why = kernel.why_not(record)
    if not why:
        return kernel.load(), kernel.advice(record)
    taken = next(one for one in others if not one.why_not(record))
    said = f"{taken.trains}: {why}", taken.advice(record)
    return taken.load(), "; ".join(filter(None, said))


def _reference() -> type[Engine]:
    from glassgpt.engines.reference.engine import ReferenceEngine

    return ReferenceEngine


def _kernel() -> type[Engine]:
    from glassgpt.engines.kernel import KernelEngine

    return KernelEngine


def _kernel_cannot(record: Record) -> str:
    """What the kernel cannot compute, or is not built for; "" where it can."""
    try:
        _kernel().check(record)
    except GlassGPTError as error:
        return f"{error} ({error.remedy})"
    except ImportError as error:
        return str(error)
    return ""


def _why_not_kernel(record: Record) -> str:
    """What it cannot compute, what it is not built for, or how slow it would be."""
    if why := _kernel_cannot(record):
        return why
    kernel, torch = expected_seconds(record)
    if torch < kernel and find_spec("torch"):
        return f"the kernel would take {kernel:.0f} seconds or more"
    return ""


def _torch() -> type[Engine]:
    if find_spec("torch") is None:
        raise missing("torch", _REMEDY, GlassGPTError)
    from glassgpt.engines.torch.engine import TorchEngine

    return TorchEngine


def _why_not_torch(record: Record) -> str:
    """It is not there, unless the record asks for what no other engine does."""
    if record.model.step == 0:
        return "it has steps 1 to 5"
    if to_read(record) == record and find_spec("torch") is None:
        return "it is not installed"
    return ""


def _torch_advice(record: Record) -> str:
    _torch()
    from glassgpt.engines.torch.flops import advice

    return advice(record.train.dtype)


CANDIDATES = {
    "reference": Candidate(_reference, trains="the lesson's own code trains, slowly"),
    "kernel": Candidate(_kernel, _why_not_kernel),
    "torch": Candidate(_torch, _why_not_torch, "PyTorch trains", _torch_advice),
}
_FASTEST_FIRST = ("kernel", "torch", "reference")
