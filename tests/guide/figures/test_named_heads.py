"""What each head of Step 4 looks at, against the lesson's own code, in every state."""

import math
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import LONG, NEAR, ODD
from support.guide.passes import state_pass

from glassgpt.guide import states
from glassgpt.guide.facts.heads import habits

STEP, HEADS = 4, 4
WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "zoe", "émil", LONG]
FEW = ["emma", "olivia", "xqzzv"]
LESSON = {"head-gauge": "sgd-1000", "name-heads": "adam-20000"}


def words_of(figure: str, state: str) -> list[str]:
    return WORDS if state == LESSON[figure] else FEW


def squares(state: str, word: str) -> list[list[list[float]]]:
    """Of each head the rows of its weights, from the lesson's code."""
    rows: list[list[float]] = state_pass(STEP, state, word)["weights"]
    n = len(rows) // HEADS
    return [rows[head * n : (head + 1) * n] for head in range(HEADS)]


def evenness(rows: list[list[float]]) -> float | None:
    """The entropy of a head's weights as a share of what even ones have."""
    most = math.fsum(math.log(len(row)) for row in rows)
    entropy = -math.fsum(p * math.log(p) for row in rows for p in row if p > 0)
    return entropy / most if most else None


@pytest.mark.parametrize("state", states.STATES)
def test_weights_of_every_head_are_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("name-heads", state=state)
    for word in words_of("name-heads", state):
        visit.turn(state=state, word=word)
        wanted = [p for head in squares(state, word) for row in head for p in row]
        assert visit.column(3) == pytest.approx(wanted, **NEAR)
        n = len(squares(state, word)[0])
        assert visit.column(0) == [
            h for h in range(HEADS) for _ in range(n * (n + 1) // 2)
        ]


@pytest.mark.parametrize("state", states.STATES)
def test_how_even_heads_are_is_the_lessons(state: str, figure: Opener) -> None:
    visit = figure("head-gauge", state=state)
    over_names = [one["even"] for one in habits.habits_in(state)]
    assert visit.column(1) == pytest.approx(over_names, rel=1e-9)
    for word in words_of("head-gauge", state):
        visit.turn(state=state, word=word)
        in_word = [evenness(rows) for rows in squares(state, word)]
        found = [None if one == "" else one for one in visit.column(2)]
        assert found == pytest.approx(in_word, rel=1e-9), word
    shares = sorted(f"{100 * each:.1f}" for each in (min(over_names), max(over_names)))
    assert f"between {shares[0]} % and {shares[1]} %" in visit.sentence


def test_means_over_names_are_those_of_the_lesson_s_code() -> None:
    session = states.session(STEP, habits.LONG, "kernel")
    texts = list(session.loader.heldout())[:12]
    means = habits.habits_over(session, texts)
    for head, found in enumerate(means):
        rows = [row for text in texts for row in squares(habits.LONG, text)[head]]
        long = [row for row in rows if len(row) > 3]
        for kind, place in (("self", -1), ("previous", -2), ("before", -3), ("bos", 0)):
            wanted = sum(row[place] for row in long) / len(long)
            assert found[kind] == pytest.approx(wanted, rel=1e-9)
        largest = sum(map(max, long)) / len(long)
        assert found["largest"] == pytest.approx(largest, rel=1e-9)
        assert found["even"] == pytest.approx(evenness(rows), rel=1e-9)


def test_heads_are_named_and_the_means_judge(figure: Opener) -> None:
    visit = figure("name-heads", width=1000)
    means = habits.habits_in(habits.LONG)
    places = ("previous", "bos", "self")
    right = [max(places, key=one.get) for one in means]
    assert right[habits.head_of("previous")] == "previous"
    for head, name in enumerate(right):
        visit.page.locator(".head select").nth(head).select_option(name)
    visit.wait_for_address("picked")
    visit.page.get_by_role("button", name="Compare with the means").click()
    visit.settle()
    assert f"named {HEADS} of {HEADS} heads" in visit.sentence
    assert all(said.startswith("Yes: ") for said in verdicts(visit))
    drawn = [
        [float(text) for text in visit.page.locator(".means").nth(head)
         .locator("text[text-anchor=end]").all_text_contents()]
        for head in range(HEADS)
    ]  # fmt: skip
    for found, one in zip(drawn, means, strict=True):
        wanted = [one[kind] for kind in habits.KINDS]
        assert found == pytest.approx(wanted, abs=0.0051)
    sharp = habits.head_of("largest")
    visit.turn(told=1, picked=",".join(["sharp"] * HEADS))
    assert [said.startswith("Yes") for said in verdicts(visit)] == [
        head == sharp for head in range(HEADS)
    ]
    # after the lesson's own training there is nothing to name
    visit.turn(told=1, state="sgd-1000")
    assert "nothing to name" in visit.sentence and set(verdicts(visit)) == {""}


def verdicts(visit: Figure) -> list[str]:
    """What is said under each head."""
    found: list[Any] = visit.page.locator(".verdict").all_text_contents()
    return [str(one).strip() for one in found]


def test_own_documents_have_heads_too(figure: Opener) -> None:
    visit = figure("name-heads", state="sgd-1000", told=1, **ODD)
    assert "too few documents" in visit.sentence
    rows: dict[tuple[int, str], float] = {}
    for head, query, _, weight in visit.table:
        rows[head, query] = rows.get((head, query), 0) + weight
    assert list(rows.values()) == pytest.approx([1.0] * len(rows))
