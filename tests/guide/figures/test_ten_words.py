"""Ten words in every figure that takes one: its table is the reference engine's.

One page a figure: the word in its address changes, and the table follows. Numbers agree
to rounding, and what the table shows is the same to the last digit.
"""

import functools
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.engines import Started
from support.guide.figure import Figure, Opener
from support.guide.lessons import (
    LONG,
    ODD,
    Lesson1,
    Table,
    dot,
    flat,
    layers,
    lesson,
    lesson_on,
    weight_of,
)

from glassgpt.formatting import format_number

# odd are the last three: an unknown letter, longer than a block, own documents' letters
WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "émil", LONG]
ALL = [*((word, "") for word in WORDS), (ODD["word"], ODD["docs"])]
TRAINED, WEIGHT, EPS = 20, 1500, 0.01
SLOPE_EPS = 1e-5  # of the scatter
Row = list[Any]


class About(float):
    """A number that rounding leaves so uncertain: its digits are not compared."""

    within: float

    @classmethod
    def of(cls, value: float, within: float) -> "About":
        made = cls(value)
        made.within = within
        return made


@functools.cache
def begun(step: int, docs: str, trained: int) -> Started:
    """The lesson after some steps."""
    if not docs:
        return lesson(step, trained)
    with tempfile.TemporaryDirectory() as folder:
        return lesson_on(docs, Path(folder), step, trained)


def encoded(begun: Started, word: str) -> list[int]:
    """A word's tokens; what the vocabulary lacks is struck out."""
    known = begun.tokenizer.characters
    return begun.tokenizer.encode("".join(c for c in word if c in known))


def letters(begun: Started, tokens: list[int]) -> list[str]:
    """Tokens as tables name them."""
    decode, bos = begun.tokenizer.decode, begun.tokenizer.bos
    return ["BOS" if token == bos else decode([token]) for token in tokens]


def slopes(begun: Started, tokens: list[int]) -> list[float]:
    """The reference engine's gradient, all weights in order."""
    _, found = begun.engine.gradients(tokens)
    return [slope for tensor in found.values() for slope in tensor.values]


def tokenizer_rows(word: str, docs: str) -> list[Row]:
    run = begun(0, docs, 0)
    tokens = encoded(run, word)
    named = zip(letters(run, tokens), tokens, strict=True)
    return [[i, name, token] for i, (name, token) in enumerate(named, start=1)]


def walk_rows(step: int, word: str, docs: str) -> list[Row]:
    run = begun(step, docs, TRAINED)
    tokens = encoded(run, word)
    losses = run.engine.token_losses(tokens)
    names = letters(run, tokens)
    ps = [math.exp(-loss) for loss in losses]
    return list(map(list, zip(names, names[1:], ps, losses, strict=False)))


def smoothed_rows(word: str, docs: str) -> list[Row]:
    run = begun(0, docs, 0)
    table = Table(run, TRAINED, 0.5)
    tokens = encoded(run, word)
    names = letters(run, tokens)
    losses = table.losses(run.tokenizer.decode(tokens))
    rows = []
    for i, loss in enumerate(losses):
        token, target = tokens[i : i + 2]
        counts = table.space["counts"][token]
        p = table.probs(token)[target]
        rows.append([names[i], names[i + 1], counts[target], sum(counts), p, loss])
    return rows


def secant_rows(word: str, docs: str) -> list[Row]:
    run = begun(1, docs, TRAINED)
    tokens = encoded(run, word)
    matrix, place = weight_of(run, WEIGHT)
    weight, loss = flat(run)[WEIGHT], run.engine.loss(tokens)
    nudged = run.engine.perturbed_loss(tokens, matrix, place, EPS)
    slope = (nudged - loss) / EPS
    return [
        ["w", weight, loss], ["w", weight, loss], ["w + eps", weight + EPS, nudged],
        [None, EPS, slope], [None, 0, slopes(run, tokens)[WEIGHT]],
    ]  # fmt: skip


def curve_rows(word: str, docs: str) -> list[Row]:
    """Nudges of every size; what the digits of a loss leave of a slope."""
    run = begun(1, docs, TRAINED)
    tokens = encoded(run, word)
    matrix, place = weight_of(run, WEIGHT)
    exact, loss = slopes(run, tokens)[WEIGHT], run.engine.loss(tokens)
    rows = []
    for half in range(2, 25):  # 1e-1, 3e-2, 1e-2 … 1e-12
        eps = float(f"{'31'[half % 2 == 0]}e-{(half + 1) // 2}")
        above, below = (
            run.engine.perturbed_loss(tokens, matrix, place, by) for by in (eps, -eps)
        )
        nudged = [(above - loss) / eps, (above - below) / (2 * eps)]
        room = 1e-14 / eps + 1e-12
        errors = [abs(slope - exact) for slope in nudged]
        rows.append([eps, *(About.of(x, room) for x in (*nudged, *errors))])
    return rows


