"""Two machines, with a cache and without: the lesson's numbers, and a count by hand."""

import math
import random
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from support.guide.figure import Opener, Window
from support.guide.lessons import LONG, NEAR, ODD
from support.guide.mistakes import wrong_wasm
from support.guide.passes import state_pass

from glassgpt.engines.reference.number import Number
from glassgpt.engines.shapes import shapes
from glassgpt.guide import states
from glassgpt.guide.facts import decoding, trainings
from glassgpt.guide.facts.names import tokenizer
from glassgpt.lessons import lesson

# two are odd: letters that the names lack, and more of them than the block holds
WORDS = ["emma", "ava", "otto", "x", "olivia", "hannah", "qi", "biad", "zoë", LONG]
BLOCK = 16
KEY = 5  # the column of a key's first number; the value's come after it


def by_hand(tokens: int, vocabulary: int = 27) -> tuple[list[int], list[int]]:
    """The multiplications after each token: with a cache, and without."""
    # of one token: q, k, v and wo; the two layers of the mlp; lm_head
    alone = 4 * 16 * 16 + 2 * 16 * 64 + vocabulary * 16
    # its query with each key so far, and each weight with a value
    each = [alone + 2 * 16 * place for place in range(1, tokens + 1)]
    kept = list(accumulate(each))
    return kept, list(accumulate(kept))


def lesson_space(state: str) -> dict[str, Any]:
    """The lesson's model with the weights of a state."""
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
    given = {
        "math": math, "vocab_size": record.vocab_size, "state_dict": rows,
        "n_embd": record.n_embd, "rms_eps": record.rms_eps,
    }  # fmt: skip
    return lesson(3).load(["model"], given)


def written(state: str, rng: random.Random) -> list[int]:
    """A name as the lesson writes it, without BOS."""
    space = lesson_space(state)
    keys: list[Any] = []
    values: list[Any] = []
    token, sample = tokenizer().bos, []
    for place in range(BLOCK):
        logits = space["gpt"](token, place, keys, values)
        probs = [p.data for p in space["softmax"]([one / 0.5 for one in logits])]
        (token,) = rng.choices(range(len(probs)), weights=probs)
        if token == tokenizer().bos:
            break
        sample.append(token)
    return sample


def test_the_lesson_itself_gives_the_same_with_its_lists_and_without() -> None:
    space = lesson_space("adam-1000")
    tokens = tokenizer().encode("hannah")[:-1]
    kept: tuple[list[Any], list[Any]] = ([], [])
    for place, token in enumerate(tokens):
        once = [x.data for x in space["gpt"](token, place, *kept)]
        again: tuple[list[Any], list[Any]] = ([], [])
        for i, each in enumerate(tokens[: place + 1]):
            logits = space["gpt"](each, i, *again)
        assert once == [x.data for x in logits]
        for rows, others in zip(kept, again, strict=True):
            assert [[x.data for x in row] for row in rows] == [
                [x.data for x in row] for row in others
            ]


@pytest.mark.parametrize("state", states.STATES)
def test_both_machines_have_the_lessons_keys_values_and_counts(
    state: str, figure: Opener
) -> None:
    visit = figure("cache-compare", task="read", state=state, word="emma", at=15)
    for word in WORDS if state == "sgd-1000" else [WORDS[0], *WORDS[-2:]]:
        visit.turn(task="read", state=state, word=word, at=15)
        expected = state_pass(3, state, word)
        n = len(expected["k"])
        rows = visit.table
        assert len(rows) == n <= BLOCK
        kept, again = by_hand(n)
        assert [row[2] for row in rows] == kept
        assert [row[3] for row in rows] == again
        assert all(row[4] <= 1e-12 for row in rows)
        for name, start in (("k", KEY), ("v", KEY + 16)):
            for row, wanted in zip(rows, expected[name], strict=True):
                assert row[start : start + 16] == pytest.approx(wanted, **NEAR), name
        ends = (f"{kept[-1]:,}", f"{again[-1]:,}", f"{again[-1] / kept[-1]:.2f}")
        assert all(end in visit.sentence for end in ends)
        # what the page asks about a word
        length = n - 1
        assert decoding.multiplications(length) == kept[-1]
        assert decoding.multiplications(length, cache=False) == again[-1]
        assert decoding.saved(length) == again[-1] - kept[-1]
        assert decoding.tokens_read(length) == n
        assert decoding.cached_numbers(length) == 32 * n
    assert decoding.tokens_read(60) == BLOCK
    visit.turn(task="read", state=state, word="日本", at=15)
    assert visit.column(1) == ["BOS"]
    assert visit.sentence.startswith("Both machines have read BOS: 3,536 ")


