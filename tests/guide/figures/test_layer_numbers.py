"""Weights and layers in figures against the lessons' own code."""

import math
import random
import re
from pathlib import Path

import pytest
from support.guide.figure import Opener
from support.guide.lessons import NEAR, ODD, Table, flat, layers, lesson, lesson_on

from glassgpt.guide.facts import names, slopes


def test_all_weights_are_the_lessons(figure: Opener, tmp_path: Path) -> None:
    visit = figure("weight-maps", index=1456)
    assert visit.column(4) == pytest.approx(flat(lesson(1)), **NEAR)
    assert visit.column(0) == list(range(3184))
    assert visit.table[1456][1:4] == ["mlp_fc2", 0, 0]
    assert visit.table[432 + 16 * 3 + 5][1:4] == ["mlp_fc1", 3, 5]
    number = f"{flat(lesson(1))[1456]:.4f}".replace("-", "−")
    assert number in visit.page.inner_text(".read-out")
    own = figure("weight-maps", docs=ODD["docs"])
    expected = flat(lesson_on(ODD["docs"], tmp_path, 1))
    assert own.column(4) == pytest.approx(expected, **NEAR)


def test_trained_weights_are_the_lessons(figure: Opener) -> None:
    import glassgpt as gg

    found = figure("weight-maps", trained=1000).column(4)
    run = gg.train("names", step=1)
    trained = [x for tensor in run.engine.weights().values() for x in tensor.values]
    assert found == pytest.approx(trained, rel=1e-7, abs=1e-10)


@pytest.mark.parametrize("relu", [1, 0])
@pytest.mark.parametrize("letter", ["q", "BOS"])
def test_every_number_between_the_layers_is_the_lessons(
    letter: str, relu: int, figure: Opener
) -> None:
    visit = figure("mlp-layers", props={"step": 1}, token=letter, relu=relu, trained=30)
    begun = lesson(1, 30)
    bos = begun.tokenizer.bos
    token = bos if letter == "BOS" else begun.tokenizer.encode(letter)[1]
    expected = layers(begun, token, bool(relu))
    for name, values in expected.items():
        found = [row[2] for row in visit.table if row[0] == name]
        assert found == pytest.approx(values, **NEAR), name
    assert len(visit.table) == 16 + 64 + 64 + 27 + 27


def test_without_relu_two_matrices_are_one(figure: Opener) -> None:
    said = figure("mlp-layers", props={"step": 1}, relu=0).sentence
    apart = float(said.split("to within ")[1].rstrip(".").replace("−", "-"))
    assert 0 <= apart < 1e-12


def test_softmax_and_linear_are_what_they_say(figure: Opener) -> None:
    logits, heat = [1.5, -2.0, 0.25], 0.7
    text = ",".join(map(str, logits))
    exps = [math.exp(x / heat) for x in logits]
    visit = figure("softmax-edit", logits=text, temperature=heat)
    expected = [e / sum(exps) for e in exps]
    assert visit.column(3) == pytest.approx(expected, **NEAR)
    huge = figure("softmax-edit", logits="1000,1001").column(3)
    assert huge == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)], **NEAR)
    rng = random.Random(1)
    w = [round(rng.uniform(-2, 2), 2) for _ in range(12)]
    x = [0.5, -1.25, 2.0]
    visit = figure("linear-edit", w=",".join(map(str, w)), x=",".join(map(str, x)))
    dots = [sum(w[3 * i + j] * x[j] for j in range(3)) for i in range(4)]
    assert visit.column(3) == pytest.approx(dots, **NEAR)


@pytest.mark.parametrize(
    ("word", "docs", "read"),
    [("otto", "", 0), ("emma", "", 40), (ODD["word"], ODD["docs"], 7)],
)
def test_both_machines_have_the_numbers_of_their_lessons(
    word: str, docs: str, read: int, figure: Opener, tmp_path: Path
) -> None:
    own = {"docs": docs} if docs else {}
    visit = figure("two-models", word=word, names=read, **own)
    network = lesson_on(docs, tmp_path, 1, read) if docs else lesson(1, read)
    table = Table(network, read)
    token, target = network.tokenizer.encode(word)[:2]
    shares = table.probs(token)
    passed = layers(network, token)
    expected = {
        ("Step 0", "counts"): table.space["counts"][token],
        ("Step 0", "probs-0"): shares,
        ("Step 1", "wte"): passed["x"],
        ("Step 1", "probs-1"): passed["probs"],
        **{("Step 1", name): passed[name] for name in ("before", "hidden", "logits")},
    }
    for (step, name), values in expected.items():
        found = [row[3] for row in visit.table if tuple(row[:2]) == (step, name)]
        assert found == pytest.approx(values, **NEAR), name
    assert len(visit.table) == sum(map(len, expected.values()))
    said = (shares[target], passed["probs"][target])
    assert [f"p = {p:.3f}" in visit.sentence for p in said] == [True, True]
    assert f"loss {-math.log(said[1]):.2f}" in str(
        visit.page.text_content("svg.picture")
    )


def test_a_stage_of_a_machine_is_read_with_the_arrow_keys(figure: Opener) -> None:
    visit = figure("two-models", station="counts")
    visit.page.focus("svg.picture")
    said = []
    for _ in range(3):
        visit.page.keyboard.press("ArrowDown")
        said.append(visit.page.inner_text(".said").split(":")[0])
    assert said == ["Gone", "As it was", "As it was"]
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    visit.wait_for_address("two-models.station=token-1")


def test_the_layers_open_on_a_unit_that_is_on_and_show_what_it_is_joined_to(
    figure: Opener,
) -> None:
    visit = figure("mlp-layers")
    values = {name: [row[2] for row in visit.table if row[0] == name]
              for name in ("x", "hidden", "logits")}  # fmt: skip
    strongest = max(values["hidden"])
    unit = values["hidden"].index(strongest)
    assert (
        visit.page.inner_text(".formula").startswith(f"h[{unit}] =") and strongest > 0
    )
    lines = "(all) => all.map((one) => one.childElementCount)"
    joined = "svg.fan"
    assert visit.page.eval_on_selector_all(joined, lines) == [16, 27]
    visit.turn(lane="logits", unit=4)
    assert visit.page.eval_on_selector_all(joined, lines) == [0, 64]
    visit.turn(lane="x", unit=3)
    assert visit.page.eval_on_selector_all(joined, lines) == [64, 0]


def test_what_the_page_asks_of_relu_is_what_its_figure_says(figure: Opener) -> None:
    for letter in ("a", "e", "q"):
        on = figure("mlp-layers", token=letter).sentence
        assert f"{slopes.units_on(letter)} of the 64 hidden units" in on
        token, p = slopes.without_relu(letter)
        off = figure("mlp-layers", token=letter, relu=0).sentence
        assert f"would be {token}, with p = {p:.3f}" in off
    assert len({slopes.units_on(letter) for letter in names.letters()}) > 10


def test_the_matrix_that_grew_most_is_the_one_that_the_figure_says(
    figure: Opener,
) -> None:
    spreads = [
        [float(found) for found in re.findall(r"\d\.\d{3,}", visit.sentence)[-3:]]
        for visit in (figure("weight-maps", trained=at) for at in (0, 1000))
    ]
    grown = [after / before for before, after in zip(*spreads, strict=True)]
    matrices = ("wte", "mlp_fc1", "mlp_fc2")
    found = [slopes.grown(matrix) for matrix in matrices]
    assert found == pytest.approx(grown, rel=0.02)
    assert slopes.most_grown() == matrices[grown.index(max(grown))] == "wte"
