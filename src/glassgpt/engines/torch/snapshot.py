"""A copy of weights and buffers to save from, so that training need not wait."""

import math
from array import array
from collections.abc import Callable, Iterable, Mapping

import torch

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.engines.base import StateShard
from glassgpt.engines.shapes import shapes
from glassgpt.engines.torch.parallel import ParallelModel


class Snapshots:
    """Memory for the tensors that this rank saves, used again for each checkpoint.

    The ranks share the tensors out by size. On a GPU the memory is pinned, and the
    copy is one of the things the GPU does in turn: nobody waits for it here.
    """

    def __init__(
        self,
        parallel: ParallelModel,
        weights: Mapping[str, torch.Tensor],
        kept: Mapping[str, Mapping[str, torch.Tensor]],
    ) -> None:
        self._parallel, self._weights, self._kept = parallel, weights, kept
        self._owners = _shared_out(
            shapes(parallel.model.config), kept, parallel.group.size
        )
        self._tensors: dict[tuple[str, str], Tensor] = {}

    def take(self) -> StateShard:
        """Copy this moment; all ranks must ask, once the last copy is written."""
        found: dict[str, dict[str, Tensor]] = {"": {}}
        for kind, parts in {"": self._weights, **self._kept}.items():
            found[kind] = {}
            for name, part in parts.items():
                whole = self._parallel.whole(name, part)
                if self._owners[kind, name] == self._parallel.group.rank:
                    found[kind][name] = self._copy(kind, name, whole)
        weights = found.pop("")
        buffers = {
            f"{k}.{n}": t for k, named in found.items() for n, t in named.items()
        }
        return StateShard(weights, buffers, _all_so_far(self._parallel.device))

    def _copy(self, kind: str, name: str, whole: torch.Tensor) -> Tensor:
        key = (kind, name)
        if key not in self._tensors:
            self._tensors[key] = _room_for(whole)
        kept = self._tensors[key]
        to = torch.frombuffer(kept.values, dtype=whole.dtype).reshape(whole.shape)
        to.copy_(whole, non_blocking=True)
        return kept


def _all_so_far(device: torch.device) -> Callable[[], None]:
    """What waits until the device has done all that it was told up to now."""
    if device.type != "cuda":
        return lambda: None
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record()
    return event.synchronize


def _room_for(whole: torch.Tensor) -> Tensor:
    code = "d" if whole.dtype == torch.float64 else "f"
    values: array[float] = array(code)
    values.frombytes(bytes(whole.numel() * whole.element_size()))
    if whole.is_cuda:
        start, length = values.buffer_info()
        size = length * values.itemsize
        torch.cuda.cudart().cudaHostRegister(start, size, 0)  # type: ignore[no-untyped-call]
    return Tensor(tuple(whole.shape), values)


def _shared_out(
    weights: Mapping[str, tuple[int, int]], kept: Iterable[str], size: int
) -> dict[tuple[str, str], int]:
    """The rank that saves each tensor: the largest first, to who has least so far."""
    sizes = {
        (kind, name): math.prod(shape)
        for kind in ("", *kept)
        for name, shape in weights.items()
    }
    loads, owners = [0] * size, {}
    for key in sorted(sizes, key=lambda key: (-sizes[key], key)):
        rank = loads.index(min(loads))
        owners[key] = rank
        loads[rank] += sizes[key]
    return owners
