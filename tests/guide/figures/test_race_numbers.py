"""Lesson 5.4's figures against the package's own trainings, seed by seed."""

import pytest
from support.guide.figure import Opener
from support.guide.lessons import ODD

import glassgpt as gg
from glassgpt.bench.ablations import WHOLE, trained_without
from glassgpt.config import preset
from glassgpt.guide.facts import names
from glassgpt.guide.facts.adam import race

WAYS = {"SGD": 4, "Adam": 5}
BEST = {4: 0.3, 5: 0.01}


def test_the_race_is_the_packages_rate_by_rate_and_seed_by_seed(
    figure: Opener,
) -> None:
    visit = figure("rate-race", props={"longer": race.long_race()}, seeds=2)
    found = {tuple(row[:3]): row[3] for row in visit.table}
    assert len(found) == 24
    for name, step in WAYS.items():
        for rate in race.RATES[step]:
            for seed in (42, 43):
                here = found[name, rate, seed]
                try:
                    run = gg.train("names", step=step, learning_rate=rate, seed=seed)
                except gg.DivergedError:
                    assert here == "\u2013"
                else:
                    # at large rates rounding grows at once
                    near = 0.02 if rate > BEST[step] else 1e-6
                    assert here == pytest.approx(run.heldout_loss, abs=near)
    pairs = [(found["SGD", 0.3, seed], found["Adam", 0.01, seed]) for seed in (42, 43)]
    apart = [float(sgd) - float(adam) for sgd, adam in pairs]
    assert f"by {min(apart):.4f} to {max(apart):.4f}." in visit.sentence

    visit.turn(steps=20000, seeds=6, sgd=0.2, adam=0.005)
    table = {tuple(row[:3]): row[3] for row in visit.table}
    assert table["SGD", 0.2, 43] == race.stored()["20000"]["4"]["0.2"][1]
    assert table["SGD", 1, 42] == "\u2013"
    for step, rate in ((4, 0.2), (5, 0.005)):
        assert f"{race.at_its_rate(step, rate, 20000):.4f}" in visit.sentence
    assert f"by {race.adam_lead('least', 20000):.4f} to " in visit.sentence
    assert "benchmarks/race.py" in visit.sentence


@pytest.mark.parametrize("step", [4, 5])
def test_the_trainings_that_are_kept_are_those_of_the_package(step: int) -> None:
    # over so many steps rounding grows: another machine's loss is nearly the same
    kept = race.stored()["5000"][str(step)]
    for rate in (0.1,) if step == 4 else (0.005, 0.01):
        run = gg.train("names", step=step, learning_rate=rate, num_steps=5000, seed=43)
        assert kept[str(rate)][1] == pytest.approx(run.heldout_loss, abs=0.01)


def test_adam_is_ahead_from_all_seeds_and_half_of_the_step_is_the_rate() -> None:
    for num_steps in (race.SHORT, *race.LONG):
        assert race.adam_lead("least", num_steps) > 0
    assert race.adam_lead("least", 20000, 0.1, 0.01) < 0
    assert 0.5 < race.rate_share() < 0.65
    for step, rate in ((4, 0.3), (5, 0.01)):
        runs = [
            gg.train("names", step=step, learning_rate=rate, seed=seed).heldout_loss
            for seed in range(42, 48)
        ]
        mean = sum(loss for loss in runs if loss) / 6
        assert race.at_best_rate(step) == pytest.approx(mean, rel=1e-9)


def test_a_longer_training_is_the_packages_with_and_without_attention(
    figure: Opener,
) -> None:
    visit = figure("longer-training", props={"step": 5})
    record = preset("step5")
    whole, lacking = trained_without(record, names.corpus(), [WHOLE, ("attention",)])
    assert f"held-out loss is {whole.loss:.4f}." in visit.sentence
    visit.turn(attention=0)
    assert f"{lacking.loss:.4f}, and with it {whole.loss:.4f}." in visit.sentence
    assert f"worth {lacking.loss - whole.loss:.4f}." in visit.sentence
    visit.turn(attention=1, steps=20000)
    run = gg.train("names", step=5, num_steps=20000)
    assert visit.table[0][2] == pytest.approx(run.heldout_loss, abs=0.02)
    figure("longer-training", props={"step": 5}, docs=ODD["docs"], word=ODD["word"])