@pytest.mark.parametrize(("state", "seed"), [("sgd-1000", 7), ("adam-20000", 3)])
def test_both_machines_write_the_name_that_the_lesson_writes(
    state: str, seed: int, figure: Opener
) -> None:
    visit = figure("cache-compare", state=state, seed=seed, at=15)
    sample = written(state, random.Random(seed))
    name = tokenizer().decode(sample)
    assert visit.column(1) == ["BOS", *name][:BLOCK]
    kept, again = by_hand(len(visit.table))
    assert f"wrote {name} with {kept[-1]:,} multi" in visit.sentence
    assert f"the second {name} with {again[-1]:,}," in visit.sentence
    assert visit.sentence.endswith("probabilities was 0.")


def test_rows_are_added_step_by_step_and_each_shows_its_numbers(
    figure: Opener,
) -> None:
    visit = figure("cache-compare")
    page, first = visit.page, trainings.samples(3)[0]
    kept, again = by_hand(len(first) + 1)
    assert visit.column(1) == ["BOS", *first]
    assert "Both machines have read BOS" in visit.sentence
    for place in range(1, 3):
        page.get_by_role("button", name="One step on").click()
        visit.settle()
        visit.wait_for_address(f"at={place}")
        said = visit.sentence
        assert f"{kept[place] - kept[place - 1]:,} multiplications" in said
        assert f"with {again[place] - again[place - 1]:,}." in said
    row = visit.table[2]
    shown = page.locator(".list li").all_inner_texts()
    wanted = [*row[KEY : KEY + 16], *row[KEY + 16 :]]
    near = [0.0 if abs(x) < 0.005 else x for x in wanted]
    assert shown == [f"{x:.2f}".replace("-", "−") for x in near]
    # a row is chosen by keys: the one above the last
    page.locator("svg.picture").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    visit.wait_for_address("token=1")
    assert f"key of {first[0]}" in page.inner_text(".list >> nth=0")
    # one row is computed now, and in the other machine all three
    boxes = page.locator("svg.picture rect.now").all()
    one, all_of_them = (box.bounding_box()["height"] for box in boxes)
    assert all_of_them > 2.5 * one


def test_own_documents_are_read_by_a_model_that_was_trained_on_them(
    figure: Opener,
) -> None:
    docs, word = ODD["docs"], ODD["word"]
    characters = set(docs) - {"\n"}
    kept, again = by_hand(len(word) + 1, len(characters) + 1)
    found = []
    for state in ("untrained", "sgd-1000"):
        visit = figure("cache-compare", task="read", word=word, docs=docs, state=state)
        assert visit.column(1) == ["BOS", *word]
        assert (visit.column(2), visit.column(3)) == (kept, again)
        assert visit.column(4) == [0] * len(kept)
        found.append(visit.column(KEY))
    assert found[0] != found[1]


def test_a_cache_that_forgets_the_place_is_found(
    private_window: Callable[..., Window], tmp_path: Path
) -> None:
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")
    forgets = (
        "core/gpt.c",
        "w.wpe + (size_t)t * C;",
        "w.wpe + (size_t)(t - first) * C;",
    )
    wasm = wrong_wasm(tmp_path, forgets)
    visit = private_window(wasm).show("cache-compare", task="read", word="emma", at=4)
    assert visit.table[0][4] == 0
    assert all(row[4] > 1e-4 for row in visit.table[1:])
    assert f"was {visit.table[-1][4]:.4f}." in visit.sentence
    wanted = state_pass(3, "sgd-1000", "emma")["k"]
    assert visit.table[1][KEY : KEY + 16] != pytest.approx(wanted[1], rel=1e-3)
