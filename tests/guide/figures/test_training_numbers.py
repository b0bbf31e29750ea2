"""Trainings in figures against the lessons' own code, from the address alone."""

import json
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.engines import Started
from support.guide.figure import AFRESH, Figure, Opener
from support.guide.lessons import NEAR, dot, lesson
from support.guide.visitor import drop_names

from glassgpt.curves import smooth
from glassgpt.errors import DivergedError


@pytest.mark.parametrize("step", range(6))
def test_live_losses_are_the_lessons(step: int, figure: Opener) -> None:
    visit = figure("train-live", props={"step": step}, at=12)
    expected = lesson(step).train(12)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def test_another_rate_and_seed_are_the_lessons_too(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 3}, at=8, rate=0.3, seed=7)
    expected = lesson(3, learning_rate=0.3, seed=7).train(8)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def test_going_back_gives_the_same_as_going_there(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 1}, at=230)
    there = visit.table
    for at in (130, 230):
        scrub = visit.page.locator(".scrub input")
        scrub.fill(str(at))
        visit.settle()
    assert visit.table == there


def test_trainings_in_memory_that_others_left_are_the_lessons(figure: Opener) -> None:
    """More than are kept: the memory of those that are not serves the next."""
    visit = figure("train-live", props={"step": 5}, at=120, seed=1)
    for seed in range(2, 20):
        visit.page.get_by_role("button", name="New seed").click()
        visit.settle()
        if seed in (2, 19):
            expected = lesson(5, seed=seed).train(12)
            assert visit.column(1)[:12] == pytest.approx(expected, **NEAR)
    there = visit.column(1)
    for at in (30, 120):
        visit.page.locator(".scrub input").fill(str(at))
        visit.settle()
    assert visit.column(1) == there


def test_home_begins_as_the_lesson_and_ends_as_the_command(figure: Opener) -> None:
    visit = figure("train-home", run=1)
    losses = visit.column(1)
    assert losses[:12] == pytest.approx(lesson(5).train(12), **NEAR)
    import glassgpt as gg
    from glassgpt.kernel.bindings import library

    if library.why_unavailable():
        pytest.skip("not run: the kernel is not built for this machine")
    run = gg.train("names", engine="kernel")
    assert losses == pytest.approx(run.losses, rel=1e-7)
    names = visit.page.eval_on_selector_all(
        ".names li", "(all) => all.map((each) => each.textContent)"
    )
    assert names == run.samples
    assert f"{run.heldout_loss:.4f}" in visit.sentence


# with these seeds a digit tells whether a name that came twice was counted twice
@pytest.mark.parametrize(("seed", "step"), [(42, 0), (1, 0), (4, 3)])
def test_what_counting_costs_is_what_the_package_says(
    seed: int, step: int, figure: Opener
) -> None:
    """Letters at their place from Step 3 on: no model before it knows places."""
    import glassgpt as gg

    run = gg.train("names", step=step, seed=seed)
    assert run.result and run.result.evaluation
    expected = dict(run.result.evaluation.baselines)
    visit = figure("train-live", props={"step": step}, at=1000, seed=seed)
    labels = str(visit.page.text_content("svg.curve"))
    assert ("place" in labels, "at its place" in visit.sentence) == 2 * (step == 3,)
    if step < 3:
        del expected["place"]
    assert len(expected) == (4 if step < 3 else 5)
    for name, loss in expected.items():
        assert f"{loss:.3f}" in visit.sentence
        assert f"{name} {loss:.2f}" in labels


