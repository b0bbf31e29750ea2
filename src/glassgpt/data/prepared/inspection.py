"""What a prepared folder holds, counted in one pass."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassgpt.data.prepared.dataset import PreparedData
from glassgpt.errors import invalid


@dataclass(frozen=True)
class Summary:
    """The facts about prepared data. Lengths are in tokens, without BOS.

    `cut` documents are longer than a model of `block_size` reads, by `dropped`
    predictions.
    """

    name: str
    sha256: str
    tokenizer: str
    vocab_size: int
    documents: int
    tokens: int
    blank: int
    shards: int
    bytes: int
    sources: int
    shortest: int
    mean: float
    longest: int
    block_size: int
    cut: int
    dropped: int

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def summarize(data: PreparedData, block_size: int) -> Summary:
    """Describe a prepared folder; UsageError where `block_size` is below 1."""
    if block_size < 1:
        raise invalid("block_size", block_size, "it is below 1", "Try 16.")
    manifest = data.manifest
    shortest, longest, cut, dropped = manifest.tokens, 0, 0, 0
    for block in data.blocks():
        lengths = block.lengths
        shortest = min(shortest, int(lengths.min()))
        longest = max(longest, int(lengths.max()))
        over = np.maximum(lengths - block_size, 0)
        cut, dropped = cut + int((over > 0).sum()), dropped + int(over.sum())
    return Summary(
        name=data.name,
        sha256=data.sha256,
        tokenizer=data.kind,
        vocab_size=manifest.vocab_size,
        documents=manifest.documents,
        tokens=manifest.tokens,
        blank=manifest.blank,
        shards=len(manifest.shards),
        bytes=manifest.size,
        sources=len(manifest.plan["sources"]),
        shortest=shortest - 1,
        mean=manifest.tokens / manifest.documents - 1,
        longest=longest - 1,
        block_size=block_size,
        cut=cut,
        dropped=dropped,
    )
