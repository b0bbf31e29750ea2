"""Weights and layers in figures against the lessons' own code."""

import math
import random
from pathlib import Path

import pytest
from support.guide.figure import Opener
from support.guide.lessons import NEAR, ODD, flat, layers, lesson, lesson_on


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

    found = figure("weight-maps", trained=1).column(4)
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
