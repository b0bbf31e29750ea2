"""The graph of a word's loss: what its table holds at every depth is the lesson's own.

`tests/kernel/test_kernel_graph.py` walks the lesson's Values, node by node; here the
page is held to what was walked there.
"""

import functools
import json
import random
from typing import Any

import numpy as np
import pytest
from support.guide.figure import Opener
from support.guide.visitor import wait_until

from glassgpt.config import preset
from glassgpt.data.order import shuffled
from glassgpt.guide.facts import graphs
from glassgpt.guide.facts.names import SEED, corpus, tokenizer, vocab
from glassgpt.kernel.bindings.graph import Graph, loss_graph
from glassgpt.kernel.bindings.library import constants
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.random import Random

WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "bob", "zoe", "aa"]
UNITS, WIDTH = 64, 16


@functools.cache
def kernel() -> Kernel:
    """Step 2 untrained, as the page begins."""
    made = Kernel(preset("step2").with_vocabulary(vocab()).model)
    rng = random.Random(SEED)
    shuffled(corpus().documents, rng)
    made.init_weights(Random.like(rng))
    return made


def nodes(graph: Graph, part: str, pair: int = -1) -> Any:
    wanted = graph.part == constants()[f"GRAPH_{part}"]
    return np.flatnonzero(wanted & (graph.pair == pair))


def of_whole(graph: Graph) -> list[int]:
    pairs = [int(nodes(graph, "PAIR_LOSS", t)[0]) for t in range(max(graph.pair) + 1)]
    return [*pairs, *nodes(graph, "SUM"), len(graph.data) - 1]


def of_pair(graph: Graph, pair: int) -> list[int]:
    found = [
        nodes(graph, "FC1_SUM", pair)[WIDTH - 1 :: WIDTH],
        nodes(graph, "HIDDEN", pair),
        nodes(graph, "FC2_SUM", pair)[UNITS - 1 :: UNITS],
    ]
    after = (
        *("SHIFTED", "EXPS", "TOTAL_ZERO", "TOTAL", "INVERSE", "PROBABILITY"),
        *("LN", "MINUS_ONE", "PAIR_LOSS"),
    )
    found += [nodes(graph, part, pair) for part in after]
    return [int(node) for each in found for node in each]


def of_dot(graph: Graph, pair: int, row: int) -> list[int]:
    part = slice(row * UNITS, (row + 1) * UNITS)
    products = nodes(graph, "FC2_PRODUCT", pair)[part]
    children = graph.children[products]
    sums = nodes(graph, "FC2_SUM", pair)[part]
    return [*children[:, 0], *children[:, 1], *products, *sums]


def of_edges(graph: Graph, child: int) -> list[list[float]]:
    """The value and gradient of what an edge leads to, its slope, what it brings."""
    ends = np.argwhere(graph.children == child)
    slope, grad = graph.slopes, graph.grad
    return [[graph.data[n], grad[n], slope[n, k], slope[n, k] * grad[n]]
            for n, k in ends]  # fmt: skip


def numbers(rows: list[Any], columns: slice = slice(2, 4)) -> Any:
    return np.array([row[columns] for row in rows], float)


def near(expected: Any) -> Any:
    return pytest.approx(np.array(expected, float), rel=1e-9, abs=1e-13)


def test_ten_words_have_the_lessons_numbers_at_every_depth(figure: Opener) -> None:
    visit = figure("model-graph", word="zzz")
    for word in WORDS:
        tokens = tokenizer().encode(word)
        graph = loss_graph(kernel(), tokens)
        last = len(tokens) - 2

        def is_shown(found: list[Any], at: list[int], graph: Graph = graph) -> None:
            expected = np.stack([graph.data[at], graph.grad[at]], axis=1)
            assert numbers(found) == near(expected)

        visit.turn(word=word)
        is_shown(visit.table, of_whole(graph))
        assert f"{len(graph.data):,} numbers" in visit.sentence
        visit.turn(word=word, depth=1, pair=last)
        is_shown(visit.table, of_pair(graph, last))
        visit.turn(word=word, depth=2, pair=last, row=3)
        dot = of_dot(graph, last, 3)
        is_shown(visit.table, dot)
        visit.turn(word=word, depth=3, pair=last, row=3, place=9)
        product = dot[2 * UNITS + 9]
        children = [int(child) for child in graph.children[product]]
        is_shown(visit.table, [product, *children])
        slopes = graph.slopes[product]
        sent = np.stack([slopes, slopes * graph.grad[product]], axis=1)
        assert numbers(visit.table[1:], slice(4, 6)) == near(sent)


@pytest.mark.parametrize(
    ("weight", "times"), [(192, 128), (64, 64), (500, 5), (3000, 5), (0, 64)]
)
def test_the_edges_of_a_weight_bring_its_gradient(
    weight: int, times: int, figure: Opener
) -> None:
    visit = figure("model-graph", word="emma", weight=weight)
    graph = loss_graph(kernel(), tokenizer().encode("emma"))
    child = int(
        nodes(graph, "WEIGHT")[graph.place[nodes(graph, "WEIGHT")] == weight][0]
    )
    edges = visit.table[1 : 1 + times]
    assert numbers(edges, slice(2, 6)) == near(of_edges(graph, child))
    assert sum(row[5] for row in edges) == pytest.approx(visit.table[0][3], rel=1e-9)
    assert f"is used {times} times" in visit.sentence


def test_equals_is_counted_as_the_lesson_would_have_it(figure: Opener) -> None:
    visit = figure("model-graph", word="emma", equals=1)
    for word in ("emma", "ava", "x"):
        visit.turn(word=word, equals=1)
        wrong, turned = graphs.equals_wrong(word), graphs.equals_turned(word)
        assert f"{wrong:,} of 3,184 gradients are wrong" in visit.sentence
        assert f"{turned:,} of them even in sign" in visit.sentence
    assert (graphs.equals_wrong("emma"), graphs.equals_turned("emma")) == (2514, 475)


def test_depths_are_gone_through_by_keys_and_escape_goes_back(figure: Opener) -> None:
    visit = figure("model-graph", word="emma")
    page = visit.page
    page.focus("canvas")
    for depth, key in enumerate(("ArrowRight", "ArrowDown", "ArrowRight"), start=1):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        visit.wait_for_address(f"model-graph.depth={depth}")
        page.focus("canvas")
    assert page.locator(".trail button").count() == 4
    page.keyboard.press("Escape")
    visit.wait_for_address("model-graph.depth=2")
    page.locator(".trail button").first.click()
    visit.settle()
    assert "31,689 numbers" in visit.sentence


def test_narrow_columns_name_bos_in_full(figure: Opener) -> None:
    visit = figure("model-graph", width=390, word="emma")
    visit.page.evaluate("""() => {
      window.drawn = [];
      const pen = CanvasRenderingContext2D.prototype, own = pen.fillText;
      pen.fillText = function (text, ...at) {
        window.drawn.push(text);
        own.call(this, text, ...at);
      };
    }""")
    for word, seen in (("ann", "BOS → a"), ("christophera", "BOS")):
        visit.page.evaluate("window.drawn.length = 0")
        visit.turn(word=word)
        wait_until(visit.page, f"window.drawn.includes({json.dumps(seen)})", 10)
    first = visit.page.evaluate("window.drawn.slice(0, 3)")
    assert first == ["BOS", "c", "h"]