@pytest.mark.parametrize(("step", "at"), [(1, 120), (5, 5)])
def test_a_rate_changed_on_the_way_goes_on_as_the_lesson_would(
    step: int, at: int, figure: Opener
) -> None:
    begun = lesson(step)
    before = begun.train(at)
    later = lesson(step, learning_rate=0.02)
    later.engine.restore(begun.engine.weights(), begun.engine.buffers())
    expected = before + later.train(6, start=at)
    state = {"at": at + 6, "changes": f"{at}:0.02"}
    visit = figure("train-live", props={"step": step}, **state)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def until_divergence(
    begun: Started, most: int
) -> tuple[list[float], list[list[float]]]:
    """The losses, and before each step the norms of the matrices."""
    losses: list[float] = []
    norms = []
    for step in range(most):
        tensors = begun.engine.weights().values()
        norms.append([math.sqrt(dot(w.values, w.values)) for w in tensors])
        try:
            losses += begun.train(1, start=step)
        except DivergedError:
            return losses, norms
    raise AssertionError("it did not diverge")


def test_divergence_is_explained_and_can_be_gone_back_from(figure: Opener) -> None:
    losses, norms = until_divergence(lesson(1, learning_rate=30), 20)
    visit = figure("train-live", props={"step": 1}, at=1000, rate=30)
    assert visit.column(1) == pytest.approx(losses, **NEAR)
    first = next(
        (step, times.index(max(times)))
        for step, row in enumerate(norms)
        if max(times := [a / b for a, b in zip(row, norms[0], strict=True)]) >= 2
    )
    name = ["wte", "mlp_fc1", "mlp_fc2"][first[1]]
    assert f"After step {len(losses)} " in visit.sentence
    assert f"{name} was the first" in visit.sentence
    assert f"by step {first[0]} " in visit.sentence
    assert f"off the axis, up to {losses[-1]:.1f}" in visit.page.inner_text(".legend")
    assert max(axis(visit)) < 5
    visit.page.get_by_role("button", name="The same with 10", exact=True).click()
    visit.settle()
    tenth, _ = until_divergence(lesson(1, learning_rate=10), 20)
    assert [row[1] for row in visit.table[: len(tenth)]] == pytest.approx(tenth, **NEAR)
    assert [row[3] for row in visit.table[: len(losses)]] == pytest.approx(
        losses, **NEAR
    )


def axis(visit: Figure) -> list[float]:
    """The losses that are written at the curve's axis."""
    texts = visit.page.locator("svg.curve .label").all_text_contents()
    return [float(text) for text in texts if re.fullmatch(r"\d+\.\d", text)]


def test_a_branch_begins_ten_snapshots_before_and_is_compared(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 1}, at=1000, changes="300:30")
    broken = [row[1] for row in visit.table if row[1] != ""]
    back = len(broken) - 10
    assert back > 280 and "no longer a number" in visit.sentence
    visit.page.get_by_role("button", name="The same with 10", exact=True).click()
    visit.settle()
    line, other = visit.column(1), [row[3] for row in visit.table if row[3] != ""]
    assert other == broken
    assert line[:back] == broken[:back] and line[back + 1] != broken[back + 1]
    begun = lesson(1, back)
    later = lesson(1, learning_rate=10)
    later.engine.restore(begun.engine.weights(), begun.engine.buffers())
    assert line[back : back + 3] == pytest.approx(later.train(3, start=back), **NEAR)
    visit.page.get_by_role("button", name="Swap the lines").click()
    visit.settle()
    assert [row[1] for row in visit.table if row[1] != ""] == broken