def backward_rows(word: str, docs: str) -> list[Row]:
    run = begun(1, docs, TRAINED)
    tokens = encoded(run, word)
    n = len(tokens) - 1
    token, target = tokens[:2]
    numbers, rows = layers(run, token), Lesson1(run).rows
    dlogits = [p / n for p in numbers["probs"]]
    dlogits[target] -= 1 / n
    dhidden = [dot(dlogits, column) for column in zip(*rows["mlp_fc2"], strict=True)]
    on = [h > 0 for h in numbers["hidden"]]
    dbefore = [d if up else 0.0 for d, up in zip(dhidden, on, strict=True)]
    dx = [dot(dbefore, column) for column in zip(*rows["mlp_fc1"], strict=True)]
    lists = {
        "probs": numbers["probs"], "dlogits": dlogits, "dhidden": dhidden,
        "dbefore": dbefore, "dx": dx,
    }  # fmt: skip
    wte = [[0.0] * len(dx) for _ in rows["wte"]]
    wte[token] = dx
    pair = {
        "mlp_fc2": [d * h for d in dlogits for h in numbers["hidden"]],
        "mlp_fc1": [d * x for d in dbefore for x in numbers["x"]],
        "wte": [d for row in wte for d in row],
    }
    _, whole = run.engine.gradients(tokens)
    return [
        *([k, i, v, ""] for k, values in lists.items() for i, v in enumerate(values)),
        *(
            [f"d{k}", i, a, b]
            for k, values in pair.items()
            for i, (a, b) in enumerate(zip(values, whole[k].values, strict=True))
        ),
    ]


def scatter_rows(word: str, docs: str) -> list[Row]:
    """All by the chain rule, and every hundredth by nudging."""
    run = begun(1, docs, TRAINED)
    tokens = encoded(run, word)
    loss = run.engine.loss(tokens)
    rows: list[Row] = [[None, slope, None, None] for slope in slopes(run, tokens)]
    for index in range(0, len(rows), 100):
        exact = rows[index][1]
        matrix, place = weight_of(run, index)
        across = run.engine.weights()[matrix].shape[1]
        nudged = run.engine.perturbed_loss(tokens, matrix, place, SLOPE_EPS)
        slope = (nudged - loss) / SLOPE_EPS
        rows[index] = [
            f"{matrix}[{place // across}][{place % across}]", exact,
            About.of(slope, 1e-9), About.of(exact - slope, 1e-9),
        ]  # fmt: skip
    return rows


FIGURES: dict[str, tuple[str, dict[str, Any], dict[str, Any], Callable[..., Any]]] = {
    "0.2": ("tokenizer", {}, {}, tokenizer_rows),
    "0.4": ("smoothing-word", {}, {"smoothing": 0.5, "names": TRAINED}, smoothed_rows),
    "0.5": ("loss-walk", {"step": 0, "documents": TRAINED}, {},
            functools.partial(walk_rows, 0)),
    "1.5": ("loss-walk", {"step": 1, "documents": TRAINED}, {},
            functools.partial(walk_rows, 1)),
    "1.6 secant": ("secant", {"step": 1},
                   {"trained": TRAINED, "weight": WEIGHT, "eps": EPS}, secant_rows),
    "1.6 eps": ("eps-curve", {"step": 1},
                {"trained": TRAINED, "weight": WEIGHT}, curve_rows),
    "1.7": ("gradient-back", {"step": 1}, {"trained": TRAINED}, backward_rows),
    "1.8": ("gradient-scatter", {"step": 1},
            {"trained": TRAINED, "eps": SLOPE_EPS}, scatter_rows),
}  # fmt: skip


def said(value: float) -> str:
    """A number as a figure's table shows it, with a sign for minus."""
    digits = 0 if float(value).is_integer() else 4
    return format_number(value, digits).replace("-", "−")


def shown(visit: Figure) -> list[list[str]]:
    """The table that stands on the page; a long one shows its first thousand rows."""
    rows: list[list[str]] = visit.page.evaluate(
        "[...document.querySelectorAll('.frame-table tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


def agree(expected: list[Row], found: list[Row], shown: list[list[str]]) -> None:
    for i, row in enumerate(expected):
        for j, value in enumerate(row):
            where = (i, j, found[i])
            if value is None:
                continue
            if isinstance(value, About):
                assert found[i][j] == pytest.approx(value, abs=value.within), where
                continue
            if isinstance(value, str):
                assert found[i][j] == value, where
                continue
            assert found[i][j] == pytest.approx(value, rel=1e-9, abs=1e-12), where
            if i < len(shown) and (value == 0 or abs(value) > 1e-12):
                assert shown[i][j] == said(value), where


@pytest.mark.parametrize("page", FIGURES)
def test_ten_words_give_the_reference_engine_s_numbers(
    page: str, figure: Opener
) -> None:
    name, props, state, expected = FIGURES[page]
    visit = figure(name, props=props, word="zzz", **state)
    visit.page.click(".frame-tools summary")
    visit.page.get_by_role("button", name="Show as a table").click()
    for word, docs in ALL:
        before = visit.table
        visit.turn(**state, word=word, **({"docs": docs} if docs else {}))
        assert visit.table != before, word
        wanted = expected(word, docs)
        if page != "1.6 secant":
            assert len(visit.table) == len(wanted), word
        agree(wanted, visit.table, shown(visit))
