"""The processes that torchrun starts: who this one is, and how they agree."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from glassgpt.engines.base import ALONE, ProcessGroup
from glassgpt.errors import GlassGPTError, invalid

# an evaluation or a save of the leader may take this long before the others give up
_PATIENCE = timedelta(minutes=30)
_LOOK_EVERY = 0.01  # seconds
_LOST = ("gloo", "nccl", "connection", "peer", "timed out", "tcpstore", "store->")


class TorchProcessGroup(ProcessGroup):
    """Some processes, on one machine or many, that hold a model together."""

    def __init__(self, rank: int, size: int, local_rank: int) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank

    def wait(self) -> None:
        """Go on when all have come here."""
        self.any(False)

    def any(self, flag: bool) -> bool:
        """Whether it is so on any of them; all must ask."""
        found = torch.tensor([int(flag)])
        with translated_failures():
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found.item())

    def leave(self) -> None:
        """End the group, so that no process is told of a lost one."""
        if dist.is_initialized():
            dist.destroy_process_group()


def join() -> ProcessGroup:
    """This process's place among those of torchrun; alone where there is no torchrun.

    NCCL carries what is on GPUs, gloo what is not.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    rank, local_rank = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    if not dist.is_initialized():
        backend = "gloo"
        if torch.cuda.is_available():
            _require_own_gpu(local_rank)
            torch.cuda.set_device(local_rank)
            backend = "cpu:gloo,cuda:nccl"
        with translated_failures():
            store, *_ = next(rendezvous("env://", rank, size, timeout=_PATIENCE))
            dist.init_process_group(
                backend,
                store=_own_part(store, rank, size),
                rank=rank,
                world_size=size,
                timeout=_PATIENCE,
            )
    return TorchProcessGroup(rank, size, local_rank)


def device_of(group: ProcessGroup) -> torch.device:
    """The GPU of this process, or the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", getattr(group, "local_rank", 0))


def _own_part(store: Store, rank: int, size: int) -> Store:
    """A part of the store for those that were started together, this time.

    torchrun keeps its store when it starts processes again, with the addresses of those
    that are gone, and each node counts the starts for itself. So the leader makes up a
    name, and gives it to whoever is there until each has said that it has it.
    """
    name = secrets.token_hex(8)
    if rank:
        store.set(f"here/{rank}", name)
        name = store.get(f"for/{name}").decode()
        store.set(f"{name}/{rank}", "")
        return PrefixStore(name, store)
    missing, end = list(range(1, size)), time.monotonic() + _PATIENCE.total_seconds()
    while missing:
        for other in missing:
            if store.check([f"here/{other}"]):
                store.set("for/" + store.get(f"here/{other}").decode(), name)
        missing = [r for r in missing if not store.check([f"{name}/{r}"])]
        if time.monotonic() > end:
            raise RuntimeError(f"timed out: no connection to rank {missing[0]}")
        time.sleep(_LOOK_EVERY)
    return PrefixStore(name, store)


@contextmanager
def translated_failures(
    for_room: str = "Try --set micro_batch=8, less, or remat=on.",
) -> Iterator[None]:
    """Say in one line that another process is gone, where that ends what we do.

    Raises GlassGPTError for that, and for a GPU without room, with what makes some.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        why = "it has no room left"
        raise invalid("GPU", "full", why, for_room, GlassGPTError) from error
    except RuntimeError as error:
        many = int(os.environ.get("WORLD_SIZE", "1")) > 1
        if many and any(x in str(error).lower() for x in _LOST):
            rank = os.environ.get("RANK", "?")
            remedy = "See the first error above; torchrun --max-restarts 3 goes on."
            why = "another process of this run has ended or cannot be reached"
            raise invalid("rank", rank, why, remedy, GlassGPTError) from error
        raise


def _require_own_gpu(local_rank: int) -> None:
    count = torch.cuda.device_count()
    if local_rank >= count:
        remedy = f"Try torchrun --nproc-per-node {count}."
        raise invalid("rank", local_rank, f"this machine has {count} GPUs", remedy)
