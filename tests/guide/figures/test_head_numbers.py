"""The heads of Step 4: what pages show and say of them, against the lesson's code."""

import math
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from support.guide.figure import Figure, Opener, Window
from support.guide.lessons import LONG, NEAR
from support.guide.mistakes import wrong_wasm
from support.guide.passes import passed, state_pass

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.guide import states
from glassgpt.guide.facts.heads import cut, loop
from glassgpt.guide.facts.names import character_of, tokenizer
from glassgpt.guide.facts.results.pairs import SEEDS
from glassgpt.guide.facts.trainings import heldout, params

# two are odd: letters that the names lack, and more of them than the block holds
WORDS = ["emma", "ava", "otto", "x", "olivia", "hannah", "qi", "biad", "zoë", LONG]


def words(state: str) -> list[str]:
    """All ten in the lesson's state, three of them in the others."""
    return WORDS if state == "sgd-1000" else [WORDS[0], *WORDS[-2:]]


def read(word: str) -> list[str]:
    """BOS and the letters of a word that a model of 16 places reads."""
    known = "".join(c for c in word if c in tokenizer().characters)
    return [character_of(token) for token in tokenizer().encode(known)[:-1]][:16]


def softmax(row: list[float]) -> list[float]:
    exps = [math.exp(each - max(row)) for each in row]
    return [each / sum(exps) for each in exps]


def named(visit: Figure, name: str, column: int) -> list[float]:
    """A column of the rows that begin with a name."""
    return [row[column] for row in visit.table if row[0] == name]


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


def test_each_head_has_a_softmax_of_its_own(figure: Opener) -> None:
    visit = figure("two-mixtures")
    for turn, word in enumerate(WORDS):
        tokens = read(word)
        sets = [
            [((7 * i + 3 * turn + 5 * head) % 13 - 6) / 2 for i in range(len(tokens))]
            for head in range(2)
        ]
        first, second = (",".join(map(str, row)) for row in sets)
        visit.turn(word=word, heads=2, first=first, second=second)
        right = [
            [head, token, score, weight]
            for head, row in enumerate(sets)
            for token, score, weight in zip(tokens, row, softmax(row), strict=True)
        ]
        assert [row[:2] for row in visit.table] == [row[:2] for row in right], word
        for column in (2, 3):
            wanted = [row[column] for row in right]
            assert visit.column(column) == pytest.approx(wanted, **NEAR), word
        ends = (softmax(sets[0])[1 if len(tokens) > 2 else 0], softmax(sets[1])[-1])
        both = all(end >= 0.8 for end in ends)
        for end in ends:
            assert f"{end:.3f} to " in visit.sentence, word
        assert ("Both have what they want" in visit.sentence) == both


def test_one_head_fails_where_two_heads_do_not(figure: Opener) -> None:
    visit = figure("two-mixtures", first="0,6,0,0,6")
    goals = visit.page.locator(".goal b")
    half = softmax([0, 6, 0, 0, 6])[1]
    assert goals.all_inner_texts() == [f"{half:.2f} of 0.80"] * 2
    assert f"together {2 * half:.3f}" in visit.sentence
    visit.page.get_by_role("button", name="All even").click()
    visit.settle()
    assert visit.column(3) == pytest.approx([0.2] * 5)
    visit.page.locator("label.field", has_text="heads").locator("select").select_option(
        "two heads"
    )
    visit.settle()
    for bars, place in enumerate((1, 4)):
        picture = visit.page.locator("svg.signed-bars").nth(bars)
        picture.focus()
        for _ in range(place + 1):
            picture.press("ArrowRight")
        for _ in range(20):
            picture.press("ArrowUp")
            visit.settle()
    most = softmax([3, 0, 0, 0, 0])[0]
    assert visit.column(3)[1] == pytest.approx(most, abs=1e-3)
    assert visit.column(3)[9] == pytest.approx(most, abs=1e-3)
    assert goals.all_inner_texts() == [f"{most:.2f}, reached"] * 2
    assert "Both have what they want" in visit.sentence
    alone = figure("two-mixtures", word="")
    assert alone.column(3) == [1] and "only BOS" in alone.sentence


