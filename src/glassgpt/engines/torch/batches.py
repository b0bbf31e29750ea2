"""A step's documents as tensors: cut into sequences, dealt to ranks, padded.

Shapes: R sequences of at most T predictions: inputs, targets and shares are (R, T).
The loss of the step is the sum over all of them, on all ranks, of share * -ln p; the
shares carry loss_norm, so that nothing needs to be divided or averaged afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from glassgpt.config import Record
from glassgpt.data.packing import sequence_weights, sequences
from glassgpt.engines.base import Batch


@dataclass(frozen=True)
class Piece:
    """What goes through the model at once; all are (R, T). Padding has the share 0."""

    inputs: Tensor
    targets: Tensor
    shares: Tensor


@dataclass(frozen=True)
class Dealt:
    """The share of one rank in a step, in as many pieces as every other rank has.

    `tokens` is the number of predictions in the whole step, on all ranks.
    """

    pieces: list[Piece]
    tokens: int


def deal(
    batch: Batch,
    record: Record,
    device: torch.device,
    rank: int = 0,
    size: int = 1,
    whole_block: bool = False,
) -> Dealt:
    """A rank's part of a batch of documents.

    Sequence number s of the global batch belongs to rank s % size, so that the batch
    is the same at every size. With `whole_block` every piece has the record's
    block_size and micro_batch, as compiled code wants it.
    """
    documents = [_sequences(tokens, record) for tokens in batch]
    parts = [sequence for document in documents for sequence in document]
    shares = sequence_weights(documents, record.train.loss_norm)
    most = -(-len(parts) // size)  # sequences of the rank that has most
    at_once = min(record.train.micro_batch or most, most)
    width = max(map(len, parts)) - 1
    if whole_block and record.model.reads_block:
        width = record.model.block_size
    mine = list(zip(parts, shares, strict=True))[rank::size]
    dtype = torch.float64 if record.train.dtype == "float64" else torch.float32
    pieces = [
        _piece(mine[start : start + at_once], at_once, width, dtype, device)
        for start in range(0, most, at_once)
    ]
    return Dealt(pieces, sum(len(part) - 1 for part in parts))


def _sequences(tokens: Sequence[int], record: Record) -> list[Any]:
    if not record.model.reads_block:
        return [tokens]
    block_size, mode = record.model.block_size, record.train.doc_mode
    return sequences(tokens, block_size, mode)


def _piece(
    rows: Sequence[tuple[Any, float]],
    count: int,
    width: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Piece:
    """Padded to (count, width). Attention looks back only: padding needs no mask."""
    ids = np.zeros((count, width + 1), np.int64)
    shares = np.zeros((count, width), np.float64)
    for place, (sequence, share) in enumerate(rows):
        n = len(sequence) - 1
        ids[place, : n + 1] = sequence
        shares[place, :n] = share / n
    inputs, targets = torch.from_numpy(ids[:, :-1]), torch.from_numpy(ids[:, 1:])
    return Piece(*_on(device, inputs, targets, torch.from_numpy(shares).to(dtype)))


def _on(device: torch.device, *tensors: Tensor) -> Iterator[Tensor]:
    for tensor in tensors:
        if device.type == "cuda":
            pinned = tensor.contiguous().pin_memory()
            yield pinned.to(device, non_blocking=True)
        else:
            yield tensor
