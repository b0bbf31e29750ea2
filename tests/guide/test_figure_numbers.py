"""Numbers in figures against the lessons' own code, from the address's state alone."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
from figure_browser import Opener, chromium, figure, signs_turned, site
from support import Started, central_differences, record_of, start

from glassgpt import data

__all__ = ["chromium", "figure", "site"]

NAMES = Path(data.__file__).parent / "steps" / "names.txt"
NEAR: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12}


def lesson(step: int, trained: int = 0, **settings: object) -> Started:
    """A lesson on the built-in names after some steps."""
    begun = start(record_of(step, **settings), NAMES)
    begun.train(trained)
    return begun


@pytest.mark.parametrize("step", range(6))
def test_live_losses_are_the_lessons(step: int, figure: Opener) -> None:
    visit = figure("train-live", props={"step": step}, at=12)
    expected = lesson(step).train(12)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def test_another_rate_and_seed_are_the_lessons_too(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 3}, at=8, rate=0.3, seed=7)
    expected = lesson(3, learning_rate=0.3, seed=7).train(8)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def test_going_back_gives_the_same_as_going_there(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 1}, at=230)
    there = visit.table
    for at in (130, 230):
        scrub = visit.page.locator(".scrub input")
        scrub.fill(str(at))
        visit.settle()
    assert visit.table == there


def test_home_begins_as_the_lesson_and_ends_as_the_command(figure: Opener) -> None:
    visit = figure("train-home", run=1)
    losses = visit.column(1)
    assert losses[:12] == pytest.approx(lesson(5).train(12), **NEAR)
    import glassgpt as gg
    from glassgpt.kernel import library

    if library.why_unavailable():
        pytest.skip("not run: the kernel is not built for this machine")
    run = gg.train("names", engine="kernel")
    assert losses == pytest.approx(run.losses, rel=1e-7)
    names = visit.page.eval_on_selector_all(
        ".names li", "(all) => all.map((each) => each.textContent)"
    )
    assert names == run.samples
    assert f"{run.heldout_loss:.4f}" in visit.sentence


def test_the_table_holds_the_lessons_counts(figure: Opener) -> None:
    visit = figure("count-table", at=150, row="a")
    counts = lesson(0, 150).engine.weights()["counts"]
    found = [number for row in visit.table for number in row[1:]]
    assert found == list(counts.values)


@pytest.mark.parametrize("step", [0, 1, 5])
def test_a_words_losses_are_the_lessons(step: int, figure: Opener) -> None:
    props = {"step": step, "documents": 10}
    visit = figure("loss-walk", props=props, word="anna", at=1)
    begun = lesson(step, 10)
    expected = begun.engine.token_losses(begun.tokenizer.encode("anna"))
    assert visit.column(3) == pytest.approx(expected, **NEAR)
    assert visit.column(2) == pytest.approx([math.exp(-x) for x in expected], **NEAR)


def test_names_and_their_probabilities_are_the_lessons(figure: Opener) -> None:
    begun = lesson(5, 20)
    for draw in range(3):
        visit = figure("generate", trained=20, draw=draw, temperature=0.5)
        name = begun.sample(0.5)
        chosen = visit.column(2)
        assert "".join(each for each in chosen if each != "BOS") == name
    first = begun.engine.reader().feed(begun.tokenizer.bos, 0.5)
    assert visit.table[0][3:] == pytest.approx(first, **NEAR)


def test_many_draws_follow_the_bars(figure: Opener) -> None:
    visit = figure("generate", trained=200, many=1, temperature=1)
    ticks = visit.page.eval_on_selector_all(
        ".mark", "(all) => all.map((each) => each.y1.baseVal.value)"
    )
    bars = visit.page.eval_on_selector_all(
        ".bar", "(all) => all.map((each) => each.y.baseVal.value)"
    )
    heights = visit.page.eval_on_selector_all(
        ".bar", "(all) => all.map((each) => each.height.baseVal.value)"
    )
    probs = visit.table[0][3:]
    scale = max(heights) / max(probs)
    floor = bars[0] + heights[0]
    counts = [(floor - tick) / scale * 10_000 for tick in ticks]
    chi = sum(
        (count - 10_000 * p) ** 2 / (10_000 * p)
        for count, p in zip(counts, probs, strict=True)
    )
    assert sum(counts) == pytest.approx(10_000, abs=1)
    # 45.6 is exceeded once in a hundred times with 26 degrees of freedom
    assert chi < 45.6


def test_names_at_a_temperature_are_the_lessons(figure: Opener) -> None:
    visit = figure("names-temperature", trained=30, temperature=0.8)
    begun = lesson(1, 30)
    assert visit.column(0) == [begun.sample(0.8) for _ in range(20)]


def test_what_comes_next_is_the_lessons(figure: Opener) -> None:
    visit = figure("token-temperature", trained=30, temperature=0.7, token="q")
    begun = lesson(1, 30)
    token = begun.tokenizer.encode("q")[1]
    expected = begun.engine.reader().feed(token, 0.7)
    assert visit.column(2) == pytest.approx(expected, **NEAR)


def gradients(begun: Started, word: str) -> list[float]:
    """The lesson's gradient of a word, all weights in order."""
    tokens = begun.tokenizer.encode(word)
    _, found = begun.engine.gradients(tokens)
    return [slope for tensor in found.values() for slope in tensor.values]


