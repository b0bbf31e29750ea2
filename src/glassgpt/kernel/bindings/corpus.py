"""Which documents are held out, and what counting alone costs on them.

Without NumPy, unlike its neighbours: the reference engine's runs come by here.
"""

import ctypes
import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from glassgpt.errors import invalid, missing
from glassgpt.kernel.bindings.library import constants, open_library

_MOST_BYTES = 2**24  # of text in one call: a C offset is an int


def hash_texts(texts: Iterable[str], seed: int) -> "array[int]":
    """What decides whether a text is held out, for each: (n,) of 64 bits.

    The first 8 bytes of the sha256 of seed, LF and the text, as a whole number.
    """
    call, digits, found = _call(), str(seed).encode(), array("Q")
    for encoded in _in_parts(texts):
        offsets = array("i", itertools.accumulate(map(len, encoded), initial=0))
        hashes = array("Q", bytes(8 * len(encoded)))
        call.hash_texts(
            digits, b"".join(encoded), _at(offsets), len(encoded), _at(hashes)
        )
        found += hashes
    return found


def heldout(hashes: "array[int]", fraction: float = 1, limit: int = 0) -> "array[int]":
    """Places of the distinct hashes that are held out, smallest hash first: (n,).

    Those whose hash as a fraction of 2**64 is below `fraction`, and of these at most
    `limit`; 0 means all.
    """
    order = array("i", bytes(4 * len(hashes)))
    count = _call().heldout(_at(hashes), len(hashes), fraction, limit, _at(order))
    return order[:count]


def baseline_losses(
    trained: Iterable[Sequence[int]], heldout: Sequence[Sequence[int]], vocab_size: int
) -> dict[str, float]:
    """The mean of -ln p over the heldout documents' predictions, by baseline.

    `trained` is what they count. Raises UsageError for a token outside the vocabulary,
    and where nothing is predicted.
    """
    documents = [*trained]
    num_trained = len(documents)
    documents += heldout
    tokens = array("i", itertools.chain.from_iterable(documents))
    offsets = array("i", itertools.accumulate(map(len, documents), initial=0))
    call, names = _call(), _baseline_names()
    losses = array("d", bytes(8 * len(names)))
    size = call.baselines_size(vocab_size, offsets[num_trained])
    workspace = ctypes.create_string_buffer(size)
    count = call.baselines(
        vocab_size, _at(tokens), _at(offsets), num_trained, len(heldout), _at(losses),
        ctypes.addressof(workspace),
    )  # fmt: skip
    if count < 0:
        wrong = next(token for token in tokens if not 0 <= token < vocab_size)
        raise invalid("token", wrong, f"it must be from 0 to {vocab_size - 1}")
    if count == 0:
        raise missing("predictions", "Give a document of two tokens at least.")
    return dict(zip(names, losses, strict=True))


def _baseline_names() -> list[str]:
    """In the header's order: "uniform" and so on."""
    prefix = "BASELINE_"
    found = {place: name for name, place in constants().items() if prefix in name}
    return [found[place].removeprefix(prefix).lower() for place in range(len(found))]


def _in_parts(texts: Iterable[str]) -> Iterator[list[bytes]]:
    """The texts in UTF-8, as many at once as one call takes."""
    part, size = list[bytes](), 0
    for text in texts:
        encoded = text.encode()
        if part and size + len(encoded) > _MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(encoded)
        size += len(encoded)
    if part:
        yield part


def _at(numbers: "array[Any]") -> int:
    """Where an array's numbers are."""
    return numbers.buffer_info()[0]


def _call() -> Any:
    return open_library("float64").call
