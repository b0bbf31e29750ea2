"""Averages by hand, queries, keys and values, and the residual stream: the lesson's."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.guide.figure import Figure, Opener, Window
from support.guide.lessons import LONG, NEAR, ODD
from support.guide.mistakes import wrong_wasm
from support.guide.passes import state_pass

from glassgpt.engines.reference.number import Number
from glassgpt.engines.shapes import shapes
from glassgpt.guide import states
from glassgpt.guide.facts import mixing
from glassgpt.guide.facts.names import tokenizer
from glassgpt.lessons import lesson

# two are odd: letters that the names lack, and more of them than the block holds
WORDS = ["emma", "ava", "otto", "x", "olivia", "hannah", "qi", "biad", "zoë", LONG]
ADDS = (
    ("x = [a + b for a, b in zip(x, x_attn)]", "x = x_attn"),
    ("x = [a + b for a, b in zip(x, h)]", "x = h"),
)


def words(state: str) -> list[str]:
    """All ten in the lesson's state, three of them in the others."""
    return WORDS if state == "sgd-1000" else [WORDS[0], *WORDS[-2:]]


def tokens_of(word: str) -> list[int]:
    """What the model reads of a word."""
    known = "".join(c for c in word if c in tokenizer().characters)
    return tokenizer().encode(known)[:17]


def length(row: list[float]) -> float:
    """How long a vector is."""
    return math.sqrt(math.fsum(x * x for x in row))


def broken_loss(state: str, word: str, plus: bool, wo: bool) -> float:
    """The lesson's loss of a word without its sums, or with zeros for wo."""
    session = states.session(3, state)
    record = session.record.model
    rows = {
        name: [
            list(map(Number, tensor.values[i : i + tensor.shape[1]]))
            for i in range(0, len(tensor.values), tensor.shape[1])
        ]
        for name, tensor in zip(
            shapes(record), session.engine.weights().values(), strict=True
        )
    }
    if not wo:
        rows["attn_wo"] = [[Number(0.0)] * 16 for _ in range(16)]
    program = lesson(3)
    for right, wrong in () if plus else ADDS:
        assert program.source.count(right) == 1
        program = replace(program, source=program.source.replace(right, wrong))
    given = {
        "math": math, "vocab_size": record.vocab_size, "state_dict": rows,
        "n_embd": record.n_embd, "rms_eps": record.rms_eps,
    }  # fmt: skip
    space = program.load(["model"], given)
    keys: list[Any] = []
    values: list[Any] = []
    losses = []
    for place, (token, target) in enumerate(pairwise(tokens_of(word))):
        logits = space["gpt"](token, place, keys, values)
        losses.append(-math.log(space["softmax"](logits)[target].data))
    return sum(losses) / len(losses)


def column(visit: Figure, name: str, column: int) -> list[float]:
    """A column of the rows of one name, which stands first."""
    return [row[column] for row in visit.table if row[0] == name]


@pytest.mark.parametrize("state", states.STATES)
def test_weights_by_hand_give_the_loss_of_the_reference_engine(
    state: str, figure: Opener
) -> None:
    engine: Any = states.engine(3, state)
    visit = figure("average-by-hand")
    for turn, word in enumerate(words(state)):
        tokens = tokens_of(word)
        n = len(tokens) - 1
        at = n - 1 if turn % 2 == 0 else (n - 1) // 2
        shares = [(7 * i + 3) % 11 + 0.5 for i in range(at + 1)]
        text = ",".join(map(str, shares))
        visit.turn(state=state, word=word, at=at, shares=text)
        own = state_pass(3, state, word)["weights"][at]
        given = {
            1: [1 / (at + 1)] * (at + 1),
            2: [each / sum(shares) for each in shares],
            3: own,
        }
        for place, weights in given.items():
            found = [row[place] for row in visit.table[: at + 1]]
            assert found == pytest.approx(weights, **NEAR)
            expected = engine.loss_with_weights(tokens, [weights])
            assert column(visit, "loss", place) == pytest.approx([expected], **NEAR)
            ps = [row[place] for row in visit.table if str(row[0]).startswith("p ")]
            assert ps[tokens[at + 1]] == pytest.approx(math.exp(-expected), **NEAR)
            assert sum(ps) == pytest.approx(1)
        said = column(visit, "loss", 2)[0]
        assert at == 0 or f"is {said:.3f}. The even average" in visit.sentence
    # shares for another number of tokens are no weights: the even ones stand
    visit.turn(state=state, word="emma", at=3, shares="1,2")
    assert [row[2] for row in visit.table[:4]] == [0.25] * 4


