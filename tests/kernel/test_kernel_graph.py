"""The graph of a loss is the one that the lesson's Values make, number by number."""

import math
import random
import types
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import documents, models, started
from support import spread

from glassgpt.config import ModelConfig
from glassgpt.engines.reference.model import deep_and_quick
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.graph import Graph, loss_graph
from glassgpt.lessons import lesson

WORDS = ["emma", "olivia", "ava", "otto", "x", "xqzzv", "hannah", "bob", "zoe", "aa"]
MADE = {"ADD": 1, "MULTIPLY": 2, "POWER": 3, "LOG": 4, "EXP": 5, "RELU": 6}


def lesson_graph(model: ModelConfig, document: list[int]) -> tuple[Any, Any]:
    """The lesson's own loss, gone back through, and its weights."""
    rng = random.Random(1)
    space = lesson(2).load(
        ["autograd", "parameters", "model", "loss of a document"],
        {"math": math, "random": rng, "vocab_size": model.vocab_size,
         "gc": types.SimpleNamespace(disable=lambda: None)},
        {"n_embd": model.n_embd, "init_std": model.init_std},
    )  # fmt: skip
    loss = space["forward"](document, len(document) - 1)
    loss.backward()
    return loss, space["params"]


def matched(graph: Graph, loss: Any) -> dict[int, int]:
    """Of each Value, by its id, the node that it is: both are walked from the loss."""
    found, todo = {id(loss): len(graph.data) - 1}, [loss]
    while todo:
        value = todo.pop()
        node = found[id(value)]
        children = [child for child in graph.children[node] if child >= 0]
        assert len(children) == len(value.children)
        for one, child in zip(value.children, children, strict=True):
            if id(one) not in found:
                found[id(one)] = int(child)
                todo.append(one)
            assert found[id(one)] == child
    return found


def values_of(loss: Any) -> dict[int, Any]:
    found, todo = {id(loss): loss}, [loss]
    while todo:
        for child in todo.pop().children:
            if id(child) not in found:
                found[id(child)] = child
                todo.append(child)
    return found


def assert_is_the_lessons(graph: Graph, loss: Any, params: Any) -> None:
    nodes, values = matched(graph, loss), values_of(loss)
    assert sorted(nodes.values()) == list(range(len(graph.data)))
    near = {"rel": 1e-9, "abs": 1e-14}
    at = [nodes[key] for key in values]
    assert graph.data[at] == pytest.approx([v.data for v in values.values()], **near)
    assert graph.grad[at] == pytest.approx([v.grad for v in values.values()], **near)
    slopes = [[*v.local_grads, 0.0, 0.0][:2] for v in values.values()]
    assert graph.slopes[at] == pytest.approx(np.array(slopes), **near)
    weights = {nodes[id(p)]: i for i, p in enumerate(params) if id(p) in nodes}
    assert weights == {
        node: place for node, place in enumerate(graph.place) if graph.part[node] == 0
    }


def encoded(word: str) -> list[int]:
    return [26, *(ord(letter) - ord("a") for letter in word), 26]


@pytest.mark.parametrize("word", spread(WORDS, 3))
def test_ten_words_have_the_lessons_own_graph(word: str) -> None:
    model = ModelConfig(step=2, vocab_size=27)
    with deep_and_quick():
        loss, params = lesson_graph(model, encoded(word))
        graph = loss_graph(started(model), encoded(word))
        assert_is_the_lessons(graph, loss, params)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), model=models((2,)))
def test_a_model_of_any_shape_has_the_lessons_own_graph(
    data: st.DataObject, model: ModelConfig
) -> None:
    document = data.draw(documents(model, longest=6))
    with deep_and_quick():
        loss, params = lesson_graph(model, document)
        graph = loss_graph(started(model), document)
        assert_is_the_lessons(graph, loss, params)


def test_emma_is_31689_numbers_whose_edges_add_up_to_each_gradient() -> None:
    kernel = started(ModelConfig(step=2, vocab_size=27))
    graph = loss_graph(kernel, encoded("emma"))
    assert len(graph.data) == 31_689
    assert int((graph.children[:, 0] < 0).sum()) == 3_418  # leaves
    added, left = np.zeros(len(graph.data)), np.zeros(len(graph.data), int)
    for which in (0, 1):
        child = graph.children[:, which]
        has = child >= 0
        np.add.at(added, child[has], (graph.slopes[:, which] * graph.grad)[has])
        np.add.at(left, child[has], 1)
    np.testing.assert_allclose(added[:-1], graph.grad[:-1], rtol=1e-9, atol=1e-14)
    weights = graph.part == 0
    # a weight of a matrix in every pair; a letter's, in 64 products each time it comes
    assert Counter(left[weights].tolist()) == {5: 2752, 64: 48, 128: 16}
    kernel.zero_grads()
    kernel.gradient(encoded("emma"))
    grads = kernel.flat["grads"][graph.place[weights]]
    np.testing.assert_allclose(graph.grad[weights], grads, rtol=1e-9, atol=1e-14)
    made = Counter(graph.made.tolist())
    assert made[MADE["RELU"]] == 5 * 64 and made[MADE["EXP"]] == 5 * 27
    assert made[MADE["POWER"]] == made[MADE["LOG"]] == 5


def test_a_graph_is_refused_where_there_is_none() -> None:
    with pytest.raises(UsageError, match="invalid step: 5; its graph is not drawn"):
        loss_graph(started(ModelConfig(step=5, vocab_size=27)), encoded("emma"))
    with pytest.raises(UsageError, match="its graph is too large"):
        loss_graph(started(ModelConfig(step=2, vocab_size=27)), [0] * 500)
