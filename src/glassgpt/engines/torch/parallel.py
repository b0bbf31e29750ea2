"""Where the weights are: whole on every device, or each device its rows of them."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from glassgpt.config import Record
from glassgpt.engines.base import ProcessGroup
from glassgpt.engines.torch.distributed import translated_failures
from glassgpt.engines.torch.loss import compiled_loss_and_dlogits
from glassgpt.engines.torch.model import GPT, Model, make_model


class ParallelModel:
    """A model on this rank's device, and the same work done on the others.

    `sharded` says whether a rank holds rows of each matrix or all of it.
    """

    def __init__(
        self, record: Record, group: ProcessGroup, device: torch.device
    ) -> None:
        train = record.train
        self.group, self.device = group, device
        self.sharded = train.shard == "full" and group.size > 1
        with torch.device("meta"):
            self.model = make_model(record.model)
        self.model.to(torch.float64 if train.dtype == "float64" else torch.float32)
        if train.dtype == "bfloat16":
            self.model.compute_dtype = torch.bfloat16
        self.model.remat = train.remat == "on"
        if train.compile == "on":
            _compile(self.model)
        if self.sharded:
            self._shard()
        self.model.to_empty(device=device)
        self._called: nn.Module = self.model
        if group.size > 1 and not self.sharded:
            # the ranks drew the same weights: nothing needs to be sent round first
            self._called = DistributedDataParallel(
                self.model, init_sync=False, gradient_as_bucket_view=True
            )

    def locals(self) -> dict[str, Tensor]:
        """What this rank holds of each weight, by name; writing to it moves it."""
        return {name: local(p.detach()) for name, p in self.model.named_weights()}

    def backward(self, micro_batches: list[Any]) -> tuple[Tensor, list[Tensor]]:
        """The loss of this rank's micro-batches, and the gradient of all ranks'.

        The gradient is that of the weights in `locals`. Ranks talk once, in the last
        micro-batch.
        """
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for p in self.model.parameters():
            p.grad = None
        with translated_failures():
            for number, micro_batch in enumerate(micro_batches, start=1):
                with self._quiet(number < len(micro_batches)):
                    loss = self._called(*micro_batch)
                    # the ranks' gradients come averaged; the sum is wanted
                    (loss * self.group.size).backward()
                total += loss.detach()
        gradients = (p.grad for _, p in self.model.named_weights())
        return total, [local(cast(Tensor, g)) for g in gradients]

    def sums(self, loss: Tensor, squares: Tensor) -> tuple[float, float]:
        """The step's loss, and the square of its gradient's norm, over all ranks."""
        both = torch.stack([loss, squares.to(loss.dtype)])
        if self.group.size > 1:
            if not self.sharded:
                both[1] /= self.group.size  # every rank has the whole gradient
            with translated_failures():
                dist.all_reduce(both)
        found = both.tolist()
        return found[0], found[1]

    def whole(self, name: str, part: Tensor) -> Tensor:
        """The whole matrix of what is `part` of it here; all ranks must ask."""
        weight = dict(self.model.named_weights())[name]
        if not isinstance(weight, DTensor):
            return part
        laid: Any = DTensor.from_local(
            part,
            weight.device_mesh,
            weight.placements,
            shape=weight.shape,
            stride=weight.stride(),
        )
        with translated_failures():
            return cast(Tensor, laid.full_tensor())

    def mine(self, whole: Tensor) -> Tensor:
        """The rows of a whole matrix that this rank holds."""
        if not self.sharded:
            return whole
        rows = -(-whole.shape[0] // self.group.size)
        return whole[self.group.rank * rows : (self.group.rank + 1) * rows]

    @contextmanager
    def _quiet(self, quiet: bool) -> Iterator[None]:
        """Gradients stay here for now, to be added to."""
        if self.sharded:
            module = cast(Any, self.model)
            module.set_requires_gradient_sync(not quiet)
            yield
        else:
            called: Any = self._called
            is_ddp = isinstance(called, DistributedDataParallel)
            with called.no_sync() if quiet and is_ddp else nullcontext():
                yield

    def _shard(self) -> None:
        mesh = init_device_mesh(self.device.type, (self.group.size,))
        policy = MixedPrecisionPolicy(
            param_dtype=self.model.compute_dtype,
            reduce_dtype=torch.float32 if self.model.compute_dtype else None,
            cast_forward_inputs=False,
        )
        blocks = self.model.blocks if isinstance(self.model, GPT) else []
        for block in blocks:
            fully_shard(block, mesh=mesh, mp_policy=policy)
        fully_shard(self.model, mesh=mesh, mp_policy=policy)


def local(tensor: Tensor) -> Tensor:
    """What this rank holds of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _compile(model: Model) -> None:
    """Each layer where it stands, so that no name changes."""
    blocks: list[nn.Module] = list(model.blocks) if isinstance(model, GPT) else []
    for block in blocks:
        block.compile(dynamic=False)
    if torch.cuda.is_available():
        model.loss_and_dlogits = compiled_loss_and_dlogits()
