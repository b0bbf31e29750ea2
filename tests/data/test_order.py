"""Which document comes when."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.data.order import DocumentOrder, Permutation, permuted, shuffled
from glassgpt.errors import UsageError

TEN = [f"document {i}" for i in range(10)]
sizes = st.integers(1, 300)
seeds = st.integers(0, 2**64)


def test_shuffled_is_the_shuffle_of_the_standard_library() -> None:
    expected = list(TEN)
    random.Random(42).shuffle(expected)
    assert shuffled(TEN, random.Random(42)) == expected
    assert TEN[0] == "document 0"


def test_shuffled_leaves_the_generator_where_the_lesson_has_it() -> None:
    mine, lesson = random.Random(42), random.Random(42)
    shuffled(TEN, mine)
    lesson.shuffle(list(TEN))
    assert mine.gauss(0, 1) == lesson.gauss(0, 1)


def test_shuffle_goes_round_and_round() -> None:
    order = DocumentOrder(["a", "b", "c"])
    assert [order[k] for k in range(7)] == list("abcabca")


@given(sizes, seeds, st.integers(0, 2**40))
def test_each_epoch_of_permute_holds_every_document_once(
    size: int, seed: int, epoch: int
) -> None:
    order = DocumentOrder([str(i) for i in range(size)], "permute", seed)
    drawn = order.indices(epoch * size, size)
    assert sorted(drawn) == list(range(size))


def test_permute_differs_by_seed_and_by_epoch() -> None:
    order = DocumentOrder(range_of(50), "permute", 1)
    other = DocumentOrder(range_of(50), "permute", 2)
    epochs = [order.indices(50 * epoch, 50) for epoch in range(3)]
    assert len({tuple(epoch) for epoch in [*epochs, other.indices(0, 50)]}) == 4


def test_permute_keeps_its_recorded_values() -> None:
    order = DocumentOrder(TEN, "permute", 42)
    assert order.indices(0, 10) == [6, 0, 4, 8, 1, 9, 3, 2, 7, 5]
    assert order.indices(10, 10) == [7, 8, 1, 2, 4, 9, 6, 3, 0, 5]
    assert permuted(0, 32_257, 42, 0) == 24_719
    assert permuted(32_256, 32_257, 42, 7) == 19_152


def test_permute_draws_the_document_at_its_index() -> None:
    order = DocumentOrder(TEN, "permute", 7)
    assert [order[k] for k in range(25)] == [TEN[i] for i in order.indices(0, 25)]


def test_permute_favours_no_arrangement() -> None:
    drawn = Counter(
        tuple(permuted(position, 4, seed, 0) for position in range(4))
        for seed in range(4_800)
    )
    assert len(drawn) == 24
    assert 140 < min(drawn.values()) <= max(drawn.values()) < 260


def test_permute_puts_neighbours_no_nearer_than_chance() -> None:
    drawn = DocumentOrder(range_of(1_000), "permute", 3).indices(0, 1_000)
    gaps = [abs(a - b) for a, b in pairwise(drawn)]
    assert 300 < sum(gaps) / len(gaps) < 367


@given(sizes, seeds, st.integers(0, 3), st.data())
def test_a_permutation_goes_back(
    size: int, seed: int, epoch: int, data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, size - 1))
    one = Permutation(size, seed, epoch)
    assert one.back(one(position)) == position == one(one.back(position))


def test_a_permutation_of_very_many_keeps_no_table() -> None:
    one = Permutation(2**40, 42, 0)
    assert [one.back(one(k)) for k in (0, 5, 2**40 - 1)] == [0, 5, 2**40 - 1]
    assert not any(one._known)


@pytest.mark.parametrize("kind", ["shuffle", "permute"])
def test_what_is_drawn_is_known_without_drawing(kind: str) -> None:
    order = DocumentOrder(range_of(37), kind, 5)
    for draws in (0, 1, 9, 36, 37, 100):
        drawn = set(order.indices(0, draws))
        assert {i for i in range(37) if order.is_drawn(i, draws)} == drawn


def test_an_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown order: shufle"):
        DocumentOrder(TEN, "shufle")


def test_an_order_of_no_documents_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="missing documents"):
        DocumentOrder([])


def test_there_is_nothing_before_the_first_document() -> None:
    with pytest.raises(IndexError):
        DocumentOrder(TEN)[-1]


def range_of(size: int) -> list[str]:
    return [str(i) for i in range(size)]