def test_both_gradients_of_a_word_are_right(figure: Opener) -> None:
    visit = figure("gradient-scatter", word="otto")
    expected = gradients(lesson(1), "otto")
    assert len(expected) == len(visit.table) == 3184
    assert visit.column(1) == pytest.approx(expected, **NEAR)
    assert visit.column(2) == pytest.approx(expected, abs=1e-6)
    central = figure("gradient-scatter", word="otto", central=1)
    assert central.column(2) == pytest.approx(expected, abs=1e-8)


def test_errors_over_eps_make_a_u(figure: Opener) -> None:
    errors = figure("eps-curve", word="emma").column(3)
    lowest = errors.index(min(errors))
    assert 8 <= lowest <= 18
    assert errors[0] > 1000 * errors[lowest] and errors[-1] > 1000 * errors[lowest]


def test_softmax_and_linear_are_what_they_say(figure: Opener) -> None:
    logits, heat = [1.5, -2.0, 0.25], 0.7
    text = ",".join(map(str, logits))
    exps = [math.exp(x / heat) for x in logits]
    visit = figure("softmax-edit", logits=text, temperature=heat)
    expected = [e / sum(exps) for e in exps]
    assert visit.column(3) == pytest.approx(expected, **NEAR)
    huge = figure("softmax-edit", logits="1000,1001").column(3)
    assert huge == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)], **NEAR)
    rng = random.Random(1)
    w = [round(rng.uniform(-2, 2), 2) for _ in range(12)]
    x = [0.5, -1.25, 2.0]
    visit = figure("linear-edit", w=",".join(map(str, w)), x=",".join(map(str, x)))
    dots = [sum(w[3 * i + j] * x[j] for j in range(3)) for i in range(4)]
    assert visit.column(3) == pytest.approx(dots, **NEAR)


def test_documents_are_the_package_s(figure: Opener) -> None:
    documents = data.load("names").documents
    visit = figure("dataset-browser", query="ann", page=1)
    found = [(i + 1, text) for i, text in enumerate(documents) if "ann" in text]
    assert [tuple(row) for row in visit.table] == found[40:80]
    shuffled = list(documents)
    random.Random(5).shuffle(shuffled)
    visit = figure("dataset-browser", shuffled=1, seed=5)
    assert visit.column(1) == shuffled[:40]
    lengths = figure("length-histogram").column(1)
    assert lengths == [
        sum(len(text) == n for text in documents) for n in range(1, len(lengths) + 1)
    ]


def test_own_documents_travel_in_a_link(figure: Opener) -> None:
    visit = figure("length-histogram", docs="ab\nabc\n\nxy z\n")
    assert visit.column(1) == [0, 1, 1, 1]
    visit = figure("count-table", docs="ab\nab\nba\n", at=3, row="a")
    assert visit.table == [["a", 0, 2, 1], ["b", 1, 0, 2], ["BOS", 2, 1, 0]]


def test_the_public_names_give_the_worked_figures(
    figure: Opener, karpathy_names: Path
) -> None:
    visit = figure("dataset-browser")
    visit.page.set_input_files("input[type=file]", karpathy_names)
    visit.page.wait_for_selector(".frame-sentence:has-text('32,033')")
    address = visit.page.url.replace("dataset-browser", "loss-walk")
    visit.name = "loss-walk"
    visit.page.goto(address.split("#")[0] + "#word=ava")
    visit.settle()
    assert [f"{p:.3f}" for p in visit.column(2)] == ["0.134", "0.041", "0.118", "0.148"]
    assert [f"{x:.2f}" for x in visit.column(3)] == ["2.01", "3.19", "2.14", "1.91"]
    assert "2.31" in visit.page.inner_text(".mean")


def test_a_kernel_with_one_sign_turned_is_found(figure: Opener, tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="not run: ziglang is not installed")
    plain = ("layers.c", "dlogits[targets[t]] -=", "dlogits[targets[t]] +=")
    fast = ("fast_layers.h", "logits[targets[t]] -=", "logits[targets[t]] +=")
    with signs_turned(tmp_path, plain, fast) as wasm:
        live = figure("train-live", props={"step": 1}, at=12, wasm=wasm).column(1)
        assert live != pytest.approx(lesson(1).train(12), **NEAR)
        scatter = figure("gradient-scatter", word="otto", wasm=wasm)
        begun = lesson(1)
        expected = gradients(begun, "otto")
        assert scatter.column(1) != pytest.approx(expected, **NEAR)
        # what is measured by nudging does not use it
        tokens = begun.tokenizer.encode("otto")
        slopes = central_differences(begun.engine, [tokens])["wte"].values
        measured = scatter.column(2)[: len(slopes)]
        assert measured == pytest.approx(list(slopes), abs=1e-6)