@pytest.mark.parametrize("state", states.STATES)
def test_slices_of_q_k_and_v_are_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("head-slices", state=state)
    weights = states.engine(4, state).weights()
    for turn, word in enumerate(words(state)):
        found = state_pass(4, state, word)
        at = len(found["q"]) - 1 if turn % 2 == 0 else 0
        visit.turn(state=state, word=word, at=at)
        for name in "qkv":
            assert named(visit, name, 4) == pytest.approx(found[name][at], **NEAR)
            assert named(visit, name, 1) == [i // 4 for i in range(16)]
            right = list(weights[f"layer0.attn_w{name}"].values)
            assert named(visit, f"attn_w{name}", 4) == pytest.approx(right, **NEAR)
            heads = named(visit, f"attn_w{name}", 1)
            assert heads == [i // 64 for i in range(256)]


def test_a_head_lights_its_rows_in_all_three_matrices(figure: Opener) -> None:
    visit = figure("head-slices")
    visit.page.locator("label.field", has_text="head").locator("select").select_option(
        "head 2"
    )
    visit.settle()
    assert "numbers 8 to 11" in visit.sentence and "192 of 768" in visit.sentence
    assert cut.slice_numbers(2) == "8-11" and cut.slice_numbers(3) == "12-15"
    picture = visit.page.locator("svg.sliced").nth(1)
    picture.focus()
    picture.press("ArrowDown")
    said = visit.page.inner_text(".read-out")
    # of a matrix that is not looked at yet, the first row comes first
    assert said.startswith("a, head 0: k[0] = attn_wk[0] · x_norm = ")
    value = state_pass(4, "sgd-1000", "emma")["k"][4][0]
    assert said.endswith(f"= {value:.4f}".replace("-", "−"))


def square(rows: list[list[float]], head: int, n: int) -> list[float]:
    """The cells of a head's triangle, row by row."""
    return [cell for row in rows[head * n : (head + 1) * n] for cell in row]


def mean_loss(visit: Figure) -> float:
    return named(visit, "loss", 3)[0]


@pytest.mark.parametrize("state", states.STATES)
def test_the_four_heads_are_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("head-loop", state=state)
    for word in words(state):
        visit.turn(state=state, word=word)
        found = state_pass(4, state, word)
        n = len(found["losses"])
        for head in range(4):
            rows = [row for row in visit.table if row[0] == head]
            for column, name in ((3, "scores"), (4, "weights")):
                right = square(found[name], head, n)
                shown = [row[column] for row in rows]
                assert shown == pytest.approx(right, **NEAR), (word, head)
            weights = found["weights"][(head + 1) * n - 1]
            assert f"{max(weights):.3f}" in visit.sentence
        assert named(visit, "x_attn", 3) == pytest.approx(found["heads"][-1], **NEAR)
        assert named(visit, "attn_out", 3) == pytest.approx(
            found["attn_out"][-1], **NEAR
        )
        loss = sum(found["losses"]) / n
        assert mean_loss(visit) == pytest.approx(loss, **NEAR)
        assert f"costs {loss:.4f} nats" in visit.sentence


def test_each_turn_of_the_loop_adds_four_numbers_and_a_row(figure: Opener) -> None:
    visit = figure("head-loop", done=0, at=2)
    found = state_pass(4, "sgd-1000", "emma")
    triangles = visit.page.locator("svg.triangle")
    counts = []
    for done in range(5):
        visit.turn(done=done, at=2)
        shown = named(visit, "x_attn", 3)
        assert shown == pytest.approx(found["heads"][2][: 4 * done], **NEAR)
        assert f"x_attn: {4 * done} numbers" in str(
            visit.page.locator("svg.cut-strip").first.text_content()
        )
        counts.append(
            [triangles.nth(head).locator("rect[fill-opacity]").count()
             for head in range(4)]
        )  # fmt: skip
    # of three tokens two have looked back before, in three cells; now one more does
    assert counts == [[6] * done + [3] * (4 - done) for done in range(5)]


def test_a_cell_opens_the_four_products_of_its_score(figure: Opener) -> None:
    visit = figure("head-loop", width=1000)
    for letter in "az":
        visit.turn(word=letter + "nna", query=1, key=0, head=0)
        said = visit.page.inner_text(".read-out").replace("−", "-")
        score = loop.head_score(letter, 0)
        assert said.startswith(f"Head 0, {letter} looks at BOS: (")
        assert f") / √4 = {score:.3f}. Weight" in said
        found = state_pass(4, "sgd-1000", letter + "nna")
        n = len(found["losses"])
        assert score == pytest.approx(found["scores"][1][0], **NEAR)
        assert found["scores"][n + 1][0] != score
    visit.page.locator("svg.triangle").nth(2).focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Enter")
    visit.wait_for_address("head-loop.head=2")


@pytest.mark.parametrize("state", states.STATES)
def test_without_attn_wo_each_head_adds_to_its_own_numbers(
    state: str, figure: Opener
) -> None:
    visit = figure("head-loop", state=state, apart=1)
    kept = states.session(4, state).engine.weights()
    identity = [float(i % 17 == 0) for i in range(256)]
    tensors = [
        Tensor((16, 16), array("d", identity)) if name.endswith("attn_wo") else each
        for name, each in kept.items()
    ]
    for word in words(state)[:3]:
        visit.turn(state=state, word=word, apart=1)
        found, whole = passed(4, tensors, word), state_pass(4, state, word)
        assert named(visit, "attn_out", 3) == named(visit, "x_attn", 3)
        assert found["attn_out"][-1] == pytest.approx(found["heads"][-1], **NEAR)
        loss, before = (sum(one["losses"]) / len(one["losses"]) for one in
                        (found, whole))  # fmt: skip
        assert mean_loss(visit) == pytest.approx(loss, **NEAR)
        assert f"it costs {before:.4f}" in visit.sentence
    # and back: the model is what it was
    visit.page.get_by_role("switch").click()
    visit.settle()
    assert mean_loss(visit) == pytest.approx(before, **NEAR)


def test_what_is_said_of_the_heads_and_of_attn_wo_is_so() -> None:
    for state in states.STATES:
        least, most = (loop.head_evenness(state, each) for each in ("least", "most"))
        assert least < most < 1
    assert loop.head_evenness("sgd-1000", "least") > 0.99
    assert loop.head_evenness("adam-20000", "most") < 0.8
    assert loop.wo_as_identity("sgd-1000") > 0.01
    assert loop.wo_as_identity("adam-20000") > 0.1
    for state in ("sgd-1000", "adam-1000"):
        found = loop.trained_apart(state)
        assert -0.01 < found["low"] < found["high"] < 0


@pytest.mark.full
def test_a_head_that_mixes_with_a_wrong_weight_is_found(
    private_window: Callable[..., Window], tmp_path: Path
) -> None:
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")
    wrong = (
        "core/layers.c",
        "add_times(mixed, weights[s], v",
        "add_times(mixed, -weights[s], v",
    )
    window = private_window(wrong_wasm(tmp_path, wrong))
    right = state_pass(4, "sgd-1000", "emma")["heads"][-1]
    visit = window.show("head-loop", word="emma")
    shown = named(visit, "x_attn", 3)
    assert shown == pytest.approx([-each for each in right], **NEAR)
    assert shown != pytest.approx(right, **NEAR)
