"""The drawing of the model: every cell is the lesson's number, and is read in words."""

import re
import types
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import LONG, NEAR, ODD, layers, lesson_on
from support.guide.passes import state_pass

import glassgpt as gg
from glassgpt.guide import states
from glassgpt.guide.facts.names import tokenizer

# odd are the last: letters that the names lack, more than a block holds, none
WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "émil", LONG, ""]
STATES = ("untrained", "sgd-1000", "adam-1000", "adam-20000")
ROWS = (
    "embedding", "attn_norm", "q", "heads", "attn_out", "mlp_norm", "before_relu",
    "hidden", "mlp_out", "logits", "probs",
)  # fmt: skip


def parts(visit: Figure) -> dict[str, list[float]]:
    """The table's numbers by part, in their order."""
    found: dict[str, list[float]] = {}
    for part, _, _, value in visit.table:
        found.setdefault(part, []).append(value)
    return found


def expected(
    state: str, word: str, position: int, step: int = 3
) -> dict[str, list[float]]:
    """What the lesson's code computes at a position, by the drawing's names."""
    passed = state_pass(step, state, word)
    at = {name: passed[name][position] for name in ROWS}
    x0 = passed["residual"][position]
    x1 = [a + b for a, b in zip(x0, at["attn_out"], strict=True)]
    x2 = [a + b for a, b in zip(x1, at["mlp_out"], strict=True)]
    past = {
        name: [x for row in passed[name][: position + 1] for x in row] for name in "kv"
    }
    n = len(passed["losses"])
    # of each key one of each head
    squares = {
        name: [x for row in zip(*passed[name][position::n], strict=True) for x in row]
        for name in ("scores", "weights")
    }
    weights = states.session(step, state).engine.weights()
    return {
        "tokens": passed["tokens"], **at, **past, **squares,
        "residual0": x0, "residual1": x1, "residual2": x2,
        **{name.removeprefix("layer0."): list(tensor.values)
           for name, tensor in weights.items()},
    }  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_cell_of_the_drawing_is_the_lessons_number(
    state: str, figure: Opener
) -> None:
    visit = figure("model-map", state=state)
    for word in WORDS:
        count = len(state_pass(3, state, word)["losses"])
        for position in {count - 1, count // 2}:
            visit.turn(state=state, word=word, position=position)
            found, right = parts(visit), expected(state, word, position)
            assert found.keys() == right.keys()
            for name, values in right.items():
                assert found[name] == pytest.approx(values, **NEAR), (word, name)
    assert counted_weights(found) == 4192


@pytest.mark.parametrize("state", STATES)
def test_every_cell_of_step_4_is_the_lessons_number(state: str, figure: Opener) -> None:
    visit = figure("model-map", props={"step": 4, "before": 3}, state=state)
    words = WORDS if state == "sgd-1000" else [WORDS[0], *WORDS[-2:]]
    for word in words:
        position = len(state_pass(4, state, word)["losses"]) - 1
        for step, shown in ((3, "before"), (4, "new")):
            visit.turn(state=state, word=word, position=position, shown=shown)
            found, right = parts(visit), expected(state, word, position, step)
            assert found.keys() == right.keys()
            for name, values in right.items():
                assert found[name] == pytest.approx(values, **NEAR), (word, name)
    assert f"Step 4 has {counted_weights(found):,} weights" in visit.sentence


def counted_weights(found: dict[str, list[float]]) -> int:
    """How many weights are in a drawing's table."""
    names = ("wte", "wpe", "attn_w", "mlp_fc", "lm_head")
    return sum(len(found[one]) for one in found if one.startswith(names))


def test_the_cut_costs_no_parameter_and_is_read_in_words(figure: Opener) -> None:
    visit = figure(
        "model-map", props={"step": 4, "before": 3}, part="scores", cell=6,
        word="emma", position=3,
    )  # fmt: skip
    counts, said = visit.page.locator(".count"), visit.page.locator(".said")
    cuts = visit.page.locator("path.cut")
    expected_counts = ["9 matrices", "4,192 parameters"]
    assert counts.all_text_contents() == expected_counts
    # q, k, v, their matrices, scores, weights and the mix
    assert cuts.count() == 9
    # of the second key the third head
    passed = state_pass(4, "sgd-1000", "emma")
    score = passed["scores"][2 * len(passed["losses"]) + 3][1]
    assert "scores (4 × 4), cut for 4 heads: " in said.inner_text()
    assert "scores[2][1] = q[8…11] · k[1][8…11] / √4 = (" in said.inner_text()
    ends = f"= {score:.4f}".replace("-", "−")
    assert said.inner_text().endswith(ends)
    visit.turn(shown="before")
    assert counts.all_text_contents() == expected_counts
    assert cuts.count() == 0 and visit.page.locator(".part.new").count() == 0
    assert "Step 3 has 4,192 weights" in visit.sentence


def test_step_2_stands_in_the_same_drawing(figure: Opener) -> None:
    visit = figure("model-map", shown="before", word="otto", position=2)
    begun: Any = types.SimpleNamespace(engine=gg.train("names", step=2).engine)
    passed = layers(begun, tokenizer().encode("otto")[2])
    found = parts(visit)
    names = {"embedding": "x", "before_relu": "before", "hidden": "hidden",
             "logits": "logits", "probs": "probs"}  # fmt: skip
    for ours, its in names.items():
        assert found[ours] == pytest.approx(passed[its], rel=1e-7, abs=1e-10), ours
    weights = ("wte", "mlp_fc1", "mlp_fc2")
    assert found.keys() == {"tokens", *names, *weights}
    assert sum(len(found[one]) for one in weights) == 3184
    assert "Step 2 has 3,184 weights and sees one token. After t" in visit.sentence


def test_documents_of_the_readers_own_are_drawn(figure: Opener, tmp_path: Any) -> None:
    visit = figure("model-map", state="untrained", **ODD)
    begun = lesson_on(ODD["docs"], tmp_path, 3)
    found = parts(visit)
    for name, tensor in begun.engine.weights().items():
        assert found[name] == pytest.approx(list(tensor.values), **NEAR), name
    assert found["tokens"] == begun.tokenizer.encode(ODD["word"])
    assert len(found["probs"]) == begun.tokenizer.vocab_size


def test_the_drawing_is_read_with_keys_and_by_pointing(figure: Opener) -> None:
    visit = figure("model-map", part="scores", word="emma", position=3)
    picture, said = visit.page.locator(".map svg"), visit.page.locator(".said")
    passed = state_pass(3, "sgd-1000", "emma")
    weights = passed["weights"][3]
    assert "q · k[0] / √16" in said.inner_text()
    picture.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        picture.press(key)
    assert "weights (4 × 1), new: how much of each value" in said.inner_text()
    assert (
        f"weights[2] = e^{passed['scores'][3][2]:.3f} / (".replace("-", "−")
        in said.inner_text()
    )
    assert said.inner_text().endswith(f"= {weights[2]:.4f}")
    picture.press("Enter")
    visit.wait_for_address("part=weights")
    for _ in range(40):
        picture.press("ArrowLeft")
    assert said.inner_text().startswith("tokens: your word.")
    picture.press("ArrowDown")
    picture.press("Enter")
    visit.wait_for_address("position=1")
    visit.settle()
    assert "After e at place 1 comes m" in visit.sentence
    label, frame = (
        one.bounding_box()
        for one in (visit.page.locator(".map text", has_text="wpe"), picture)
    )
    under = label["y"] + label["height"] - frame["y"] + 8
    picture.hover(position={"x": label["x"] - frame["x"] + 8, "y": under})
    assert said.inner_text().startswith("wpe (16 × 16 = 256 weights), new")
    row, column, value = re.findall(
        r"wpe\[(\d+)\]\[(\d+)\] = (\S+)", said.inner_text()
    )[0]
    wpe = states.session(3, "sgd-1000").engine.weights()["wpe"].values
    assert value.replace("−", "-") == f"{wpe[16 * int(row) + int(column)]:.4f}"


def test_a_part_leads_to_its_lesson(figure: Opener) -> None:
    lessons = [{"station": "cache", "path": "/step/3/7/", "number": "3.7"}]
    visit = figure(
        "model-map", props={"step": 3, "before": 2, "lessons": lessons}, part="k"
    )
    link = visit.page.locator(".said a")
    assert link.inner_text() == "lesson 3.7"
    assert link.evaluate("(one) => one.href").endswith("/step/3/7/")
    visit.turn(part="wte")
    assert link.count() == 0
