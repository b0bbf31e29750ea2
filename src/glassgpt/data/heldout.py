"""Which documents are kept out of training, or were never in it.

A hash of the seed and the text decides, never a generator: every engine and every run
keeps out the same documents, and all copies of a text go the same way. The kernel
computes and compares the hashes; without it these functions raise GlassGPTError, save
for a fraction of 0.
"""

import heapq
from collections.abc import Collection, Iterable, Sequence

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
    heldout = _chosen(set(documents), seed, fraction)
    kept_out = set(heldout)
    training = [text for text in documents if text not in kept_out]
    if documents and not training:
        why = f"it leaves none of {len(documents):,} documents to train on"
        raise invalid("holdout", fraction, why, "Try less, or add documents.")
    return training, heldout


def heldout_documents(
    documents: Iterable[str],
    trained: Collection[str],
    seed: int,
    limit: int | None = None,
) -> list[str]:
    """The distinct documents that are not in `trained`, in hash order.

    At most `limit` of them, those of smallest hash; None or 0 means all.
    """
    return _chosen(set(documents).difference(trained), seed, limit=limit or 0)


def share_for(documents: Iterable[str], seed: int, count: int) -> float | None:
    """The smallest share, in hundredths, that holds out `count` distinct documents.

    None where the largest does not.
    """
    from glassgpt.kernel.bindings import corpus

    first = heapq.nsmallest(count, corpus.hash_texts(set(documents), seed))
    if len(first) < count:
        return None
    share = (first[-1] * 100 // 2**64 + 1) / 100
    return share if share <= LARGEST_FRACTION else None


def _chosen(
    texts: Collection[str], seed: int, fraction: float = 1.0, limit: int = 0
) -> list[str]:
    """Of some distinct texts those of smallest hash, in its order."""
    from glassgpt.kernel.bindings import corpus  # reads the kernel's description

    texts = list(texts)
    hashes = corpus.hash_texts(texts, seed)
    return [texts[place] for place in corpus.heldout(hashes, fraction, limit)]
