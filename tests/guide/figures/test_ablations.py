"""Models without some of their parts, in the page, against the package's kernel."""

import re

import pytest
from support.guide.figure import Opener

from glassgpt.bench.ablations import WHOLE, trained_without
from glassgpt.config import preset
from glassgpt.data import load_corpus
from glassgpt.guide.facts import trainings

NEAR = {"rel": 1e-7}
TABLES = ("bigram", "place")


def expected(seed: int, parts: list[str]) -> list[float]:
    record = preset("step3").with_settings(seed=seed)
    found = trained_without(record, load_corpus("names"), [WHOLE, parts])
    return [one.loss for one in found]


def test_parts_cost_what_the_package_says_seed_by_seed(figure: Opener) -> None:
    parts = ["attention", "positions"]
    state = {"without": ",".join(parts), "repeat": 1}
    visit = figure("ablations", props={"step": 3}, **state)
    assert visit.column(0) == [42, 43, 44, 45, 46, 47]
    for seed, whole, without, difference in visit.table:
        losses = expected(seed, parts)
        assert [whole, without] == pytest.approx(losses, **NEAR)
        assert difference == pytest.approx(losses[1] - losses[0], abs=1e-6)
    least, mean, most = (
        f([row[3] for row in visit.table])
        for f in (min, lambda all_: sum(all_) / len(all_), max)
    )
    said = "by +{:.4f} on average, from +{:.4f} to +{:.4f}"
    assert said.format(mean, least, most) in visit.sentence
    page = visit.page
    assert page.locator(".differences circle").count() == 6
    labels = str(page.text_content("svg.curve"))
    assert "place 2.38" in labels and labels.count("2.49") == 1
    # a part put back is trained with again, and the seeds are repeated with it
    page.get_by_label("positions").check()
    visit.settle()
    assert [row[2] for row in visit.table[:2]] == pytest.approx(
        [expected(seed, ["attention"])[1] for seed in (42, 43)], **NEAR
    )
    page.get_by_role("button", name="One seed only").click()
    visit.settle()
    assert len(visit.table) == 1 and "repeat it" in visit.sentence
    page.get_by_label("attention").check()
    visit.settle()
    assert visit.table == [] and re.search(r"held-out loss is 2\.377", visit.sentence)
    # what the strip has then: tables that count
    beside = {name: trainings.baseline(name) - expected(42, [])[0] for name in TABLES}
    said = "of pairs differs from it by {bigram:+.4f}, one of place and letter by "
    said = (said + "{place:+.4f}.").format(**beside)
    assert said in visit.sentence.replace("−", "-")
    assert page.locator(".differences line.table").count() == 2


def test_the_loss_without_the_mask_is_called_cheating(figure: Opener) -> None:
    visit = figure("ablations", props={"step": 3}, without="mask")
    ((_, whole, without, _),) = visit.table
    assert [whole, without] == pytest.approx(expected(42, ["mask"]), **NEAR)
    assert without < whole - 0.3 and "That is cheating" in visit.sentence


def test_a_part_without_which_some_seeds_are_better_is_said_to_be_luck(
    figure: Opener,
) -> None:
    visit = figure("ablations", props={"step": 3}, without="positions", repeat=1)
    better = sum(row[3] < 0 for row in visit.table)
    assert 0 < better < 6
    assert f"From {better} of 6 seeds" in visit.sentence
    assert "can't be told from luck" in visit.sentence
