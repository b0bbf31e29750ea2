"""Held-out documents and baselines in C, beside a small Python that says the same."""

import hashlib
import math
from array import array
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import mutate

from glassgpt.errors import GlassGPTError, UsageError
from glassgpt.kernel.bindings.corpus import baseline_losses, hash_texts, heldout
from glassgpt.kernel.bindings.library import open_library

TEXTS = st.lists(st.text(max_size=90))
VOCAB = 5
DOCUMENTS = st.lists(st.lists(st.integers(0, VOCAB - 1), min_size=1, max_size=9))


def python_hash(text: str, seed: int) -> int:
    digest = hashlib.sha256(f"{seed}\n{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


@given(texts=TEXTS, seed=st.integers(0, 2**64))
def test_a_texts_hash_is_the_start_of_its_sha256(texts: list[str], seed: int) -> None:
    assert hash_texts(texts, seed).tolist() == [python_hash(t, seed) for t in texts]


@pytest.mark.parametrize("length", [*range(45, 70), 119, 120, 128, 1000, 100_000])
def test_texts_of_every_length_around_a_block_have_their_hash(length: int) -> None:
    assert hash_texts(["é" * length], 42)[0] == python_hash("é" * length, 42)


@given(
    hashes=st.lists(st.integers(0, 40) | st.integers(0, 2**64 - 1)),
    fraction=st.floats(0, 1),
    limit=st.integers(0, 20),
)
def test_the_smallest_are_held_out_once_each(
    hashes: list[int], fraction: float, limit: int
) -> None:
    found = heldout(array("Q", hashes), fraction, limit)
    below = sorted({value for value in hashes if value / 2**64 < fraction})
    expected = [hashes.index(value) for value in below[: limit or None]]
    assert found.tolist() == expected


def python_baselines(
    trained: list[list[int]], measured: list[list[int]]
) -> dict[str, float]:
    """Counts as a beginner would write them."""

    def triples(documents: list[list[int]]) -> list[tuple[int, int, int]]:
        padded = [[tokens[0], *tokens] for tokens in documents]
        return [t for p in padded for t in zip(p, p[1:], p[2:], strict=False)]

    def placed(documents: list[list[int]]) -> list[tuple[int, int, int]]:
        pairs = [enumerate(pairwise(tokens)) for tokens in documents]
        return [(place, *pair) for each in pairs for place, pair in each]

    seen = triples(trained)
    places = Counter(placed(trained))
    stands = Counter((place, token) for place, token, _ in placed(trained))
    ones = Counter(after for _, _, after in seen)
    twos = Counter((token, after) for _, token, after in seen)
    rows = Counter(token for _, token, _ in seen)
    threes, starts = Counter(seen), Counter((b, token) for b, token, _ in seen)
    losses: dict[str, list[float]] = {}
    for (before, token, after), (place, _, _) in zip(
        triples(measured), placed(measured), strict=True
    ):
        two = (twos[token, after] + 1) / (rows[token] + VOCAB)
        three = threes[before, token, after] + 5 * two
        here = places[place, token, after] + 5 * two
        probs = {
            "uniform": 1 / VOCAB,
            "letter": (ones[after] + 1) / (len(seen) + VOCAB),
            "bigram": two,
            "trigram": three / (starts[before, token] + 5),
            "place": here / (stands[place, token] + 5),
        }
        for name, p in probs.items():
            losses.setdefault(name, []).append(-math.log(p))
    return {name: math.fsum(each) / len(each) for name, each in losses.items()}


@given(trained=DOCUMENTS, measured=DOCUMENTS)
def test_baselines_are_the_counts_of_python(
    trained: list[list[int]], measured: list[list[int]]
) -> None:
    if not any(len(tokens) > 1 for tokens in measured):
        with pytest.raises(UsageError, match="missing predictions"):
            baseline_losses(trained, measured, VOCAB)
        return
    found = baseline_losses(trained, measured, VOCAB)
    assert found == pytest.approx(python_baselines(trained, measured), rel=1e-12)


def test_a_large_vocabulary_and_many_documents_are_counted_exactly() -> None:
    rng = np.random.default_rng(1)
    documents = [rng.integers(0, 5, 12).tolist() for _ in range(4000)]
    expected = python_baselines(documents[200:], documents[:200])
    found = baseline_losses(documents[200:], documents[:200], VOCAB)
    assert found == pytest.approx(expected, rel=1e-12)
    wide = [rng.integers(0, 200_000, 30).tolist() for _ in range(300)]
    assert baseline_losses(wide, wide, 200_000)["trigram"] < math.log(200_000) / 2


def test_a_token_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(UsageError, match="invalid token: 5"):
        baseline_losses([[0, 5]], [[0, 1]], VOCAB)


MUTATIONS = [
    ("corpus/heldout.c", "rotated(b, 17)", "rotated(b, 18)"),
    ("corpus/heldout.c", 'uint8_t *)"\\n", 1', 'uint8_t *)"\\r", 1'),
    ("corpus/heldout.c", "used < end ? end - used", "used <= end ? end - used"),
    ("corpus/heldout.c", "/ 0x1p64 < fraction", "/ 0x1p64 > fraction"),
    (
        "corpus/heldout.c",
        "hashes[a] < hashes[b] : a < b",
        "hashes[a] > hashes[b] : a < b",
    ),
    ("corpus/baselines.c", "(double)(seen + 1)", "(double)(seen + 2)"),
    (
        "corpus/baselines.c",
        "i - 1 > start ? i - 2 : start",
        "i - 1 > start ? i - 2 : i",
    ),
    ("corpus/baselines.c", "add(&c->starts, start_key(c, t));", ";"),
    ("corpus/baselines.c", "(i - 1 - start)", "(i - 1)"),
    ("corpus/baselines.c", "add(&c->stands, stand_key(c, t));", ";"),
]


@pytest.mark.parametrize(("file", "right", "wrong"), MUTATIONS)
def test_a_mistake_in_them_is_found(
    file: str, right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(file, right, wrong, tmp_path, monkeypatch)
    texts = [str(number) + "x" * (number % 70) for number in range(300)]
    documents = [[4, 0, 1, 0, 4], [4, 2, 4], [4, 0, 3, 1, 4]]
    expected = [python_hash(text, 42) for text in texts]
    small = sorted(value for value in {*expected} if value / 2**64 < 0.3)
    try:
        hashes = hash_texts(texts, 42)
        places = heldout(array("Q", expected), 0.3, 40)
        counted = baseline_losses(documents, documents, VOCAB)
        same = (
            hashes.tolist() == expected
            and [expected[place] for place in places] == small[:40]
            and counted == pytest.approx(python_baselines(documents, documents))
        )
    except GlassGPTError:
        same = False
    finally:
        open_library.cache_clear()
    assert not same
