"""Positions and norms in figures against the lesson and the reference engine."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.engines import Started
from support.guide.figure import Figure, Opener, Window
from support.guide.lessons import LONG, NEAR, ODD, lesson_on
from support.guide.mistakes import wrong_wasm
from support.guide.passes import state_pass

from glassgpt.data import load_corpus
from glassgpt.guide import states
from glassgpt.guide.facts import calls, names
from glassgpt.lessons import lesson
from glassgpt.training.session import Session

WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "émil", LONG, ""]
READ = 1000  # names
BLOCK, SIZE = 16, 16
NORMS = ("first", "attention", "mlp")
Rows = list[list[float]]


def tokens_of(word: str) -> list[int]:
    """As a figure reads a word: without what the names lack, and cut."""
    known = [each for each in word if each in names.letters()]
    return names.tokenizer().encode("".join(known))[: BLOCK + 1]


def rows_of(engine: Any, matrix: str) -> Rows:
    """A matrix of an engine, row by row."""
    values = list(engine.weights()[matrix].values)
    return [values[i : i + SIZE] for i in range(0, len(values), SIZE)]


def strips_of(
    tables: tuple[Rows, Rows], tokens: list[int], at: int, place: int
) -> list[list[float]]:
    """The rows of a token and of a place, their sum, and that of the same token
    elsewhere in the word."""
    wte, wpe = tables
    sums = [[a + b for a, b in zip(wte[tokens[at]], row, strict=True)] for row in wpe]
    twins = [
        i for i, token in enumerate(tokens[:-1]) if token == tokens[at] and i != at
    ]
    twins.sort(key=lambda i: abs(i - at))
    return [wte[tokens[at]], wpe[place], sums[place], *(sums[i] for i in twins[:1])]


def named(visit: Figure, name: str) -> dict[int, float]:
    """What the table has under a name, by its index."""
    return {row[1]: row[2] for row in visit.table if row[0] == name}


def bos_given(
    engine: Any, documents: Sequence[list[int]], token: int
) -> dict[int, float]:
    """What a model gives to BOS after a token, on average for each place."""
    found: dict[int, list[float]] = {}
    for tokens in documents:
        places = [i for i, each in enumerate(tokens[:-1][:BLOCK]) if each == token]
        if not places:
            continue
        logits = engine.logits(tokens)
        for place in places:
            top = max(logits[place])
            exps = [math.exp(each - top) for each in logits[place]]
            found.setdefault(place, []).append(exps[-1] / sum(exps))
    return {place: math.fsum(ps) / len(ps) for place, ps in found.items()}


def counted(
    documents: Sequence[list[int]], token: int, bos: int
) -> tuple[dict[int, int], dict[int, float]]:
    """How often a token stood at each place, and the share of the names that ended."""
    stood, ended = Counter[int](), Counter[int]()
    for tokens in documents:
        for place, (each, after) in enumerate(pairwise(tokens[: BLOCK + 1])):
            stood[place] += each == token
            ended[place] += each == token and after == bos
    return (
        {place: stood[place] for place in range(BLOCK)},
        {place: ended[place] / n for place, n in stood.items() if n},
    )


def trained_on(docs: str, folder: Path) -> Any:
    """The lesson's training on own documents, by the package's kernel."""
    file = folder / "own.txt"
    file.write_text(docs, encoding="utf-8")
    session = Session(states.record_of(3, "sgd-1000"), load_corpus(str(file)), "kernel")
    for done in range(session.record.train.num_steps):
        session.engine.train_step(done, session.batch(done))
    return session.engine


@pytest.mark.parametrize("state", states.STATES)
def test_each_word_s_rows_and_their_sum_are_the_engine_s(
    state: str, figure: Opener
) -> None:
    engine = states.engine(3, state)
    tables = rows_of(engine, "wte"), rows_of(engine, "wpe")
    documents = [names.tokenizer().encode(text) for text in names.order()[:READ]]
    visit = figure("positions", state=state)
    for turn, word in enumerate(WORDS):
        tokens = tokens_of(word)
        at, place = turn % (len(tokens) - 1), (5 * turn) % BLOCK
        visit.turn(word=word, state=state, at=at, place=place)
        strips = strips_of(tables, tokens, at, place)
        found = visit.column(2)[: SIZE * len(strips)]
        assert found == pytest.approx([x for row in strips for x in row], **NEAR), word
        seen, shares = counted(documents, tokens[at], names.tokenizer().bos)
        assert named(visit, "names that have it") == seen
        assert named(visit, "counted") == pytest.approx(shares, **NEAR)
        assert len(visit.table) == SIZE * len(strips) + BLOCK + 2 * len(shares)


@pytest.mark.parametrize("state", states.STATES)
def test_what_the_model_gives_to_the_end_is_the_engine_s_mean(
    state: str, figure: Opener
) -> None:
    documents = [names.tokenizer().encode(text) for text in names.order()[:READ]]
    visit = figure("positions", state=state, word="xqzzv", at=2)
    for at in (1, 2, 3):  # letters that few names have
        visit.turn(word="xqzzv", state=state, at=at)
        token = tokens_of("xqzzv")[at]
        expected = bos_given(states.engine(3, state), documents, token)
        assert named(visit, "the model") == pytest.approx(expected, **NEAR)
    told = calls()["sums_told"](state)
    assert f"{told} of 432 sums" in visit.page.inner_text(".near")


def test_places_of_own_documents_are_counted_in_them(
    figure: Opener, tmp_path: Path
) -> None:
    begun: Started = lesson_on(ODD["docs"], tmp_path, 3)
    visit = figure("positions", docs=ODD["docs"], word="zoë", state="untrained", at=3)
    tokenizer = begun.tokenizer
    tokens = tokenizer.encode("zoë")
    token = tokens[3]
    seen, shares = counted(begun.documents, token, tokenizer.bos)
    assert named(visit, "names that have it") == seen
    assert named(visit, "counted") == pytest.approx(shares, **NEAR)
    expected = bos_given(begun.engine, begun.documents, token)
    assert named(visit, "the model") == pytest.approx(expected, **NEAR)
    wte, wpe = rows_of(begun.engine, "wte"), rows_of(begun.engine, "wpe")
    strips = strips_of((wte, wpe), tokens, 3, 3)
    expected_rows = [x for row in strips for x in row]
    assert visit.column(2)[: 3 * SIZE] == pytest.approx(expected_rows, **NEAR)
    # and after a training on them, which the package does as well
    trained = trained_on(ODD["docs"], tmp_path)
    visit.turn(docs=ODD["docs"], word="zoë", state="sgd-1000", at=3)
    tables = rows_of(trained, "wte"), rows_of(trained, "wpe")
    after = [x for row in strips_of(tables, tokens, 3, 3) for x in row]
    assert visit.column(2)[: 3 * SIZE] == pytest.approx(after, **NEAR)
    assert after != pytest.approx(expected_rows, rel=0.1)
    expected = bos_given(trained, begun.documents, token)
    assert named(visit, "the model") == pytest.approx(expected, **NEAR)


def test_numbers_of_own_documents_are_normed_after_a_training_on_them(
    figure: Opener, tmp_path: Path
) -> None:
    visit = figure("rmsnorm", docs=ODD["docs"], word="zoë", state="sgd-1000", at=3)
    trained = trained_on(ODD["docs"], tmp_path)
    tokens = lesson_on(ODD["docs"], tmp_path, 3).tokenizer.encode("zoë")
    x = strips_of((rows_of(trained, "wte"), rows_of(trained, "wpe")), tokens, 3, 3)[2]
    assert visit.column(1) == pytest.approx(x, **NEAR)
    assert visit.column(2) == pytest.approx(lesson_norm(x), **NEAR)


@pytest.mark.parametrize(
    "wrong",
    [
        ("core/gpt.c", "w.wpe + (size_t)t * C; ", "w.wpe + (size_t)(t / 2) * C; "),
        ("core/layers.c", "dot(x, x, C) / C + (real)eps", "dot(x, x, C) + (real)eps"),
    ],
    ids=["positions", "norm"],
)
def test_a_place_or_a_size_that_the_kernel_gets_wrong_is_found(
    wrong: tuple[str, str, str],
    private_window: Callable[..., Window],
    tmp_path: Path,
) -> None:
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")
    window = private_window(wrong_wasm(tmp_path, wrong))
    if "gpt.c" in wrong[0]:
        visit = window.show("positions", word="xqzzv", at=2)
        documents = [names.tokenizer().encode(text) for text in names.order()[:READ]]
        token = tokens_of("xqzzv")[2]
        right = bos_given(states.engine(3, "sgd-1000"), documents, token)
        found = named(visit, "the model")
    else:
        visit = window.show("rmsnorm", word="emma", at=2)
        x, y = x_of("emma", "sgd-1000", "first")
        assert visit.column(1) == pytest.approx(x[2], **NEAR)
        right, found = dict(enumerate(y[2])), dict(enumerate(visit.column(2)))
    assert found.keys() == right.keys()
    assert found != pytest.approx(right, rel=1e-2)


def test_equal_letters_differ_by_their_place_and_without_positions_do_not(
    figure: Opener,
) -> None:
    visit = figure("positions", at=2)
    assert "m stands at place 3, too" in visit.sentence
    visit.page.click(".chip >> nth=3")
    visit.wait_for_address("positions.at=3")
    visit.settle()
    values = visit.column(2)
    mine, twin = values[2 * SIZE : 3 * SIZE], values[3 * SIZE : 4 * SIZE]
    assert mine != twin
    apart = max(abs(a - b) for a, b in zip(mine, twin, strict=True))
    assert f"differ by up to {apart:.3f}" in visit.sentence
    visit.page.get_by_role("switch", name="break it: no positions").click()
    visit.settle()
    values = visit.column(2)
    assert values[SIZE : 2 * SIZE] == [0] * SIZE
    assert values[2 * SIZE : 3 * SIZE] == values[3 * SIZE : 4 * SIZE] == values[:SIZE]
    given = [value for place, value in named(visit, "the model").items() if place > 0]
    assert max(given) - min(given) < 0.05
    visit.page.focus("svg.signed-map")
    visit.page.keyboard.press("ArrowUp")
    assert visit.page.inner_text(".formula").startswith("wpe[3][0]")


def x_of(word: str, state: str, norm: str) -> tuple[Rows, Rows]:
    """What a norm of the lesson is given at each position, and what it makes of it."""
    found = state_pass(3, state, word)
    if norm == "first":
        return found["embedding"], found["residual"]
    if norm == "attention":
        return found["residual"], found["attn_norm"]
    added = zip(found["residual"], found["attn_out"], strict=True)
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in added], found[
        "mlp_norm"
    ]


@pytest.mark.parametrize("state", states.STATES)
def test_each_word_s_numbers_before_and_after_a_norm_are_the_lesson_s(
    state: str, figure: Opener
) -> None:
    visit = figure("rmsnorm", state=state)
    for turn, word in enumerate(WORDS):
        norm, n = NORMS[turn % 3], len(tokens_of(word)) - 1
        at = (turn * 7) % n
        visit.turn(word=word, state=state, norm=norm, at=at)
        x, y = x_of(word, state, norm)
        assert visit.column(1) == pytest.approx(x[at], **NEAR), (word, norm)
        assert visit.column(2) == pytest.approx(y[at], **NEAR), (word, norm)
        root = math.sqrt(sum(each**2 for each in x[at]) / SIZE)
        title = visit.page.text_content("svg.signed-bars >> nth=0") or ""
        assert f"RMS {root:.{3 if root < 1 else 2}f}" in title


def lesson_norm(x: list[float]) -> list[float]:
    """The lesson's own rmsnorm."""
    space = lesson(3).load(["model"], {"rms_eps": 1e-5, "state_dict": {}})
    found: list[float] = space["rmsnorm"](x)
    return found


