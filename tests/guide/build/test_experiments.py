"""What the lessons of Step 1 claim is what runs: each claim beside its right value."""

import math

import pytest

pytest.importorskip("markdown_it")

from glassgpt.guide.facts import (
    counting,
    experiments,
    names,
    slopes,
    trainings,
    writing,
)
from glassgpt.lessons import lesson


@pytest.mark.parametrize(
    ("times", "loss"), [(1, 2.5213), (3, 2.4962), (5, 2.4872), (10, 2.4847)]
)
def test_the_network_passes_the_table_when_it_reads_the_names_again(
    times: int, loss: float
) -> None:
    assert experiments.passes(times) == pytest.approx(loss, abs=5e-5)
    assert (experiments.passes(times) < trainings.heldout(0)) == (times >= 5)
    assert experiments.passes(times) > experiments.best_smoothed_table()[1]


def test_one_pass_is_the_lesson_itself() -> None:
    assert experiments.passes(1) == pytest.approx(trainings.heldout(1), rel=1e-12)


@pytest.mark.parametrize(
    ("what", "loss"),
    [
        ("no relu", 2.5356),
        ("gate forgotten", 2.5387),
        ("fc1 overwritten", 2.5482),
        ("wte overwritten", 2.5233),
        ("sign of dx", 3.2515),
    ],
)
def test_a_mistake_in_the_gradient_costs_what_the_page_says(
    what: str, loss: float
) -> None:
    assert experiments.changed(what) == pytest.approx(loss, abs=5e-5)


def test_a_check_finds_each_mistake_but_one_on_a_name_without_a_repeated_letter() -> (
    None
):
    first, second = names.first(0), names.first(1)
    assert len(set(first)) < len(first) and len(set(second)) == len(second)
    for what in experiments.CHANGES:
        assert experiments.caught(what, first) > 0.005, what
    assert experiments.caught("wte overwritten", second) == 0


def test_training_breaks_at_the_names_that_the_page_gives() -> None:
    rates = (30, 8, 4, 3, 2.5)
    assert [experiments.breaks_at(rate) for rate in rates] == [5, 10, 37, 87, 0]
    assert experiments.at_rate(2.5) == pytest.approx(2.5605, abs=5e-5)


def test_the_lesson_itself_stops_there_with_the_error_that_the_page_names() -> None:
    space = experiments.opened(lesson(1).source)
    losses = []
    with pytest.raises(ValueError, match=r"math domain error|positive"):
        for step in range(5):
            tokens = names.tokenizer().encode(names.order()[step])
            loss, gradient = space["analytic_gradient"](tokens, len(tokens) - 1)
            losses.append(loss)
            space["update"](30 * (1 - step / 1000), gradient)
    assert len(losses) == 4


@pytest.mark.parametrize(
    ("rate", "promised", "fallen"),
    [(1, 0.01169, 0.01170), (5, 0.05845, 0.05496), (20, 0.23380, 0.26703)],
)
def test_all_weights_at_once_give_what_their_slopes_promise_at_small_rates(
    rate: float, promised: float, fallen: float
) -> None:
    assert slopes.promised("emma", rate) == pytest.approx(promised, abs=6e-6)
    assert slopes.fallen("emma", rate) == pytest.approx(fallen, abs=6e-6)


def test_without_a_bias_a_doubled_embedding_doubles_the_logits() -> None:
    for letter in names.letters():
        doubled = slopes.doubled(letter)
        assert doubled == pytest.approx(2 * slopes.top_logit(letter), rel=1e-12)


def test_what_the_network_says_after_a_token_adds_up_to_one() -> None:
    after = [slopes.network_prob(f"m{one}") for one in (*names.letters(), "^")]
    assert math.fsum(after) == pytest.approx(1, rel=1e-12)
    assert slopes.network_prob("^e") == pytest.approx(0.0579, abs=5e-5)


def test_nudging_is_off_by_more_once_the_network_is_trained() -> None:
    assert slopes.nudge_error("emma") == pytest.approx(4.4e-9, rel=0.05)
    assert slopes.nudge_error("emma", True) == pytest.approx(6.8e-7, rel=0.05)


def test_a_nudge_that_is_too_small_finds_hardly_a_digit_of_the_slope() -> None:
    assert slopes.nudge_error("emma", False, 1e-14) > 0.01
    assert slopes.nudge_error("emma") < slopes.nudge_error("emma", False, 1e-2) < 0.01


def test_a_forgotten_gate_leaves_the_matrix_that_comes_after_it() -> None:
    assert experiments.unharmed("gate forgotten", "emma") == "mlp_fc2"
    assert experiments.unharmed("sign of dx", "emma") == "mlp_fc1 / mlp_fc2"


def test_relu_lets_through_what_the_page_says_and_the_rest_follows() -> None:
    assert [slopes.units_on(one) for one in "aem"] == [12, 17, 37]
    assert slopes.without_relu("a")[0] == "n" and slopes.without_relu("g")[0] == "a"


def test_the_rows_of_longer_tables_stay_empty() -> None:
    assert counting.rows_used(1) == names.vocab() and counting.meet_empty(1) == 0
    assert (counting.rows_used(2), counting.usual_count(2)) == (388, 6)
    assert (counting.meet_empty(2), counting.meet_empty(4)) == (36, 437)
    plain = counting.plain_triples()
    assert plain == pytest.approx(2.5273, abs=5e-5)
    assert trainings.baseline("trigram") < trainings.baseline("bigram") < plain


def test_table_and_network_write_about_as_many_real_names() -> None:
    for temperature, share in ((0.5, 31), (1.0, 10.5)):
        for step in (0, 1):
            assert abs(writing.known_share(step, temperature) - share) < 1.5
    assert writing.written_by(1, 2, 0.5) != writing.written_by(0, 2, 0.5)


def test_the_lines_of_a_part_are_counted_without_blank_ones() -> None:
    assert trainings.part_lines(1, "model: mlp") == 6
    assert trainings.part_lines(1, "gradient: analytic_gradient") == 32