def test_a_bar_is_dragged_and_the_others_give_way(figure: Opener) -> None:
    visit = figure("average-by-hand")
    page = visit.page
    before = column(visit, "loss", 2)[0]
    assert before == pytest.approx(mixing.mixed_loss("emma"), **NEAR)
    slider = page.get_by_label("weight of a")
    slider.fill("0.6")
    visit.wait_for_address("100%2C600")
    visit.settle()
    assert [row[2] for row in visit.table[:5]] == pytest.approx([0.1] * 4 + [0.6])
    bars = page.locator(".letter-bars button")
    bars.nth(4).focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
        visit.settle()
    assert [row[2] for row in visit.table[:5]] == pytest.approx([0, 0, 0, 0, 1])
    best = mixing.best_alone("emma")
    assert best[0] == "a"
    assert column(visit, "loss", 2)[0] == pytest.approx(best[1], **NEAR)
    assert best[1] < before
    # of one that has all, the others share evenly what it gives back
    page.keyboard.press("ArrowDown")
    visit.settle()
    assert [row[2] for row in visit.table[:4]] == pytest.approx([0.0125] * 4, abs=1e-3)
    page.get_by_role("button", name="As attention has them").click()
    visit.settle()
    own = [row[3] for row in visit.table[:5]]
    assert [row[2] for row in visit.table[:5]] == pytest.approx(own, abs=1e-3)
    page.get_by_role("button", name="All even").click()
    visit.settle()
    assert [row[2] for row in visit.table[:5]] == [0.2] * 5
    assert "All weights are even" in visit.sentence


@pytest.mark.parametrize("state", states.STATES)
def test_queries_keys_and_values_are_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("qkv")
    for word in words(state):
        visit.turn(state=state, word=word, same=0)
        expected = state_pass(3, state, word)
        n = len(expected["q"])
        names = {"x_norm": "attn_norm", "q": "q", "k": "k", "v": "v"}
        for shown, name in names.items():
            flat = [x for row in expected[name] for x in row]
            assert column(visit, shown, 4) == pytest.approx(flat, **NEAR), name
        pairs = [(q, k) for q in expected["q"] for k in expected["k"]]
        scores = [sum(map(float.__mul__, q, k)) / 4 for q, k in pairs]
        assert column(visit, "scores", 4) == pytest.approx(scores, **NEAR)
        apart = max(
            abs(scores[i * n + j] - scores[j * n + i])
            for i in range(n) for j in range(n)
        )  # fmt: skip
        assert visit.sentence.endswith(f"differ by up to {apart:.3f}.")
        assert f"{768 * n:,} products" in visit.sentence


def test_one_matrix_for_queries_and_keys_makes_the_square_symmetric(
    figure: Opener,
) -> None:
    visit = figure("qkv")
    page = visit.page
    page.get_by_role("switch").click()
    visit.wait_for_address("same=1")
    visit.settle()
    assert column(visit, "k", 4) == column(visit, "q", 4)
    scores = column(visit, "scores", 4)
    rows = [scores[5 * i : 5 * i + 5] for i in range(5)]
    assert rows == [list(each) for each in zip(*rows, strict=True)]
    itself = sum(row[: i + 1].index(max(row[: i + 1])) == i for i, row in
                 enumerate(rows) if i)  # fmt: skip
    assert f"for both, {itself} of 4 tokens after BOS" in visit.sentence
    assert visit.sentence.endswith("differ by up to 0.000.")
    assert mixing.looks_at_itself(same=True) > 90 > 20 > mixing.looks_at_itself()
    # and back: the model is what it was
    page.get_by_role("switch").click()
    visit.settle()
    flat = [x for row in state_pass(3, "sgd-1000", "emma")["k"] for x in row]
    assert column(visit, "k", 4) == pytest.approx(flat, **NEAR)


def test_a_number_of_a_query_opens_its_sixteen_products(figure: Opener) -> None:
    visit = figure("qkv", vector="v", cell=70)  # place 6 of the last letter
    weights = states.engine(3, "sgd-1000").weights()["attn_wv"].values
    x = state_pass(3, "sgd-1000", "emma")["attn_norm"][4]
    terms = [w * each for w, each in zip(weights[96:112], x, strict=True)]
    page = visit.page
    title = f"v[6] of a: 16 products, together {sum(terms):.3f}".replace("-", "−")
    assert title in str(page.text_content("svg.signed-bars"))
    page.focus("svg.signed-bars")
    page.keyboard.press("ArrowRight")
    said = page.inner_text(".formula")
    assert said.startswith("attn_wv[6][0] × x_norm[0] = ")
    assert said.endswith(f"{terms[0]:.4f}".replace("-", "−"))


