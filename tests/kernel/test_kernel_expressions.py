"""Expressions as graphs: the kernel's are those of Step 2's own class."""

import itertools
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.values import REFUSALS, graph_of, letters_of

from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.expressions import expression
from glassgpt.kernel.bindings.library import constants

NEAR: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12}
WALKS = ["", "recursion", "overwrite", "twice"]
LETTERS = "abcd"
EXPONENTS = ["2", "3", "-1", "0.5", "-0.5", "0", "1", "-2", "1.5", "(1/3)"]
NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, -3.0]), st.floats(-20, 20)
)
ATOMS = st.sampled_from([*LETTERS, *LETTERS, "2", "0.5", "3", "1e-3", "0"])


def operations(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One operation more."""
    signs = st.sampled_from(["+", "-", "*", "/", " + ", " - ", "*-"])
    return st.one_of(
        st.builds("({}{}{})".format, inner, signs, inner),
        st.builds("({})**{}".format, inner, st.sampled_from(EXPONENTS)),
        st.builds("{}({})".format, st.sampled_from(["log", "exp", "relu"]), inner),
        st.builds("-{}".format, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, operations, max_leaves=12)
SHARED = st.builds(
    "p = {}; q = p*p + {}; {}".format,
    EXPRESSIONS,
    EXPRESSIONS,
    st.sampled_from(["p*q", "q - p", "q + q", "p/q", "relu(p - q)*p"]),
)


def assert_is_the_lessons(text: str, numbers: dict[str, float], walk: str = "") -> None:
    """Nodes, slopes, order, every gradient on the way; or both refuse."""
    how = [walk] if walk else []
    try:
        graph = graph_of(text, numbers, walk)
    except REFUSALS:
        with pytest.raises(UsageError, match=r"character \d+|its end"):
            expression(text, numbers, how)
        return
    found = expression(text, numbers, how)
    places = {id(value): i for i, value in enumerate(graph.values)}
    assert len(found.nodes) == len(graph.values)
    assert found.top == places[id(graph.top)]
    assert list(found.order) == graph.order
    for node, value in zip(found.nodes, graph.values, strict=True):
        assert list(node.children) == [places[id(child)] for child in value.children]
        assert node.data == pytest.approx(value.data, **NEAR)
        assert node.local_grads == pytest.approx(value.local_grads, **NEAR)
        assert node.grad == pytest.approx(value.grad, **NEAR)
    # the top's own 1 is no push: once, or before each of two walks
    begins = {0, len(graph.told) // 2} if walk == "twice" else {0}
    told = [each for i, each in enumerate(graph.told) if i not in begins]
    assert [push.child for push in found.pushes] == [place for place, _ in told]
    assert [p.after for p in found.pushes] == pytest.approx(
        [g for _, g in told], **NEAR
    )
    for push in found.pushes:
        slope = found.nodes[push.node].local_grads[push.edge]
        assert push.share == pytest.approx(slope * push.grad, **NEAR)


@given(
    text=st.one_of(EXPRESSIONS, SHARED), walk=st.sampled_from(WALKS),
    values=st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
)  # fmt: skip
def test_any_expression_is_the_lessons_graph_or_refused_by_both(
    text: str, walk: str, values: tuple[float, ...]
) -> None:
    assert_is_the_lessons(text, dict(zip(LETTERS, values, strict=True)), walk)


GOOD = [
    "a", "n*2+1", "(a+b)*c", "a - b", "a*a*a", "b = a+a; c = b+b", "(a*b)+(a+b)",
    "a/b", "-a", "--a", "2*3*a", "2**0.5*a", "x**-1", "x**2**-1", "-x**2", "a-2", "a/2",
    "log(2)", "log(a)*exp(b)", "(a).log().exp().relu()", "exp(log(a))", "2 + 3 + a",
    "a = 2; b = a*a", "p = a; p + a", "a*b; a+b", "e*2e2", "1e-3*a", "a + .5",
    "c = a*b; a = c + c; a*b", "relu(a - b) + relu(b - a)", "((a))", "a*1/b",
    "y = 3; relu(y)", "a**0", "0**0*a",
]  # fmt: skip


@pytest.mark.parametrize("walk", WALKS)
def test_expressions_of_every_form_are_the_lessons(walk: str) -> None:
    numbers = {chr(ord("a") + i): 2 + i / 4 for i in range(26)}
    for text in GOOD:
        graph_of(text, numbers, walk)  # none is refused
        assert_is_the_lessons(text, numbers, walk)


def test_relu_has_no_slope_where_it_begins() -> None:
    assert_is_the_lessons("relu(a - b)*a", {"a": 2.0, "b": 2.0})
    node = next(n for n in expression("relu(a)", {"a": 0.0}).nodes if n.op == "relu")
    assert (node.data, node.local_grads) == (0, (0,))


def test_shared_nodes_tell_the_ways_back_apart() -> None:
    shared, twice = "b = a + a; c = b + b", "(a + b)*d"
    found = {
        walk: expression(shared, {"a": 3}, [walk] if walk else []).nodes[0].grad
        for walk in WALKS
    }
    assert found == {"": 4, "recursion": 8, "overwrite": 1, "twice": 12}
    numbers = {"a": 2.0, "b": 3.0, "d": 5.0}
    once = expression(twice, numbers).nodes
    again = expression(twice, numbers, ["twice"]).nodes
    ratios = [b.grad / a.grad for a, b in zip(once, again, strict=True)]
    assert ratios == [3, 3, 2, 2, 1]
    # both mistakes at once are walked too
    both = expression(shared, {"a": 3}, ["recursion", "overwrite"]).nodes
    assert both[0].grad == 1


def test_a_derived_operation_says_what_it_is_made_of() -> None:
    def groups(text: str) -> list[tuple[str, int, str]]:
        nodes = expression(text, {"a": 2.0, "b": 4.0}).nodes
        return [(n.op, n.whole, n.derived) for n in nodes if n.op != "letter"]

    assert groups("a - b") == [("number", 4, ""), ("mul", 4, ""), ("add", 4, "sub")]
    assert groups("a / b") == [("pow", 3, ""), ("mul", 3, "div")]
    assert groups("-a") == [("number", 2, ""), ("mul", 2, "neg")]
    assert groups("a - 2") == [("number", 1, ""), ("add", 2, "")]
    nodes = expression("a / b", {"a": 2.0, "b": 4.0}).nodes
    assert nodes[3].through == pytest.approx(-2 / 16)
    assert expression("a - b", {"a": 2.0, "b": 4.0}).nodes[4].through == -1
    nodes = expression("(a+b) *c", dict.fromkeys("abc", 1.0)).nodes
    where = [(node.start, node.length) for node in nodes]
    assert where == [(1, 1), (3, 1), (7, 1), (1, 3), (0, 8)]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", "its end", "nothing is written"),
        ("  ;", "its end", "nothing is written"),
        ("a +", "its end", "something must follow"),
        ("(a + b", "character 1, (", "it is not closed"),
        ("a + b)", "character 6, )", "it closes nothing"),
        ("a + * b", "character 5, *", "must stand there"),
        ("2a", "character 2, a", "an operation is missing"),
        ("a b", "character 3, b", "an operation is missing"),
        ("a $ b", "character 3, $", "it means nothing"),
        ("a + é", "character 5, é", "it means nothing"),
        ("ab + 1", "character 1, ab", "a name is one letter"),
        ("a + sin(b)", "character 5, sin", "a name is one letter"),
        ("A", "character 1, A", "a name is one letter"),
        ("log a", "character 1, log", "( must follow"),
        ("1.2.3*a", "character 1, 1.2.3", "at most 15 digits"),
        ("1234567890123456*a", "character 1, 1234567890123456", "at most 15 digits"),
        ("a^2", "character 2, ^", "a power is not written so"),
        ("a + b = c", "character 7, =", "one letter"),
        ("2**0.5", "character 1, 2**0.5", "plain number"),
        ("3 + 4*a; 7", "character 10, 7", "plain number"),
        ("1 - a", "character 1, 1 - a", "number - Value"),
        ("a + 1/b", "character 5, 1/b", "number - Value"),
        ("a**b", "character 4, b", "an exponent is a plain number"),
        ("2**a", "character 4, a", "an exponent is a plain number"),
        ("a*+b", "character 3, +b", "no + before a Value"),
        ("1 + log(z)", "character 5, log(z)", "not above 0"),
        ("log(-a)", "character 1, log(-a)", "not above 0"),
        ("a/z", "character 1, a/z", "a division by 0"),
        ("a/0", "character 1, a/0", "a division by 0"),
        ("z**-1", "character 1, z**-1", "a division by 0"),
        ("0**-1*a", "character 1, 0**-1", "a division by 0"),
        ("(-a)**0.5", "character 1, (-a)**0.5", "below 0"),
        ("z**0.5", "character 1, z**0.5", "slope at 0"),
        ("z**0", "character 1, z**0", "slope at 0"),
        ("exp(a*500)", "character 1, exp(a*500)", "too large"),
        ("1e300*1e300*a", "character 1, 1e300*1e300", "too large"),
        ("a*1e300*1e300", "character 1, a*1e300*1e300", "too large"),
        ("(" * 61 + "a" + ")" * 61, "character 61, (", "nested too deeply"),
        ("a" + "*2" * 100, "character 1, ", "too many Values"),
        ("a" + " " * 400, "its end", "too long"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, place: str, why: str) -> None:
    numbers = dict.fromkeys("abcdefghijklmnopqrstuvwxy", 2.0) | {"z": 0.0}
    with pytest.raises(UsageError) as refused:
        expression(text, numbers)
    message = str(refused.value)
    assert message.startswith("invalid expression: ")
    assert f"; {place}" in message and why in message
    assert refused.value.remedy


def test_signs_as_they_are_printed_stand_for_those_of_a_keyboard() -> None:
    numbers = {"a": 7.0, "b": 2.0}
    printed = expression("a \u2212 b \u00d7 a \u00b7 b \u00f7 4", numbers)
    assert printed.nodes == expression("a - b * a * b / 4", numbers).nodes


def test_what_is_large_ends_where_it_should() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    doubled = "; ".join(f"{b} = {a} + {a}" for a, b in itertools.pairwise(letters))
    right = expression(doubled, {"a": 1.0})
    assert right.nodes[0].grad == 2**25 and len(right.pushes) == 50
    with pytest.raises(UsageError, match="more than 4000 edges"):
        expression(doubled, {"a": 1.0}, ["recursion"])
    assert len(expression("+".join("a" * 200), {"a": 1.0}).nodes) == 200
    assert constants()["MOST_NODES"] == 200


def test_numbers_that_are_missing_or_none_are_refused() -> None:
    for numbers in ({}, {"a": math.nan}, {"a": math.inf}):
        with pytest.raises(UsageError, match="a"):
            expression("a*a", numbers)
    with pytest.raises(UsageError, match="unknown walk: backwards"):
        expression("a*a", {"a": 1.0}, ["backwards"])
    assert letters_of("b = a; c = b + d") == ["a", "d"]


@given(
    text=st.text(max_size=40)
    | st.text("abnx0159.+-*/()=; logexpru^\u2212\u00d7\n", max_size=60)
)
def test_any_text_is_drawn_or_refused_with_a_place_inside_it(text: str) -> None:
    numbers = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 1.5)
    try:
        found = expression(text, numbers)
    except UsageError as refused:
        place = re.search(r"; (?:character (\d+), |its end: )", str(refused))
        assert place, refused
        assert place[1] is None or 1 <= int(place[1]) <= len(text)
        return
    for i, node in enumerate(found.nodes):
        assert 0 <= node.start < node.start + node.length <= len(text)
        assert all(child < i for child in node.children)
        assert all(map(math.isfinite, (node.data, node.grad, *node.local_grads)))
        assert i <= node.whole < len(found.nodes)
