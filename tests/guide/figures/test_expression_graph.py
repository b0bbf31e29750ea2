"""Expressions that are typed: the figure's Values are those of Step 2's own class."""

import itertools
import random
import re
import tomllib
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.values import REFUSALS, Graph, graph_of, letters_of

from glassgpt.errors import UsageError
from glassgpt.guide.content.pages import FOLDER
from glassgpt.kernel.bindings.expressions import expression
from glassgpt.kernel.bindings.library import constants

NAME, END = "expression-graph", 9999
NEAR: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12}
WORDS = [
    "emma", "olivia", "ava", "otto", "x", "hannah", "li", "", "maximilian",
    "annabellaalexandra",
]  # fmt: skip
PRESETS = [
    "n*2+1", "a*b", "a+b", "(a*b)+(a+b)", "b = a+a; c = b+b", "n*n*n", "a - (n+1)/b",
    "log(n + 1)*exp(-n)", "relu(n - 5)*n + relu(-n + 5)", "p = n + 1; p**0.5 + p**-1",
]  # fmt: skip
LONG, PIECE = 60, 70  # what is long is pasted, so many characters at once
WALKS = ["", "recursion", "overwrite", "twice"]
BOX = "input[id$='-text']"
# a change is asked about in a task of its own
READY = f"""() => new Promise((on) => setTimeout(() => setTimeout(() => {{
  const host = document.querySelector("gg-{NAME}");
  const look = () => host.dataset.state === "ready" ? on({{
    typed: host.querySelector("input[id$='-text']").value,
    invalid: host.querySelector("input[id$='-text']").ariaInvalid === "true",
    message: host.querySelector("small[id$='-mistake']").textContent.trim(),
    marked: host.querySelector(".behind i") !== null,
    rows: host.table.rows,
    nodes: host.querySelectorAll("svg g.node").length,
  }}) : setTimeout(look);
  look();
}})))"""


