"""The heads of Step 4: what the pages say of the cut, against the lesson's own code."""

from glassgpt.guide import states
from glassgpt.guide.facts.heads import cut
from glassgpt.guide.facts.results.pairs import SEEDS
from glassgpt.guide.facts.trainings import heldout, params


def test_what_is_said_of_the_cut_is_so() -> None:
    found = cut.four_for_one()
    assert found["low"] < 0 < found["high"] < 0.005
    assert 0 < found["higher"] < SEEDS
    assert abs(heldout(4) - heldout(3)) < 0.01
    assert params(4) == params(3) == 4192
    assert cut.head_dim(4) == 4 and cut.head_dim(3) == 16
    assert cut.unchanged(4, "model", "update", "inference") == "update"


def test_the_order_of_the_matrices_decides_which_random_numbers_they_get() -> None:
    three, four = (states.engine(step, states.UNTRAINED).weights() for step in (3, 4))
    assert four["wpe"].values == three["wpe"].values
    ours, its = four["lm_head"].values, three["attn_wq"].values
    assert ours[: len(its)] == its