@pytest.mark.parametrize("state", states.STATES)
def test_what_is_mixed_is_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("attention-mix")
    for word in words(state):
        visit.turn(state=state, word=word)
        expected = state_pass(3, state, word)
        n = len(expected["q"])
        row = expected["weights"][-1]
        lengths = list(map(length, expected["v"]))
        assert visit.column(1)[:n] == pytest.approx(row, **NEAR)
        assert visit.column(2)[:n] == pytest.approx(lengths, **NEAR)
        pulls = [w * v for w, v in zip(row, lengths, strict=True)]
        assert visit.column(3)[:n] == pytest.approx(pulls, **NEAR)
        ends = [expected[name][-1] for name in ("v", "heads", "attn_out")]
        for place, values in enumerate(ends, start=1):
            assert visit.column(place)[n:] == pytest.approx(values, **NEAR)
        heavy = row.index(max(row))
        assert f"is that of {visit.table[heavy][0]}: {row[heavy]:.3f}" in visit.sentence
    visit.turn(state=state, word="emma", at=1)
    assert len(visit.page.query_selector_all("path.thread")) == 2
    row = state_pass(3, state, "emma")["weights"][1]
    assert visit.column(1)[:2] == pytest.approx(row, **NEAR)
    weight = mixing.last_weights("emma", state)
    row = state_pass(3, state, "emma")["weights"][-1]
    assert [one[1] for one in weight] == pytest.approx(row, **NEAR)


@pytest.mark.parametrize("state", states.STATES)
def test_the_residual_stream_is_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("residual-stream")
    for word in words(state):
        visit.turn(state=state, word=word, broken="")
        found = state_pass(3, state, word)
        x, attention, mlp = (
            found[name] for name in ("residual", "attn_out", "mlp_out")
        )
        between = [list(map(sum, zip(*rows, strict=True))) for rows in
                   zip(x, attention, strict=True)]  # fmt: skip
        after = [list(map(sum, zip(*rows, strict=True))) for rows in
                 zip(between, mlp, strict=True)]  # fmt: skip
        expected = {
            "wte + wpe": found["embedding"], "x after rmsnorm": x,
            "attention adds": attention, "x after attention": between,
            "MLP adds": mlp, "x after the MLP": after,
        }  # fmt: skip
        for name, rows in expected.items():
            flat = [each for row in rows for each in row]
            assert column(visit, name, 4) == pytest.approx(flat, **NEAR), name
            if name != "wte + wpe":
                lengths = list(map(length, rows))
                shown = column(visit, f"|{name}|", 4)
                assert shown == pytest.approx(lengths, **NEAR), name
        mean = sum(found["losses"]) / len(found["losses"])
        assert column(visit, "loss", 4) == pytest.approx([mean], **NEAR)
    for broken, plus, wo in (("residuals", False, True), ("wo", True, False)):
        for word in ("emma", LONG):
            visit.turn(state=state, word=word, broken=broken)
            loss = broken_loss(state, word, plus, wo)
            assert column(visit, "loss", 4) == pytest.approx([loss], **NEAR)
            whole = states.engine(3, state).loss(tokens_of(word))
            assert visit.sentence.endswith(f"it is {whole:.4f}.")
            if not wo:
                assert set(column(visit, "attention adds", 4)) == {0}
                assert "27 of 27 logits change" in visit.sentence
    changed, rise = mixing.zeroed_wo("emma", state)
    emma = broken_loss(state, "emma", True, False)
    assert changed == 27
    whole = states.engine(3, state).loss(tokens_of("emma"))
    assert rise == pytest.approx(emma - whole, rel=1e-6, abs=1e-9)


def test_of_a_word_with_nothing_known_bos_is_read(figure: Opener) -> None:
    for name in ("average-by-hand", "qkv", "attention-mix", "residual-stream"):
        assert "BOS" in str(figure(name, word="日本").table)
    assert figure("average-by-hand", word="日本").sentence.startswith(
        "There is only BOS"
    )


def test_own_documents_have_a_model_of_their_own(figure: Opener) -> None:
    docs, word = ODD["docs"], ODD["word"]
    found = [
        figure("residual-stream", word=word, docs=docs, state=state).column(4)
        for state in ("untrained", "sgd-1000")
    ]
    assert len(found[0]) == len(found[1]) == 101 * (len(word) + 1) + 1
    assert found[0] != found[1]


def test_a_mix_with_a_wrong_weight_is_found(
    private_window: Callable[..., Window], tmp_path: Path
) -> None:
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")
    wrong = (
        "core/layers.c",
        "add_times(mixed, weights[s], v",
        "add_times(mixed, -weights[s], v",
    )
    window = private_window(wrong_wasm(tmp_path, wrong))
    engine: Any = states.engine(3, "sgd-1000")
    expected = engine.loss_with_weights(tokens_of("emma"), [[0.2] * 5])
    visit = window.show("average-by-hand", word="emma")
    assert abs(column(visit, "loss", 1)[0] - expected) > 1e-3