def numbers_of(word: str) -> dict[str, float]:
    """What letters are before anybody sets them."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {a: 2.0 + i % 5 for i, a in enumerate(letters)} | {"n": float(len(word))}


def turns_of(graph: Graph, walk: str) -> list[str]:
    """At which turns each Value tells those that it was made from."""

    def calls(value: Any) -> list[Any]:
        return [value, *(each for child in value.children for each in calls(child))]

    one = calls(graph.top) if walk == "recursion" else [
        graph.values[i] for i in reversed(graph.order)
    ]  # fmt: skip
    speaks = [value for value in one * (2 if walk == "twice" else 1) if value.children]
    return [
        ", ".join(str(k) for k, each in enumerate(speaks, start=1) if each is value)
        for value in graph.values
    ]


def assert_is_the_lessons(rows: list[list[Any]], graph: Graph, walk: str) -> None:
    """All but names: what each was made from, numbers, slopes, gradients, turns."""
    assert [row[0] for row in rows] == list(range(len(graph.values)))
    told = {place for place, _ in graph.told}
    turns = turns_of(graph, walk)
    for row, value in zip(rows, graph.values, strict=True):
        i, _, made_from, data, *slopes, grad, spoke = row
        children = [graph.place(child) for child in value.children]
        assert made_from == ", ".join(map(str, children))
        assert data == pytest.approx(value.data, **NEAR)
        found = [slope for slope in slopes if slope != ""]
        assert found == pytest.approx(list(value.local_grads), **NEAR)
        assert (grad == "") == (i not in told)
        if grad != "":
            assert grad == pytest.approx(value.grad, **NEAR)
        assert spoke == turns[i]


def test_ten_words_are_the_lessons_graphs_under_each_mistake(figure: Opener) -> None:
    visit = figure(NAME)
    for i, word in enumerate(WORDS):
        for j, text in enumerate(PRESETS):
            walk = WALKS[(i + j) % 4]
            visit.turn(word=word, text=text, at=END, walk=walk or "order")
            graph = graph_of(text, numbers_of(word), walk)
            assert_is_the_lessons(visit.table, graph, walk)


def test_four_eight_and_one_stand_on_one_picture(figure: Opener) -> None:
    visit, said = figure(NAME), {}
    for walk in ("order", "recursion", "overwrite"):
        visit.turn(text="b = a+a; c = b+b", walk=walk, at=END)
        said[walk] = (visit.table[0][6], visit.sentence)
    assert [grad for grad, _ in said.values()] == [4, 8, 1]
    assert "Every gradient is there: a 4." in said["order"][1]
    assert "a has 8 instead of 4" in said["recursion"][1]
    assert "a has 1 instead of 4" in said["overwrite"][1]
    visit.turn(text="(a+b)*d", walk="twice", at=END)
    right = graph_of("(a+b)*d", numbers_of("emma"))
    grads = [
        row[6] / value.grad
        for row, value in zip(visit.table, right.values, strict=True)
    ]
    assert grads == pytest.approx([3, 3, 2, 2, 1])
    visit.turn(text="(a+b)*d", walk="recursion", at=END)
    assert "Nothing is wrong here" in visit.sentence


TYPED = [
    "n*2+1", "(a+b)*c", "a + )b", "2**0.5", "x**-1", "a*b/(a-a)", "log(-a)",
    "b = a+a; c = b+b",    "1 - a", "a**b", "sin(a)", "relu(a - b) $ 3", "",
    "+".join("ab" * 40),
]  # fmt: skip


def many() -> list[str]:
    """Two hundred expressions, the same ones every time: good, wrong, empty, long."""
    rng = random.Random(17)
    pieces = [
        *("a", "b", "n", "x", "2", "0.5", "3", "(", ")", "(", ")", "log(", "exp("),
        *("relu(", "**2", "**-1", "**0.5", "+", "-", "*", "/", "+", "*", " ", ";", "="),
        *("0", "$", "é", "^", "ab", "1e3", ".", "b = ", "/0"),
    ]

    def good(depth: int) -> str:
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["a", "b", "n", "2", "0.5", "x"])
        left, right = good(depth - 1), good(depth - 1)
        sign = rng.choice(["+", "-", "*", "/", "**"])
        if sign == "**":
            return f"({left})**{rng.choice(['2', '-1', '0.5', '3'])}"
        function = rng.choice(["", "", "log", "exp", "relu"])
        return f"{function}({left}{sign}{right})"

    wrong = ["".join(rng.choices(pieces, k=rng.randint(1, 9))) for _ in range(90)]
    right = [good(rng.randint(1, 3)) for _ in range(95)]
    return [*TYPED, "a*" * 210 + "a", *wrong, *right][:200]


def type_and_watch(visit: Figure, text: str, last: list[Any]) -> list[Any]:
    """Types key by key; the rows of the last that could be drawn."""
    page = visit.page
    page.focus(BOX)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    numbers = numbers_of("emma")
    keys = 1 if len(text) < LONG else PIECE
    ends = [*range(0, len(text), keys), len(text)]
    for before, size in itertools.pairwise([0, *ends]):
        page.keyboard.insert_text(text[before:size])
        typed, seen = text[:size], page.evaluate(READY)
        assert seen["typed"] == typed  # the box is never lost
        try:
            found = expression(typed, numbers)
        except UsageError as refused:
            place = re.search(r"; (?:character (\d+), |its end)", str(refused))
            assert place, refused
            begins = f"Character {place[1]}, " if place[1] else "At the end: "
            assert seen["invalid"] and seen["message"].startswith(begins), (typed, seen)
            assert "mistyped-" not in seen["message"]  # each has its words
            assert seen["marked"]
            assert seen["rows"] == last  # the last good graph stays
        else:
            assert not seen["invalid"] and seen["message"] == "", (typed, seen)
            data = [row[3] for row in seen["rows"]]
            assert data == pytest.approx([node.data for node in found.nodes], **NEAR)
            last = seen["rows"]
    return last


def test_what_is_typed_key_by_key_is_never_lost(figure: Opener) -> None:
    visit = figure(NAME)
    last = visit.table
    for text in TYPED:
        last = type_and_watch(visit, text, last)
    assert visit.table == last and len(last) > 1


@pytest.mark.full
def test_two_hundred_expressions_are_typed_and_none_is_lost(figure: Opener) -> None:
    visit = figure(NAME)
    last, texts = visit.table, many()
    assert len(texts) == 200
    for text in texts:
        last = type_and_watch(visit, text, last)


def test_where_two_hundred_are_drawn_some_are_the_lessons() -> None:
    # what the typed ones are compared with is the kernel: here it meets the lesson
    agreed = 0
    for text in (each for each in many() if len(each) <= 400):
        try:
            graph = graph_of(text, numbers_of("emma"))
        except (*REFUSALS, SyntaxError, AssertionError, KeyError, NameError):
            continue
        found = expression(text, numbers_of("emma"))
        assert len(found.nodes) == len(graph.values)
        assert letters_of(text) is not None
        agreed += 1
    assert agreed > 60


def test_a_graph_is_walked_nudged_folded_and_dragged(figure: Opener) -> None:
    props = {"text": "a*b", "nudge": 0.1}
    visit = figure(NAME, props=props, text="a - b*c", numbers="a=3")
    page = visit.page
    assert page.locator("svg g.node").count() == 5  # a - b*c is one of them
    assert "7 Values" in visit.sentence and "2 of them are folded" in visit.sentence
    page.focus("svg.graph")
    said = []
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        said.append(page.get_attribute("svg.graph", "aria-label"))
    assert len(set(said)) == 5
    assert "It stands for 3 Values" in said[-1] and "made from a, b*c" in said[-1]
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # a second time unfolds it
    visit.wait_for_address("turned=6")
    visit.settle()
    assert page.locator("svg g.node").count() == 7
    assert "choose it twice to fold" in page.get_attribute("svg.graph", "aria-label")
    page.keyboard.press("Enter")
    visit.settle()
    assert page.locator("svg g.node").count() == 5

    page.focus("svg.graph")
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("PageUp")
    visit.wait_for_address("numbers=a%3D4.1")
    visit.settle()
    assert visit.table[0][3] == pytest.approx(4.1)
    box = page.locator("svg g.letter").nth(1).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 45, box["y"] + 20, steps=4)
    page.mouse.up()
    visit.settle()
    assert visit.table[1][3] == pytest.approx(3.5)
    page.fill(".letters input >> nth=2", "-2")
    visit.settle()
    assert visit.table[2][3] == -2
    assert visit.table[-1][3] == pytest.approx(4.1 + 3.5 * 2)
    page.get_by_label("nudge by 0.1").select_option("b")
    visit.settle()
    assert "by 0.2000. The gradient of b says 2 \u00d7 0.1 = 0.2000" in visit.sentence


def test_gradients_are_seen_only_where_the_walk_has_been(figure: Opener) -> None:
    visit, text = figure(NAME), "(a*b) + (a+b)"
    page = visit.page
    seen = []
    for at in range(8):
        visit.turn(text=text, at=at)
        seen.append([row[6] for row in visit.table])
        assert page.locator("svg .label.grad").count() == sum(g != "" for g in seen[-1])
    a, b = numbers_of("")["a"], numbers_of("")["b"]
    assert seen[:4] == [["", "", "", "", ""]] * 4  # three Values are made meanwhile
    assert seen[4] == ["", "", "", "", 1]
    assert seen[5] == ["", "", 1, 1, 1]
    assert seen[6] in ([1, 1, 1, 1, 1], [b, a, 1, 1, 1])
    assert seen[7] == [1 + b, 1 + a, 1, 1, 1]
    assert f"{b:g} + 1 = {b + 1:g}" in visit.sentence or (
        f"1 + {b:g} = {b + 1:g}" in visit.sentence
    )


def test_each_refusal_of_the_kernel_has_its_words() -> None:
    codes = [name for name in constants() if name.startswith("REFUSED_")]
    strings = tomllib.loads((FOLDER / "strings/en.toml").read_text("utf-8"))["figure"]
    said = {key.removeprefix("mistyped-") for key in strings if "mistyped-" in key}
    assert said == {name[8:].lower().replace("_", "-") for name in codes}
