"""Claims of pages that are worked out: the values an independent program found."""

import pytest

pytest.importorskip("markdown_it")

from glassgpt.guide.facts import counting, kept_aside, names, trainings, values


def test_the_names_kept_aside_are_those_that_every_step_is_measured_on() -> None:
    assert (kept_aside.kept_aside(), kept_aside.kept_aside_tokens()) == (500, 3552)
    assert kept_aside.aside_loss() == pytest.approx(trainings.heldout(0), rel=1e-12)
    assert (kept_aside.not_read(), kept_aside.read_distinct()) == (31_257, 998)


@pytest.mark.parametrize(("read", "best"), [(100, 0.27), (300, 0.33), (1000, 0.29)])
def test_the_best_smoothing_stays_where_it_is_however_much_was_counted(
    read: int, best: float
) -> None:
    assert kept_aside.best_smoothing(read) == pytest.approx(best, abs=1e-9)
    for other in (best - 0.05, best + 0.05, 1):
        assert kept_aside.aside_loss(read, other) > kept_aside.aside_loss(read, best)


def test_a_wrong_smoothing_costs_less_the_more_was_counted() -> None:
    costs = [kept_aside.smoothing_costs(read) for read in (100, 300, 1000)]
    assert costs == pytest.approx([0.0611, 0.0265, 0.0115], abs=5e-5)


def test_how_many_names_hold_a_pair_that_was_never_counted() -> None:
    assert [kept_aside.surprised(read) for read in (100, 1000)] == [248, 36]


def test_most_of_the_later_gain_is_on_cells_that_were_filled() -> None:
    assert kept_aside.gain_on_filled(100, 1000) == pytest.approx(0.921, abs=5e-4)
    assert kept_aside.gain_on_filled(0, 1000) == 0


def test_triples_counted_one_more_each_are_worse_than_pairs() -> None:
    assert counting.rows_used(2) == 388
    assert kept_aside.triple_zeros() == pytest.approx(0.901, abs=5e-4)
    assert (
        trainings.baseline("trigram") < trainings.heldout(0) < counting.plain_triples()
    )


def test_letters_that_tie_are_all_named() -> None:
    tied = {one: counting.followers(one) for one in "bswxq"}
    assert tied == {
        "b": ["e", "r"], "s": ["a", "h"], "w": ["a", "i"], "x": ["a", "BOS"],
        "q": ["u"],
    }  # fmt: skip


def test_names_are_counted_by_a_letter_that_they_have() -> None:
    shares = {one: names.holding(one) / names.documents() for one in "aeq"}
    assert shares == pytest.approx({"a": 0.7314, "e": 0.4962, "q": 0.0085}, abs=5e-5)


def test_counting_a_name_before_it_is_measured_flatters_the_table() -> None:
    assert counting.measured_first(1) == pytest.approx(trainings.first_loss(0))
    assert counting.measured_first(1000) == pytest.approx(2.58367, abs=5e-6)
    assert counting.counted_first(1) == pytest.approx(2.66863, abs=5e-6)
    assert counting.counted_first(1000) == pytest.approx(2.46610, abs=5e-6)


def test_names_are_counted_by_their_length() -> None:
    assert sum(names.of_length(n) for n in range(1, 41)) == names.documents()
    assert names.of_length(names.longest() + 1) == 0


def test_three_names_of_the_table_were_cut() -> None:
    assert trainings.cut_names(0) == 3


def test_small_expressions_are_worked_out_rightly_and_with_each_mistake() -> None:
    shared = "b = a + a; c = b + b"
    assert values.values_in("(a + b) * c", a=2, b=3, c=4) == 5
    assert values.data_of("n*2+1", n=4) == 9
    assert values.grad_of("a*a*a", "a", a=2) == 12
    assert values.grad_of(shared, "a", a=2) == 4
    assert values.grad_by_recursion(shared, "a", a=2) == 8
    assert values.grad_overwritten(shared, "a", a=2) == 1
    twice = [values.grad_of("(a+b)*d", one, 2, a=2, b=3, d=4) for one in "ad"]
    assert twice == [3 * 4, 2 * 5]
