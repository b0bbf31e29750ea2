"""What is kept out of training, and what was never in it."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.data.heldout import heldout_documents, split
from glassgpt.errors import UsageError

WORDS = [f"word{i}" for i in range(2_000)]
documents = st.lists(st.text("abc", min_size=1, max_size=3), min_size=1)
fractions = st.floats(0, 0.9)


def share(seed: int, text: str) -> float:
    """The written rule of docs/documents.md, once more."""
    first = hashlib.sha256(f"{seed}\n{text}".encode()).hexdigest()[:16]
    return int(first, 16) / 2**64


@given(documents, st.integers(0, 1_000), fractions)
def test_split_is_disjoint_and_complete(
    given_documents: list[str], seed: int, fraction: float
) -> None:
    try:
        training, heldout = split(given_documents, seed, fraction)
    except UsageError:
        assert all(share(seed, text) < fraction for text in given_documents)
        return
    assert not set(training) & set(heldout)
    assert set(training) | set(heldout) == set(given_documents)
    assert len(heldout) == len(set(heldout))
    assert training == [text for text in given_documents if text in set(training)]


@given(documents, st.integers(0, 1_000))
def test_a_fraction_of_zero_holds_nothing_out(
    given_documents: list[str], seed: int
) -> None:
    assert split(given_documents, seed, 0) == (given_documents, [])


def test_split_follows_the_written_rule() -> None:
    _, heldout = split(WORDS, 42, 0.1)
    assert set(heldout) == {word for word in WORDS if share(42, word) < 0.1}
    assert heldout == sorted(heldout, key=lambda word: share(42, word))
    assert 150 < len(heldout) < 250


def test_all_copies_of_a_text_go_the_same_way() -> None:
    training, heldout = split(WORDS * 3, 42, 0.1)
    assert len(training) == 3 * (2_000 - len(heldout))


def test_a_larger_fraction_holds_out_the_same_and_more() -> None:
    _, few = split(WORDS, 42, 0.05)
    _, more = split(WORDS, 42, 0.2)
    assert more[: len(few)] == few


def test_another_seed_holds_out_others() -> None:
    assert set(split(WORDS, 1, 0.1)[1]) != set(split(WORDS, 2, 0.1)[1])


@pytest.mark.parametrize("fraction", [-0.1, 0.91, 1.0, math.nan, math.inf])
def test_a_fraction_out_of_range_is_a_usage_error(fraction: float) -> None:
    with pytest.raises(UsageError, match="invalid holdout"):
        split(WORDS, 42, fraction)


def test_a_split_that_leaves_nothing_to_train_on_is_a_usage_error() -> None:
    seed = next(seed for seed in range(100) if share(seed, "only") < 0.9)
    with pytest.raises(UsageError, match="none of 2 documents"):
        split(["only", "only"], seed, 0.9)


def test_heldout_documents_are_those_never_trained_on() -> None:
    trained = set(WORDS[:1_500])
    found = heldout_documents(WORDS * 2, trained, 42)
    assert sorted(found) == sorted(WORDS[1_500:])
    assert found == sorted(found, key=lambda word: share(42, word))


def test_a_limit_takes_those_of_smallest_hash() -> None:
    found = heldout_documents(WORDS, [], 42, 500)
    assert found == sorted(WORDS, key=lambda word: share(42, word))[:500]


@pytest.mark.parametrize("limit", [None, 0, 2_000, 5_000])
def test_no_limit_and_a_large_one_mean_all(limit: int | None) -> None:
    assert len(heldout_documents(WORDS, [], 42, limit)) == 2_000


def test_heldout_documents_do_not_depend_on_the_order_given() -> None:
    assert heldout_documents(WORDS, [], 42, 9) == heldout_documents(
        WORDS[::-1], [], 42, 9
    )
