"""Gradients in figures against the lessons' own code, from the address alone."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from support.engines import central_differences
from support.guide.figure import Opener, Window
from support.guide.lessons import (
    LONG,
    NEAR,
    ODD,
    Lesson1,
    dot,
    flat,
    gradients,
    layers,
    lesson,
    lesson_on,
    weight_of,
)

from glassgpt.guide.facts import experiments
from glassgpt.lessons import lesson as step


def test_the_first_corner_of_relu_is_found_where_it_is(figure: Opener) -> None:
    begun = lesson(1)
    weights = begun.engine.weights()
    wte, fc1 = weights["wte"], weights["mlp_fc1"]
    tokens = begun.tokenizer.encode("emma")[:-1]

    def pattern(nudged: int, by: float) -> list[bool]:
        table = list(wte.values)
        table[nudged] += by
        rows = [table[16 * token : 16 * token + 16] for token in tokens]
        matrix = [fc1.values[16 * i : 16 * i + 16] for i in range(64)]
        dots = [sum(map(float.__mul__, w, x)) for x in rows for w in matrix]
        return [dot > 0 for dot in dots]

    weight = 16 * tokens[1]  # the first weight of e
    before = pattern(weight, 0.0)
    sizes = [float(f"{lead}e-{power}") for power in range(12, 0, -1) for lead in (1, 3)]
    crossed = {
        size: sum(a != b for a, b in zip(before, pattern(weight, size), strict=True))
        for size in sizes
        if size <= 0.1
    }
    size, units = next((s, n) for s, n in crossed.items() if n)
    visit = figure("eps-curve", word="emma", weight=weight)
    lead, power = f"{size:.0e}".split("e")
    assert f"From {lead}e\u2212{int(power[1:])} on" in visit.sentence
    assert f"carries {units} hidden" in visit.sentence
    # the last matrix comes after relu: none of its weights can cross
    last = figure("eps-curve", word="emma", weight=3183)
    assert "corner" not in last.sentence


def test_both_gradients_of_a_word_are_right(figure: Opener) -> None:
    visit = figure("gradient-scatter", word="otto")
    expected = gradients(lesson(1), "otto")
    assert len(expected) == len(visit.table) == 3184
    assert visit.column(1) == pytest.approx(expected, **NEAR)
    assert visit.column(2) == pytest.approx(expected, abs=1e-6)
    central = figure("gradient-scatter", word="otto", central=1)
    assert central.column(2) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("mistake", "what"),
    [
        ("gate", "gate forgotten"),
        ("sign", "sign of dx"),
        ("wte", "wte overwritten"),
        ("fc1", "fc1 overwritten"),
    ],
)
def test_a_chain_rule_that_is_broken_is_the_lesson_s_own_with_that_line_wrong(
    mistake: str, what: str, figure: Opener
) -> None:
    source = step(1).source
    for right, wrong in experiments.CHANGES[what]:
        source = source.replace(right, wrong)
    broken = experiments.opened(source)["analytic_gradient"]
    usual = gradients(lesson(1), "otto")
    tokens = lesson(1).tokenizer.encode("otto")
    expected = broken(tokens, len(tokens) - 1)[1]
    visit = figure("gradient-scatter", word="otto", mistake=mistake)
    assert visit.column(1) == pytest.approx(expected, **NEAR)
    assert visit.column(2) == pytest.approx(usual, abs=1e-6)
    # the points that leave the diagonal are those of the matrices that are wrong
    for name, (start, end) in {
        "wte": (0, 432), "mlp_fc1": (432, 1456), "mlp_fc2": (1456, 3184),
    }.items():  # fmt: skip
        harmed = expected[start:end] != pytest.approx(usual[start:end], **NEAR)
        assert (f"of {name}" in visit.sentence.split("The largest")[0]) == harmed
        assert (name not in experiments.unharmed(what, "otto")) == harmed


def test_a_mistake_that_a_word_cannot_show_is_said_to_be_unseen(
    figure: Opener,
) -> None:
    unseen = figure("gradient-scatter", word="mila", mistake="wte")
    assert "no letter comes twice" in unseen.sentence
    assert unseen.column(1) == figure("gradient-scatter", word="mila").column(1)


def test_errors_over_eps_make_a_u(figure: Opener) -> None:
    errors = figure("eps-curve", word="emma").column(3)
    lowest = errors.index(min(errors))
    assert 8 <= lowest <= 18
    assert errors[0] > 1000 * errors[lowest] and errors[-1] > 1000 * errors[lowest]


@pytest.mark.parametrize("word", ["emma", LONG])
def test_a_secant_s_points_and_slopes_are_the_lessons(
    word: str, figure: Opener
) -> None:
    begun = lesson(1, 20)
    tokens = begun.tokenizer.encode(word)
    visit = figure("secant", word=word, weight=1500, eps=0.01, trained=20)
    name, place = weight_of(begun, 1500)
    loss = begun.engine.loss(tokens)
    nudged = begun.engine.perturbed_loss(tokens, name, place, 0.01)
    rows = visit.table
    assert [row[2] for row in rows[:3]] == pytest.approx([loss, loss, nudged], **NEAR)
    assert rows[3][2] == pytest.approx((nudged - loss) / 0.01, rel=1e-9)
    assert rows[4][2] == pytest.approx(gradients(begun, word)[1500], **NEAR)
    weight = flat(begun)[1500]
    for _, value, found in rows[5::30]:
        there = begun.engine.perturbed_loss(tokens, name, place, value - weight)
        assert found == pytest.approx(there, **NEAR)
    both = figure("secant", word=word, weight=1500, eps=0.01, trained=20, central=1)
    below = begun.engine.perturbed_loss(tokens, name, place, -0.01)
    assert both.table[3][2] == pytest.approx((nudged - below) / 0.02, rel=1e-9)


@pytest.mark.parametrize(
    ("word", "docs", "position"),
    [("emma", "", 1), (ODD["word"], ODD["docs"], 2), (LONG, "", 20)],
)
def test_every_gradient_on_the_way_back_is_the_lessons(
    word: str, docs: str, position: int, figure: Opener, tmp_path: Path
) -> None:
    own = {"docs": docs} if docs else {}
    visit = figure("gradient-back", word=word, position=position, trained=20, **own)
    begun = lesson_on(docs, tmp_path, 1, 20) if docs else lesson(1, 20)
    tokens = begun.tokenizer.encode(word)
    n = len(tokens) - 1
    token, target = tokens[position : position + 2]
    numbers = layers(begun, token)
    rows = Lesson1(begun).rows
    dlogits = [p / n for p in numbers["probs"]]
    dlogits[target] -= 1 / n
    columns = list(zip(*rows["mlp_fc2"], strict=True))
    dhidden = [dot(dlogits, column) for column in columns]
    on = [h > 0 for h in numbers["hidden"]]
    dbefore = [d if up else 0.0 for d, up in zip(dhidden, on, strict=True)]
    columns = list(zip(*rows["mlp_fc1"], strict=True))
    expected = {
        "probs": numbers["probs"], "dlogits": dlogits, "dhidden": dhidden,
        "dbefore": dbefore, "dx": [dot(dbefore, column) for column in columns],
        "dmlp_fc2": [d * h for d in dlogits for h in numbers["hidden"]],
        "dmlp_fc1": [d * x for d in dbefore for x in numbers["x"]],
    }  # fmt: skip
    for name, values in expected.items():
        found = [row[2] for row in visit.table if row[0] == name]
        assert found == pytest.approx(values, **NEAR), name
    names = ("dwte", "dmlp_fc1", "dmlp_fc2")
    whole = [row[3] for name in names for row in visit.table if row[0] == name]
    assert whole == pytest.approx(gradients(begun, word), **NEAR)


def test_the_gradient_goes_back_through_the_drawn_network(figure: Opener) -> None:
    """What is written under the network, and how many lines run, stage by stage."""
    visit = figure("gradient-back", trained=20, stage=7)
    of = {name: [] for name, *_ in visit.table}
    for name, _, value, _ in visit.table:
        of[name].append(value)
    begun = lesson(1, 20)
    bos, e = begun.tokenizer.encode("e")[:2]
    j, k = (
        max(range(len(of[d])), key=lambda at, d=d: abs(of[d][at]))
        for d in ("dbefore", "dx")
    )
    expected = {
        "dwte": of["dwte"][16 * bos + k], "dx": of["dx"][k],
        "dfc1": of["dmlp_fc1"][16 * j + k], "dh": of["dbefore"][j],
        "dfc2": of["dmlp_fc2"][64 * e + j], "dlogits": of["dlogits"][e],
        "loss": -math.log(of["probs"][e]),
    }  # fmt: skip
    fc2, fc1 = (Lesson1(begun).rows[name] for name in ("mlp_fc2", "mlp_fc1"))
    into_h = [d * row[j] for d, row in zip(of["dlogits"], fc2, strict=True)]
    into_x = [d * row[k] for d, row in zip(of["dbefore"], fc1, strict=True)]
    running = [
        [], of["dlogits"], [expected["dfc2"]], into_h, of["dbefore"],
        [expected["dfc1"]], into_x, of["dx"],
    ]  # fmt: skip
    names = list(expected)[::-1]
    reached = (1, 2, 3, 4, 4, 5, 6, 7)
    for stage in range(8):
        visit.turn(trained=20, stage=stage)
        labels, lines = visit.page.evaluate(
            "[[...document.querySelectorAll('.way-back .label')]"
            ".map((one) => one.textContent),"
            " ['.plus', '.minus'].map((sign) =>"
            " document.querySelectorAll('.flowing line' + sign).length)]"
        )
        found = dict(pairwise(labels))
        numbers = [one for one in labels[1:] if one not in expected]
        assert len(numbers) == reached[stage]
        for name in names[: reached[stage]]:
            value = of["dhidden"][j] if (name, stage) == ("dh", 3) else expected[name]
            assert found[name] == f"{value:.3f}".replace("-", "−"), (stage, name)
        rising = sum(value > 0 for value in running[stage])
        falling = sum(value < 0 for value in running[stage])
        assert lines == [rising, falling], stage


def test_a_matrix_of_gradients_is_as_broad_as_its_picture(figure: Opener) -> None:
    for stage, columns in ((2, 64), (5, 16), (7, 16)):
        visit = figure("gradient-back", stage=stage)
        room, broad = visit.page.evaluate(
            "[document.querySelector('.signed-map').parentElement,"
            " document.querySelector('.signed-map')].map((e) => e.clientWidth)"
        )
        assert 0.85 * room < broad <= room, (stage, room, broad)
        # and a cell is found where it is drawn
        box = visit.page.locator(".signed-map").bounding_box()
        visit.page.mouse.move(box["x"] + broad - 6, box["y"] + box["height"] - 4)
        visit.page.wait_for_selector(f".signed-map[aria-label*='][{columns - 1}] =']")


def test_a_kernel_with_one_sign_turned_is_found(
    private_window: Callable[..., Window], sign_turned: Path
) -> None:
    wrong = private_window(sign_turned)
    live = wrong.show("train-live", props={"step": 1}, at=12).column(1)
    assert live != pytest.approx(lesson(1).train(12), **NEAR)
    scatter = wrong.show("gradient-scatter", word="otto")
    begun = lesson(1)
    expected = gradients(begun, "otto")
    assert scatter.column(1) != pytest.approx(expected, **NEAR)
    # on the untrained network nothing has come back yet: after some names it has
    machines = wrong.show("two-models", word="otto", names=12)
    probs = [row[3] for row in machines.table if row[1] == "probs-1"]
    trained = lesson(1, 12)
    token = trained.tokenizer.bos
    assert probs != pytest.approx(layers(trained, token)["probs"], **NEAR)
    scatter = wrong.show("gradient-scatter", word="otto")
    # what is measured by nudging does not use it
    tokens = begun.tokenizer.encode("otto")
    slopes = central_differences(begun.engine, [tokens])["wte"].values
    measured = scatter.column(2)[: len(slopes)]
    assert measured == pytest.approx(list(slopes), abs=1e-6)
