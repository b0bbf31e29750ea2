"""A step's documents as tensors: cut into sequences, dealt to ranks, padded.

Shapes: R sequences of at most T predictions: inputs, targets, loss_weights are (R, T).
The loss of the step is the sum over all of them, on all ranks, of weight * -ln p; the
weights carry loss_norm, so that nothing needs to be divided or averaged afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from glassgpt.config import Record
from glassgpt.data.packing import sequence_weights, sequences
from glassgpt.engines.base import Batch


class MicroBatch(NamedTuple):
    """What goes through the model at once; all are (R, T). Padding has the weight 0."""

    inputs: Tensor
    targets: Tensor
    loss_weights: Tensor


@dataclass(frozen=True)
class RankBatch:
    """What one rank takes of a step, in as many micro-batches as every other rank.

    `tokens` is the number of predictions in the whole step, on all ranks.
    """

    micro_batches: list[MicroBatch]
    tokens: int


def shard_batch(
    batch: Batch,
    record: Record,
    device: torch.device,
    rank: int = 0,
    size: int = 1,
    whole_block: bool = False,
) -> RankBatch:
    """A rank's part of a batch of documents.

    Sequence number s of the global batch belongs to rank s % size, so that the batch
    is the same at every size. With `whole_block` every micro-batch has the record's
    block_size and micro_batch, as compiled code wants it.
    """
    documents = [_sequences(tokens, record) for tokens in batch]
    parts = [sequence for document in documents for sequence in document]
    loss_weights = sequence_weights(documents, record.train.loss_norm)
    most = -(-len(parts) // size)  # sequences of the rank that has most
    at_once = min(record.train.micro_batch or most, most)
    width = max(map(len, parts)) - 1
    if whole_block and record.model.reads_block:
        width = record.model.block_size
    mine = list(zip(parts, loss_weights, strict=True))[rank::size]
    dtype = torch.float64 if record.train.dtype == "float64" else torch.float32
    micro_batches = [
        _micro_batch(mine[start : start + at_once], at_once, width, dtype, device)
        for start in range(0, most, at_once)
    ]
    return RankBatch(micro_batches, sum(len(part) - 1 for part in parts))


def _sequences(tokens: Sequence[int], record: Record) -> list[Any]:
    if not record.model.reads_block:
        return [tokens]
    block_size, mode = record.model.block_size, record.train.doc_mode
    return sequences(tokens, block_size, mode)


def _micro_batch(
    rows: Sequence[tuple[Any, float]],
    count: int,
    width: int,
    dtype: torch.dtype,
    device: torch.device,
) -> MicroBatch:
    """Padded to (count, width). Attention looks back only: padding needs no mask."""
    ids = np.zeros((count, width + 1), np.int64)
    loss_weights = np.zeros((count, width), np.float64)
    for place, (sequence, weight) in enumerate(rows):
        n = len(sequence) - 1
        ids[place, : n + 1] = sequence
        loss_weights[place, :n] = weight / n
    inputs, targets = torch.from_numpy(ids[:, :-1]), torch.from_numpy(ids[:, 1:])
    weights = torch.from_numpy(loss_weights).to(dtype)
    return MicroBatch(*_on(device, inputs, targets, weights))


def _on(device: torch.device, *tensors: Tensor) -> Iterator[Tensor]:
    for tensor in tensors:
        if device.type == "cuda":
            pinned = tensor.contiguous().pin_memory()
            yield pinned.to(device, non_blocking=True)
        else:
            yield tensor
