"""What the lessons of Step 3 say of its parts and the fifth baseline is what runs."""

import math

import pytest

pytest.importorskip("markdown_it")

import glassgpt
from glassgpt.bench.ablations import WHOLE, Band, trained_without
from glassgpt.config import preset
from glassgpt.errors import UsageError
from glassgpt.guide.facts import experiments, gradient, trainings
from glassgpt.guide.facts.names import corpus
from glassgpt.guide.facts.results import ablations, placed


@pytest.mark.parametrize(
    ("parts", "mean", "least", "most", "worse"),
    [
        (("attention",), 0.0015, 0.0005, 0.0030, 6),
        (("positions",), 0.0115, -0.0009, 0.0284, 5),
        (("mlp",), 0.0060, 0.0043, 0.0073, 6),
        (("scale",), -0.0003, -0.0010, 0.0004, 1),
        (("residuals",), 0.1355, 0.0873, 0.1776, 6),
        (("norms",), 0.1287, 0.1091, 0.1422, 6),
        (("attention", "positions"), 0.1262, 0.1168, 0.1385, 6),
    ],
)
def test_parts_are_worth_what_the_lesson_says(
    parts: tuple[str, ...], mean: float, least: float, most: float, worse: int
) -> None:
    band = ablations.band(*parts)
    assert (band.mean, band.least, band.most) == pytest.approx(
        (mean, least, most), abs=6e-5
    )
    assert ablations.worse_seeds(*parts) == worse
    assert band.agree == (worse in (0, 6))


def test_the_whole_model_is_the_lessons_own_training() -> None:
    assert ablations.without() == pytest.approx(trainings.heldout(3), rel=1e-9)


def test_attention_is_worth_more_the_longer_it_is_trained() -> None:
    bands = [ablations.adam_band(steps) for steps in (1000, 5000, 20000)]
    assert [band.agree for band in bands] == [False, True, True]
    assert [band.mean for band in bands] == pytest.approx(
        [0.0023, 0.0282, 0.0743], abs=0.001
    )
    assert ablations.adam_heldout(20000) < placed.counted_from("trigram", 20000)
    assert ablations.adam_heldout(5000) > placed.counted_from("trigram", 5000)
    assert ablations.evenness(20000) < ablations.evenness(1000) < 1


def test_step_3_and_the_table_of_place_and_letter_tie() -> None:
    table = trainings.baseline("place")
    assert placed.place_table(placed.pair_trust()) == pytest.approx(table, rel=1e-9)
    assert table == pytest.approx(2.3772, abs=5e-5)
    assert placed.place_lead("least") < 0 < placed.place_lead("most")
    # the weight that names left out would choose is better than the model
    assert placed.best_trust() == 20
    assert placed.place_table(20) < trainings.heldout(3) - 0.01


def test_names_that_end_at_a_length_are_a_share_of_those_that_reach_it() -> None:
    session = glassgpt.train("names", step=0)
    assert session.result is not None
    shares = [placed.ending_share(length) for length in range(1, 18)]
    left = 1.0
    for share in shares:
        left *= 1 - share / 100
    assert left == 0 and shares[3] == pytest.approx(9.8, abs=0.05)


def test_most_of_what_norms_are_worth_is_the_rate_and_of_residuals_it_is_not() -> None:
    """Each at the best of the rates .1, .3 and 1."""
    rates = (0.1, 0.3, 1.0)
    best = {
        part: min(ablations.mean_at_rate(rate, *part) for rate in rates)
        for part in ((), ("norms",), ("residuals",))
    }
    assert ablations.mean_at_rate(1.0) == math.inf
    assert ablations.mean_at_rate(1.0, "residuals") > 3.2
    assert ablations.mean_at_rate(0.1) == pytest.approx(2.3796, abs=5e-4)
    assert 0 < best["norms",] - best[()] < 0.02 < 0.1 < best["residuals",] - best[()]


def test_a_rate_of_one_breaks_where_the_lesson_says_and_why() -> None:
    assert experiments.breaks_at(1.0, 3) == 57
    norms = [gradient.gradient_norm(step, "emma") for step in (2, 3)]
    assert norms == pytest.approx([0.108, 2.614], abs=5e-4)
    spreads = [gradient.logit_spread(step, "anaiza") for step in (2, 3)]
    assert spreads == pytest.approx([0.0126, 0.302], abs=5e-4)


def test_even_weights_have_an_evenness_of_one_and_none_have_none() -> None:
    record = preset("step3").with_settings(num_steps=1, learning_rate=1e-9)
    whole, lacking = trained_without(record, corpus(), [WHOLE, ["attention"]])
    assert whole.entropy == pytest.approx(1, abs=5e-3) and whole.entropy < 1
    assert lacking.entropy is None


def test_a_model_that_breaks_costs_without_end_and_the_others_go_on() -> None:
    record = preset("step3").with_settings(learning_rate=1.0)
    broken, other = trained_without(record, corpus(), [WHOLE, ["norms"]])
    assert broken.loss == math.inf and broken.entropy is None
    assert math.isfinite(other.loss)


def test_an_unknown_part_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="heads"):
        trained_without(preset("step3"), corpus(), [["heads"]])


def test_a_band_agrees_where_all_are_on_one_side() -> None:
    assert Band((0.1, 0.2)).agree and Band((-0.1, -0.2)).agree
    assert not Band((-0.1, 0.2)).agree and Band((0.1, 0.4)).mean == 0.25
