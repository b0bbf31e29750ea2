"""Step 5's figures against the lesson's own update, and the package's trainings."""

import itertools
import math
import random
from pathlib import Path

import pytest
from support.engines import Started
from support.guide.figure import Opener
from support.guide.lessons import ODD, flat, lesson, lesson_on, weight_of

import glassgpt as gg
from glassgpt.config import preset
from glassgpt.guide.facts import names
from glassgpt.training.session import Session

BETA1, BETA2, EPS = 0.85, 0.99, 1e-8


def slopes(begun: Started, step: int) -> list[float]:
    """The lesson's gradients at the document of a step, all weights in order."""
    text = names.order()[step]
    _, found = begun.engine.gradients(begun.tokenizer.encode(text))
    return [slope for tensor in found.values() for slope in tensor.values]


def buffers(begun: Started, count: int) -> tuple[list[float], list[float]]:
    """The lesson's m and v, all weights in order."""
    kept = begun.engine.buffers()
    both = [[x for n, t in kept.items() if n.startswith(k) for x in t.values]
            for k in ("m.", "v.")]  # fmt: skip
    return both[0] or [0.0] * count, both[1] or [0.0] * count


def before_step(step: int) -> Started:
    """The lesson before a step. The kernel, which is its equal, has gone there."""
    begun = lesson(5)
    session = Session(preset("step5"), names.corpus(), "kernel")
    for done in range(step):
        session.engine.train_step(done, session.batch(done))
    begun.engine.restore(session.engine.weights(), session.engine.buffers())
    return begun


def test_each_line_of_an_update_is_the_lessons(figure: Opener) -> None:
    visit = figure("adam-lines")
    chosen = random.Random(1).sample(range(4192), 20)
    for step in (0, 1, 9, 99, 999):
        begun = before_step(step)
        grads, before = slopes(begun, step), flat(begun)
        m, v = buffers(begun, len(grads))
        begun.train(1, step)
        after = flat(begun)
        for weight in chosen:
            visit.turn(trained=step, weight=weight)
            row = visit.table[0]
            g = grads[weight]
            found_m = BETA1 * m[weight] + (1 - BETA1) * g
            found_v = BETA2 * v[weight] + (1 - BETA2) * g**2
            expected = [
                *(g, found_m, found_v),
                found_m / (1 - BETA1 ** (step + 1)),
                found_v / (1 - BETA2 ** (step + 1)),
                *(0.01 * (1 - step / 1000), before[weight], after[weight]),
                after[weight] - before[weight],
            ]
            assert row[2:] == pytest.approx(expected, rel=1e-6, abs=1e-12)
            name, place = weight_of(begun, weight)
            width = begun.engine.weights()[name].shape[1]
            assert row[1] == f"{name}[{place // width}][{place % width}]"
        sizes = [abs(g) for g in grads]
        extremes = [max(sizes), min(size for size in sizes if size)]
        found = [abs(row[2]) for row in visit.table[1:]]
        assert found == pytest.approx(extremes, rel=1e-6)
        if step == 0:
            assert f"{sizes.count(0)} of 4,192" in visit.sentence


def test_eps_under_the_root_holds_back_the_smallest_gradient(figure: Opener) -> None:
    visit = figure("adam-lines", inside=1, which="smallest")
    sizes = [abs(g) for g in slopes(lesson(5), 0) if g]
    expected = [0.01 * g / math.sqrt(g * g + EPS) for g in (max(sizes), min(sizes))]
    found = [abs(row[-1]) for row in visit.table[1:]]
    assert found == pytest.approx(expected, rel=1e-7)
    assert found[1] < found[0] / 100
    assert "(v_hat + eps_adam) ** 0.5" in visit.page.inner_text(".lines")


def test_what_is_remembered_of_a_gradient_is_what_the_lesson_remembers(
    figure: Opener,
) -> None:
    visit = figure("moving-averages", props={"step": 5})
    begun, series = lesson(5), []
    first = slopes(begun, 0)
    weight = max(range(len(first)), key=lambda i: abs(first[i]))
    for step in range(8):
        series.append(slopes(begun, step)[weight])
        begun.train(1, step)
        m, v = buffers(begun, 4192)
        row = visit.table[step]
        assert row[1:4] == pytest.approx([series[-1], m[weight], v[weight]], rel=1e-7)
    for betas in ((0.85, 0.99), (0.0, 0.999), (0.95, 0.5)):
        visit.turn(beta1=betas[0], beta2=betas[1])
        m = v = 0.0
        for t, row in enumerate(visit.table[:30], 1):
            g = float(row[1])
            m = betas[0] * m + (1 - betas[0]) * g
            v = betas[1] * v + (1 - betas[1]) * g**2
            m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
            expected = [m, v, m_hat, v_hat, m_hat / (math.sqrt(v_hat) + EPS),
                        m / (math.sqrt(v) + EPS)]  # fmt: skip
            assert row[2:] == pytest.approx(expected, rel=1e-9, abs=1e-15)
    visit.turn(beta1=0.85, beta2=0.99, uncorrected=1, at=8)
    assert "2.62 times as large" in visit.sentence


def test_how_far_each_matrix_moves_is_what_the_package_trains(figure: Opener) -> None:
    visit = figure("moved-far", rate=0.3)
    begun = lesson(5)
    before = {name: [*each.values] for name, each in begun.engine.weights().items()}
    grads = iter(slopes(begun, 0))
    for name, row in zip(before, visit.table, strict=True):
        part = list(itertools.islice(grads, len(before[name])))
        rms = math.sqrt(sum(g * g for g in part) / len(part))
        assert row[:2] == [name, pytest.approx(rms, rel=1e-7)]
    for column, settings in ((2, {"step": 4, "learning_rate": 0.3}), (3, {"step": 5})):
        run = gg.train("names", **settings)
        far = [
            math.dist(each.values, before[name]) / math.hypot(*before[name])
            for name, each in run.engine.weights().items()
        ]
        assert visit.column(column) == pytest.approx(far, rel=1e-6)
        assert f"{run.heldout_loss:.4f}" in visit.sentence
    visit.turn(rate=1)
    assert visit.column(2) == ["\u2013"] * 9
    with pytest.raises(gg.DivergedError) as broke:
        gg.train("names", step=4, learning_rate=1.0)
    assert f"breaks at step {broke.value.step + 1}." in visit.sentence


def test_with_documents_of_ones_own_they_are_trained_on(
    figure: Opener, tmp_path: Path
) -> None:
    visit = figure("moved-far", docs=ODD["docs"])
    begun = lesson_on(ODD["docs"], tmp_path, 5)
    assert [row[0] for row in visit.table] == list(begun.engine.weights())
    assert all(0 < far < 100 for far in visit.column(3))
    lines = figure("adam-lines", docs=ODD["docs"], trained=3)
    assert lines.sentence.startswith("Step 4, ")
