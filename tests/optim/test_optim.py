"""What the lessons do not hold, each against its definition or a property of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from glassgpt import optim
from glassgpt.data import packing

SCHEDULES = ("linear", "constant", "cosine")
FLOATS = st.floats(-10, 10)
VECTORS = st.lists(FLOATS, min_size=1, max_size=8)
DOCUMENTS = st.lists(st.integers(0, 9), min_size=2, max_size=40)


def rates(schedule: str, num_steps: int = 10, warmup_steps: int = 0) -> list[float]:
    return [
        optim.learning_rate_at(step, num_steps, 0.5, schedule, warmup_steps)
        for step in range(num_steps)
    ]


def test_linear_is_the_lessons_schedule() -> None:
    assert rates("linear") == [0.5 * (1 - step / 10) for step in range(10)]


def test_constant_never_changes() -> None:
    assert rates("constant") == [0.5] * 10


def test_cosine_is_half_way_in_the_middle_and_symmetric() -> None:
    found = rates("cosine")
    assert (found[0], found[5]) == (0.5, approx(0.25))
    assert [found[k] + found[10 - k] for k in range(1, 10)] == approx([0.5] * 9)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warm_up_climbs_in_a_straight_line_to_the_full_rate(schedule: str) -> None:
    found = rates(schedule, warmup_steps=4)
    assert found[:5] == approx([0.125, 0.25, 0.375, 0.5, 0.5])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_after_a_warm_up_the_schedule_runs_over_the_steps_left(schedule: str) -> None:
    assert rates(schedule, 10, warmup_steps=4)[4:] == approx(rates(schedule, 6))


@given(st.sampled_from(SCHEDULES), st.integers(1, 50), st.data())
def test_a_rate_is_never_above_the_one_given_nor_0(
    schedule: str, num_steps: int, data: st.DataObject
) -> None:
    warmup_steps = data.draw(st.integers(0, num_steps - 1))
    found = rates(schedule, num_steps, warmup_steps)
    assert all(0 < rate <= 0.5 for rate in found)
    assert found[warmup_steps:] == sorted(found[warmup_steps:], reverse=True)


@given(VECTORS)
def test_momentum_0_is_plain_descent(g: list[float]) -> None:
    w, m = [1.0] * len(g), [5.0] * len(g)
    optim.momentum(w, g, m, 0.1, 0.0)
    assert w == [1.0 - 0.1 * gi for gi in g]
    assert m == g


def test_momentum_keeps_its_speed_when_the_gradient_ends() -> None:
    w, m = [0.0], [0.0]
    optim.momentum(w, [1.0], m, 1.0, 0.5)
    for _ in range(60):
        optim.momentum(w, [0.0], m, 1.0, 0.5)
    assert w == [approx(-2)]


@given(st.floats(1e-3, 1e3))
def test_rmsprop_moves_by_the_rate_whatever_the_size_of_the_gradient(g: float) -> None:
    w, v = [0.0], [g * g]
    optim.rmsprop(w, [g], v, 0.1, 0.9, 1e-12)
    assert w == [approx(-0.1)]
    assert v == [approx(g * g)]


def test_rmsprop_forgets_at_the_pace_of_beta2() -> None:
    w, v = [0.0], [1.0]
    optim.rmsprop(w, [0.0], v, 0.1, 0.75, 1e-8)
    assert (w, v) == ([0.0], [0.75])


@given(VECTORS)
def test_decay_takes_the_same_share_of_every_weight(w: list[float]) -> None:
    decayed = list(w)
    optim.decay(decayed, 0.5, 0.2)
    assert decayed == approx([0.9 * x for x in w])


@given(VECTORS, st.floats(0.01, 100))
def test_clipped_gradients_are_no_longer_than_the_limit(
    g: list[float], limit: float
) -> None:
    factor = optim.clip_factor(g, limit)
    norm = math.hypot(*g)
    assert norm * factor <= limit * (1 + 1e-12)
    assert factor == 1 or norm * factor == approx(limit)


@given(VECTORS)
def test_0_is_no_limit(g: list[float]) -> None:
    assert optim.clip_factor(g, 0.0) == 1.0


@given(DOCUMENTS, st.integers(1, 12))
def test_truncate_keeps_the_first_predictions(tokens: list[int], size: int) -> None:
    kept = packing.sequences(tokens, size, "truncate")
    assert kept == [tokens[: size + 1]]


@given(DOCUMENTS, st.integers(1, 12))
def test_chunks_predict_every_token_once_and_in_order(
    tokens: list[int], size: int
) -> None:
    parts = packing.sequences(tokens, size, "chunk")
    assert [token for part in parts for token in part[1:]] == tokens[1:]
    assert all(2 <= len(part) <= size + 1 for part in parts)
    assert all(len(part) == size + 1 for part in parts[:-1])
    ends = [part[-1] for part in parts[:-1]]
    assert [part[0] for part in parts] == [tokens[0], *ends]


@given(DOCUMENTS)
def test_a_document_that_fits_is_one_sequence_either_way(tokens: list[int]) -> None:
    size = len(tokens) - 1
    for mode in ("truncate", "chunk"):
        assert packing.sequences(tokens, size, mode) == [tokens]


BATCHES = st.lists(st.lists(DOCUMENTS, min_size=1, max_size=3), min_size=1, max_size=4)


@given(BATCHES, st.sampled_from(["document", "token"]))
def test_weights_of_a_batch_sum_to_1(batch: list[list[list[int]]], norm: str) -> None:
    assert sum(packing.sequence_weights(batch, norm)) == approx(1)


def test_document_counts_documents_and_token_counts_tokens() -> None:
    batch = [[[0, 1, 2], [2, 3]], [[0, 1]]]  # 2 + 1 predicted tokens, and 1
    by_document = packing.sequence_weights(batch, "document")
    assert by_document == approx([2 / 3 / 2, 1 / 3 / 2, 1 / 2])
    assert packing.sequence_weights(batch, "token") == approx([2 / 4, 1 / 4, 1 / 4])


@pytest.mark.parametrize("norm", ["document", "token"])
def test_one_document_in_one_sequence_counts_exactly_1(norm: str) -> None:
    for length in range(2, 40):
        assert packing.sequence_weights([[list(range(length))]], norm) == [1.0]