def test_numbers_of_ones_own_are_normalised_as_the_lesson_does(figure: Opener) -> None:
    own = {
        "zeros": [0.0] * SIZE,
        "small": [0.001] * SIZE,
        "huge": [900.0, *[1.0] * 15],
        "mixed": [(-1) ** i * i / 4 for i in range(SIZE)],
    }
    visit = figure("rmsnorm")
    said = {}
    for name, x in own.items():
        visit.turn(x=",".join(map(str, x)))
        assert visit.column(1) == x
        assert visit.column(2) == pytest.approx(lesson_norm(x), **NEAR), name
        said[name] = visit.sentence
    assert "the scale is 316.23, and 0 stays 0" in said["zeros"]
    assert "the RMS gets no further than 0.302" in said["small"]
    assert "The RMS is 1.000 then, and the arrow 4.000 long" in said["mixed"]
    visit.turn(x=",".join(map(str, own["huge"])), broken=1)
    assert visit.column(2) == own["huge"]
    # what is no list of so many numbers is the word's own x
    visit.turn(x="1,2,3")
    assert visit.column(1) == pytest.approx(x_of("emma", "sgd-1000", "first")[0][1])


def test_bars_are_dragged_moved_by_keys_typed_and_multiplied(figure: Opener) -> None:
    visit = figure("rmsnorm", x=",".join(["0.5"] * SIZE))
    page, bars = visit.page, "svg.signed-bars >> nth=0"
    box = page.locator(bars).bounding_box()
    column = box["x"] + box["width"] * 3.5 / SIZE
    page.mouse.move(column, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(column, box["y"] + box["height"] - 22, steps=4)
    page.mouse.up()
    visit.wait_for_address("rmsnorm.unit=3")
    visit.settle()
    dragged = visit.column(1)[3]
    assert dragged < -0.3 and visit.column(1)[4] == 0.5
    page.focus(bars)
    page.keyboard.press("ArrowUp")
    visit.settle()
    assert visit.column(1)[3] > dragged
    page.fill(".number-box", "2")
    visit.settle()
    assert visit.column(1)[3] == 2
    before = visit.column(2)
    page.get_by_role("button", name="\u00d7 10", exact=True).click()
    visit.settle()
    assert visit.column(1) == [5.0, 5.0, 5.0, 20.0, *[5.0] * 12]
    assert visit.column(2) == pytest.approx(before, rel=1e-4)
    page.get_by_role("button", name="all 0").click()
    visit.settle()
    assert visit.column(2) == [0] * SIZE
    page.click(".chip >> nth=2")
    visit.settle()
    assert visit.column(1) == pytest.approx(x_of("emma", "sgd-1000", "first")[0][2])
    page.select_option(".frame-controls select >> nth=0", "untrained")
    visit.settle()
    assert visit.column(1) == pytest.approx(x_of("emma", "untrained", "first")[0][2])


def test_what_the_pages_say_of_places_and_norms_is_so() -> None:
    fact = calls()
    stood, shares = counted(
        [names.tokenizer().encode(text) for text in names.order()[:READ]],
        names.id_of("a"),
        names.tokenizer().bos,
    )
    assert fact["stands_at"]("a", 6) == stood[6] == 115
    assert fact["end_share"]("a", 6) == pytest.approx(shares[6])
    documents = [
        names.tokenizer().encode(text) for text in names.order()[:READ] if "x" in text
    ]
    given = bos_given(states.engine(3, "sgd-1000"), documents, names.id_of("x"))
    for place in (4, 5):
        assert fact["end_given"]("x", place) == pytest.approx(given[place], rel=1e-9)
    assert fact["sums"]() == 27 * 16
    assert fact["sums_told"]() == 432 > fact["letters_told"]() == 339
    assert fact["rms"](fact["normed"]([0.001] * 16)) == pytest.approx(0.3015, abs=1e-4)
    # idle on the way there and back: as good as the same
    assert 0 < fact["second_norm"]("m", 2) < 1e-3
    assert 0 < fact["second_norm_gradient"]("emma") < 1e-4
