"""Which documents are kept out of training, or were never in it.

A hash of the seed and the text decides, never a generator: every engine and every run
keeps out the same documents, and all copies of a text go the same way.
"""

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence

from glassgpt.errors import invalid

LARGEST_FRACTION = 0.9


def split(
    documents: Sequence[str], seed: int, fraction: float
) -> tuple[list[str], list[str]]:
    """The documents to train on, and the distinct ones that are held out.

    A text is held out when its hash, as a fraction of 2**64, is below `fraction`. The
    first list keeps the given order and its duplicates, the second is in hash order.
    Raises UsageError when `fraction` is not from 0 to 0.9, or leaves nothing to train
    on.
    """
    if not 0 <= fraction <= LARGEST_FRACTION:
        remedy = "0.1 keeps a tenth of the documents out; 0 keeps none."
        raise invalid("holdout", fraction, "not from 0 to 0.9", remedy)
    if fraction == 0:
        return list(documents), []
    hashed = {text: key for key, text in _hashed(set(documents), seed)}
    below = {
        text for text, key in hashed.items() if int.from_bytes(key) / 2**64 < fraction
    }
    training = [text for text in documents if text not in below]
    if documents and not training:
        why = f"it leaves none of {len(documents):,} documents to train on"
        raise invalid("holdout", fraction, why, "Try less, or add documents.")
    return training, sorted(below, key=lambda text: (hashed[text], text))


def heldout_documents(
    documents: Iterable[str],
    trained: Collection[str],
    seed: int,
    limit: int | None = None,
) -> list[str]:
    """The distinct documents that are not in `trained`, in hash order.

    At most `limit` of them, those of smallest hash; None or 0 means all.
    """
    hashed = _hashed(set(documents).difference(trained), seed)
    first = heapq.nsmallest(limit, hashed) if limit else sorted(hashed)
    return [text for _, text in first]


def _hashed(texts: Iterable[str], seed: int) -> Iterator[tuple[bytes, str]]:
    """Each text after the first 8 bytes of the sha256 of seed, LF and it."""
    start = f"{seed}\n".encode()
    for text in texts:
        yield hashlib.sha256(start + text.encode()).digest()[:8], text
