"""Six operations with their tangents, held to Step 2's own class."""

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import NEAR
from support.values import REFUSALS, graph_of


def wanted(text: str, a: float) -> list[object]:
    """A row of the table, as the class computes it; empty where it has no answer."""
    try:
        graph = graph_of(text, {"a": a, "b": 1.0})
    except REFUSALS:
        return [text, "", "", ""]
    slope = next(value.grad for value in graph.values if value.data == a)
    return [text, graph.top.data, slope, len(graph.values)]


def operations(power: str) -> list[str]:
    return [f"a**{power}", "log(a)", "exp(a)", "relu(a)", "-a", "b / a"]


@pytest.mark.parametrize("power", ["2", "3", "-1", "0.5"])
def test_values_and_local_slopes_are_those_of_the_class(
    power: str, figure: Opener
) -> None:
    visit = figure("operations")
    for a in (0.05, 0.5, 2.25, -1.5, 0.0):
        visit.turn(a=a, power=power)
        for found, text in zip(visit.table, operations(power), strict=True):
            row = wanted(text, a)
            numbers = pytest.approx(row[1:], **NEAR) if row[1] != "" else row[1:]
            assert found[0] == text and found[1:] == numbers, (text, a)


def test_what_has_no_answer_is_named_and_the_steepest_is_told(figure: Opener) -> None:
    visit = figure("operations", a=0.05)
    # 1 / a**2 is 400, and of the logarithm it is 20
    assert "the steepest is b / a, with slope −400.000" in visit.sentence
    assert "it falls 400.000 times as much" in visit.sentence
    assert "No answer there" not in visit.sentence
    assert visit.table[1][2] == pytest.approx(20, **NEAR)
    visit.turn(a=-1.5, power=0.5)
    assert "No answer there: a**0.5, log(a)." in visit.sentence
    visit.turn(a=0)
    assert "No answer there: log(a), b / a." in visit.sentence


def test_a_tangent_is_dragged_along_any_curve(figure: Opener) -> None:
    visit: Figure = figure("operations")
    box = visit.page.locator("svg.tangent-curve").nth(2).bounding_box()
    visit.page.mouse.move(box["x"] + 10, box["y"] + 60)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60, steps=4)
    visit.page.mouse.up()
    visit.settle()
    exp = visit.table[2]
    assert exp[1:3] == pytest.approx([1, 1], abs=0.03)
    said = visit.page.locator("svg.tangent-curve").nth(2).get_attribute("aria-label")
    assert said == f"exp(a). Value {exp[1]:.2f}, local slope {exp[2]:.2f}"
