"""Step 2's trainings in figures: the lesson's program with a line taken out, and two
programs beside each other."""

import math

import pytest
from support.guide.figure import Opener

from glassgpt.engines.reference.model import deep_and_quick
from glassgpt.guide.content.answer_key import key_of
from glassgpt.guide.facts import graphs, trainings
from glassgpt.guide.facts.names import order, tokenizer

ZERO = "p.grad = 0.0  # or the next document would add to it"


def test_the_lesson_without_its_zero_breaks_where_the_figure_does(
    figure: Opener,
) -> None:
    visit = figure("forget-zero", forgets=1)
    space, losses = graphs.step2(ZERO, "pass"), []
    with deep_and_quick(), pytest.raises((ValueError, OverflowError)):
        for step in range(50):
            tokens = tokenizer().encode(order()[step])
            loss = space["forward"](tokens, len(tokens) - 1)
            losses.append(loss.data)
            loss.backward()
            space["update"](1 - step / 1000)
    assert len(losses) == 36
    assert visit.column(1) == pytest.approx(losses, rel=1e-6)
    assert "it breaks at name 37" in visit.sentence


def test_every_rate_ends_as_the_page_says(figure: Opener) -> None:
    visit = figure("forget-zero", forgets=1)
    ends = {0.1: "breaks at name 246", 0.01: "2.7700", 0.003: "2.6606"}
    for rate, said in ends.items():
        visit.turn(forgets=1, rate=rate)
        assert said in visit.sentence
    visit.turn(forgets=1, rate=0.03)
    assert "all 64 hidden units are dead" in visit.sentence
    assert "3.2958" in visit.sentence
    assert visit.column(1)[-1] == pytest.approx(
        trainings.baseline("uniform"), abs=1e-12
    )
    found = {rate: graphs.never_zeroed(rate) for rate in (1.0, 0.1, 0.03, 0.01, 0.003)}
    assert [found[1.0]["breaks"], found[0.1]["breaks"]] == [37, 246]
    assert found[0.03]["alive"] == 0
    assert found[0.01]["heldout"] == pytest.approx(2.770, abs=5e-4)
    assert found[0.003]["heldout"] == pytest.approx(2.661, abs=5e-4)


@pytest.mark.full
@pytest.mark.parametrize(("rate", "breaks"), [(0.1, 246), (0.01, None)])
def test_the_lesson_without_its_zero_trains_as_the_figure_at_smaller_rates(
    rate: float, breaks: int | None, figure: Opener
) -> None:
    visit = figure("forget-zero", forgets=1, rate=rate)
    space, losses = graphs.step2(ZERO, "pass"), []
    encode, update = tokenizer().encode, space["update"]
    with deep_and_quick():
        try:
            for step in range(1000):
                tokens = encode(order()[step])
                loss = space["forward"](tokens, len(tokens) - 1)
                losses.append(loss.data)
                loss.backward()
                update(rate * (1 - step / 1000))
        except (ValueError, OverflowError):
            assert len(losses) == (breaks or 0) - 1
        held = [encode(text) for text in trainings.heldout_names()]
        counts = [len(tokens) - 1 for tokens in held]
        if breaks is None:
            costs = [n * space["forward"](tokens, n).data
                     for tokens, n in zip(held, counts, strict=True)]  # fmt: skip
            wanted = math.fsum(costs) / sum(counts)
            found = graphs.never_zeroed(rate)["heldout"]
            assert found == pytest.approx(wanted, rel=1e-6)
    assert len(losses) == (1000 if breaks is None else breaks - 1)
    assert visit.column(1) == pytest.approx(losses, rel=1e-6)


@pytest.mark.full
def test_the_two_programs_print_all_losses_alike() -> None:
    both = graphs.both_losses(1000)
    printed = [[f"{loss:.4f}" for loss in both[one]] for one in ("hand", "graph")]
    assert len(printed[0]) == 1000 and printed[0] == printed[1]
    assert both["graph"] == pytest.approx(both["hand"], abs=1e-12)
    assert both["graph"] == pytest.approx(trainings.training(2).losses, rel=1e-9)


def test_with_zeros_the_figure_trains_the_lesson(figure: Opener) -> None:
    visit = figure("forget-zero", at=1000)
    expected = trainings.training(2).losses
    assert visit.column(1) == pytest.approx(expected, rel=1e-7)


def test_two_programs_compute_the_same_losses_and_can_be_timed(figure: Opener) -> None:
    both = graphs.losses_beside()
    assert graphs.losses_print_apart() == 0 and graphs.losses_apart() < 1e-12
    assert both["graph"] == pytest.approx(
        trainings.training(2).losses[: len(both["graph"])], rel=1e-9
    )
    codes = {"handCode": graphs.timed(1, 2), "graphCode": graphs.timed(2, 2)}
    visit = figure("two-programs", props={**both, **codes})
    assert visit.column(1) == both["hand"] and visit.column(2) == both["graph"]
    visit.page.get_by_role("button", name="Time both programs here").click()
    visit.page.wait_for_selector(
        ".frame-sentence:has-text('In this browser a name takes')", timeout=120_000
    )


def test_second_backward_is_not_twice_the_gradient() -> None:
    least, most = graphs.second_backward("emma")
    assert (round(least), round(most)) == (-701, 716)


def test_a_question_may_ask_how_often_the_first_letter_comes() -> None:
    words = ["emma", "anna", "hannah", "ava"]
    assert [key_of(word, "repeats") for word in words] == ["1", "2", "2", "2"]
