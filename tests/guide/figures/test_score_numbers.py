"""Scores and weights of lesson 3.5 against the lesson's own code, in every state."""

import math
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import LONG, NEAR, ODD, dot
from support.guide.passes import state_pass

from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.guide import states
from glassgpt.guide.facts.results import scores

WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "zoe", "émil", LONG]
ROOT = 4  # of 16 numbers


def softmax(row: list[float]) -> list[float]:
    exps = [math.exp(each - max(row)) for each in row]
    return [each / sum(exps) for each in exps]


def expected(
    state: str, word: str, times: float = 1, scaled: bool = True, masked: bool = True
) -> list[list[float]]:
    """Score and weight of each cell, from the lesson's queries and keys."""
    q, k = (state_pass(3, state, word)[name] for name in "qk")
    rows = []
    for i, query in enumerate(q):
        keys = k[: i + 1] if masked else k
        by = times / (ROOT if scaled else 1)
        row = [dot(query, key) * by for key in keys]
        rows += [list(pair) for pair in zip(row, softmax(row), strict=True)]
    return rows


def evenness(rows: list[list[float]], names: list[Any]) -> float:
    """The entropy of all weights as a share of what even ones have, of masked rows."""
    n = (math.isqrt(8 * len(names) + 1) - 1) // 2
    entropy = -math.fsum(p * math.log(p) for _, p in rows if p > 0)
    return entropy / math.lgamma(n + 1)


def agree(visit: Figure, rows: list[list[float]]) -> None:
    assert len(visit.table) == len(rows)
    for i, column in enumerate((2, 3)):
        wanted = [row[i] for row in rows]
        assert visit.column(column) == pytest.approx(wanted, **NEAR)


@pytest.mark.parametrize("state", states.STATES)
def test_scores_and_weights_of_ten_words_are_the_lessons(
    state: str, figure: Opener
) -> None:
    visit = figure("attention-scores", state=state)
    for word in WORDS:
        visit.turn(state=state, word=word)
        rows = expected(state, word)
        agree(visit, rows)
        share = f"{100 * evenness(rows, visit.table):.1f} % of even"
        assert share in visit.sentence, word
        found = state_pass(3, state, word)["losses"]
        assert f"costs {sum(found) / len(found):.3f} nats" in visit.sentence, word


def test_scores_are_multiplied_and_parts_are_left_out(figure: Opener) -> None:
    visit = figure("attention-scores", state="adam-1000", times=0.0625)
    agree(visit, expected("adam-1000", "emma", 1 / 16))
    # a sixteenth of the scores: nearly even
    assert "99.9 % of even" in visit.sentence
    visit.turn(state="adam-20000", times=30, word="olivia")
    rows = expected("adam-20000", "olivia", 30)
    agree(visit, rows)
    assert evenness(rows, visit.table) < 0.2
    engine = states.engine(3, "adam-20000")
    assert isinstance(engine, ReferenceEngine)
    tokens = states.session(3, "adam-20000").tokenizer.encode("olivia")
    weights, at, losses = [p for _, p in rows], 0, []
    for place in range(len(tokens) - 1):
        row = weights[at : at + place + 1]
        losses.append(engine.loss_with_weights(tokens, [row]))
        at += place + 1
    assert f"costs {sum(losses) / len(losses):.3f} nats" in visit.sentence
    visit.turn(state="adam-1000", without="scale")
    agree(visit, expected("adam-1000", "emma", scaled=False))
    visit.turn(state="adam-1000", without="mask")
    agree(visit, expected("adam-1000", "emma", masked=False))
    assert "sees what comes after it" in visit.sentence


def test_a_cell_opens_its_products_and_the_triangle_grows(figure: Opener) -> None:
    visit = figure("attention-scores", width=1000, state="adam-20000")
    for letter in "az":
        visit.turn(word=letter + "nna", query=1, key=0)
        found = scores.score_with_bos(letter)
        said = visit.page.inner_text(".made .read-out").replace("−", "-")
        assert f"= {found:.3f}. Weight" in said
        assert abs(found) > 0.01
    visit.turn(word="emma", at=1)
    cells = visit.page.locator(".triangle rect[fill-opacity]")
    assert cells.count() == 3
    visit.page.locator(".stepper button").nth(2).click()
    visit.wait_for_address("attention-scores.at=2")
    visit.settle()
    assert cells.count() == 6
    visit.page.focus(".triangle")
    visit.page.keyboard.press("ArrowUp")
    visit.page.keyboard.press("Enter")
    visit.wait_for_address("attention-scores.query=1")
    said = visit.page.inner_text(".made .read-out")
    assert said.startswith("Score: q(e) · k(BOS) / √16")


def test_own_documents_and_an_empty_word_have_weights_too(figure: Opener) -> None:
    visit = figure("attention-scores", word=ODD["word"], docs=ODD["docs"])
    rows: dict[str, float] = {}
    for query, _, _, weight in visit.table:
        rows[query] = rows.get(query, 0) + weight
    assert list(rows) == ["BOS", "z", "o", "ë"]
    assert list(rows.values()) == pytest.approx([1] * 4, **NEAR)
    alone = figure("attention-scores", word="")
    assert alone.table == [["BOS", "BOS", pytest.approx(alone.table[0][2]), 1]]
    assert "only one token" in alone.sentence


def test_what_the_page_says_of_spreads_and_entropy_is_so() -> None:
    spreads = scores.score_spreads()
    assert spreads == sorted(spreads) and len(spreads) == 4
    even = [scores.evenness_in(state) for state in states.STATES[1:]]
    assert even == sorted(even, reverse=True) and even[0] > 0.99
    # one word by hand
    rows = expected("adam-1000", "emma")
    assert 0.5 < evenness(rows, rows) < 1
    # the intervals that the page calls luck hold zero, and the other one does not
    sgd, adam = (scores.left_out("scale", each) for each in ("sgd-1000", "adam-1000"))
    four = scores.left_out("scale", "adam-1000", 5)
    assert sgd["low"] < 0 < sgd["high"] and four["low"] < 0 < four["high"]
    assert 0 < adam["low"] < adam["mean"] < adam["high"]
    # attention is worth something by then, and unscaled it is worth nothing
    attention = scores.left_out("attention", "adam-1000")
    assert 0 < attention["low"] < adam["mean"] < attention["high"]
    cheat = scores.mask_out("sgd-1000")
    assert cheat["cheating"] < 2.2 < math.log(27) < cheat["honest"]
    assert scores.largest_raw("adam-20000") < scores.exp_limit() < 710
    assert 0 < scores.stuck_heads(5) < 5