@pytest.mark.parametrize(
    ("state", "back"),
    [({"rate": 30}, "Restart"), ({"changes": "200:30"}, "Back 10")],
)
def test_a_rate_of_thirty_breaks_and_a_branch_from_before_lasts(
    state: dict[str, Any], back: str, figure: Opener
) -> None:
    visit = figure("train-live", props={"step": 1}, at=1000, **state)
    page = visit.page
    assert "The rate stood at 30." in visit.sentence
    broken = visit.column(1)
    assert len(broken) < 210
    # the slider stands where it broke, and not where it was sent
    scrub = page.locator(".scrub")
    assert f"{len(broken)} / 1,000" in scrub.inner_text()
    assert scrub.locator("input").input_value() == str(len(broken))
    # the first that lasts is offered first, and a third where that would break again
    assert "With a third of the rate, 10, it would be over again" in visit.sentence
    assert page.get_by_role("button", name=f"{back}", exact=False).count() == 1
    lasts = re.search(r"([\d.]+) is the first that lasts", visit.sentence)
    assert lasts
    primary = page.locator(".branches button.primary")
    assert primary.inner_text().endswith(f" with {lasts[1]}")
    assert page.get_by_role("button", name="The same with 10", exact=True).count() == 1
    primary.click()
    visit.settle()
    visit.settle()
    assert visit.sentence.startswith("All steps are made.")
    assert "it broke down after" in visit.sentence
    rows = visit.table
    assert len(rows) == 1000 and all(math.isfinite(row[1]) for row in rows)
    assert [row[3] for row in rows[: len(broken)]] == broken
    begun = max(0, len(broken) - 10)
    assert [row[1] for row in rows[:begun]] == broken[:begun]


def test_steps_side_by_side_are_the_lessons(figure: Opener) -> None:
    visit = figure("step-curves", props={"steps": [0, 1, 3]})
    for place, step in enumerate((0, 1, 3)):
        expected = lesson(step).train(12)
        assert visit.column(1 + 2 * place)[:12] == pytest.approx(expected, **NEAR)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ("0.5", "comes down on its own side"),
        ("1", "ends at the bottom"),
        ("1.9", "swings from side to side, and comes down"),
        ("2", "swings for ever"),
        ("2.1", "swings, and climbs"),
    ],
)
def test_a_weight_in_a_valley_goes_where_exact_steps_take_it(
    rate: str, said: str, figure: Opener
) -> None:
    visit = figure("valley", rate=rate, at=12)
    places = [(1 - Fraction(rate)) ** step for step in range(13)]
    assert visit.column(0) == list(range(13))
    assert visit.column(1) == pytest.approx([float(w) for w in places], rel=1e-12)
    losses = [float(w * w / 2) for w in places]
    assert visit.column(3) == pytest.approx(losses, rel=1e-12)
    assert said in visit.sentence
    # every point lies inside the picture
    inside = visit.page.evaluate(
        "[...document.querySelectorAll('.valley circle')].every((one) => {"
        " const a = one.getBoundingClientRect();"
        " const b = one.closest('svg').getBoundingClientRect();"
        " return a.left >= b.left && a.right <= b.right && a.top >= b.top"
        " && a.bottom <= b.bottom })"
    )
    assert inside


def test_the_steps_on_the_public_names_are_those_that_were_measured(
    visit: Any, karpathy_names: Path, vectors: dict[str, Any]
) -> None:
    there = visit()
    drop_names(there, karpathy_names.read_text("utf-8"), "32,033")
    there.go("/embed/step-curves/")
    props = json.dumps({"steps": list(range(6))})
    there.page.evaluate(AFRESH, ["step-curves", props, "#"])
    there.scroll_through()
    rows = there.page.evaluate("document.querySelector('gg-step-curves').table.rows")
    assert len(rows) == 1000 and len(rows[0]) == 13
    for step in range(6):
        measured = vectors["steps"]["1" if step == 2 else str(step)]["losses"]
        losses = [row[1 + 2 * step] for row in rows]
        assert losses[: len(measured)] == pytest.approx(measured, abs=5.1e-7), step


def test_losses_are_smoothed_over_as_many_as_is_chosen(figure: Opener) -> None:
    expected = lesson(5).train(60)
    for over in (1, 10, 200):
        visit = figure("step-curves", props={"steps": [5]}, over=over)
        means = smooth(expected, 1 - 1 / over)
        assert visit.column(2)[:60] == pytest.approx(means, **NEAR)
    assert visit.column(1)[:60] == pytest.approx(expected, **NEAR)
