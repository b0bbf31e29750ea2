"""Numbers in figures against the lessons' own code, from the address's state alone."""

import math
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from figure_browser import Opener, chromium, figure, one_sign_turned, site
from support import Started, central_differences, record_of, start

from glassgpt import data, lessons
from glassgpt.errors import DivergedError

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


@pytest.mark.parametrize("seed", [42, 7])
def test_what_counting_costs_is_what_the_package_says(
    seed: int, figure: Opener
) -> None:
    import glassgpt as gg

    run = gg.train("names", step=0, seed=seed)
    assert run.result and run.result.evaluation
    expected = run.result.evaluation.baselines
    visit = figure("train-live", props={"step": 0}, at=1000, seed=seed)
    for name in ("uniform", "letter", "bigram", "trigram"):
        assert f"{expected[name]:.3f}" in visit.sentence
    labels = str(visit.page.text_content("svg.curve"))
    assert f"trigram {expected['trigram']:.2f}" in labels


def test_the_first_corner_of_relu_is_found_where_it_is(figure: Opener) -> None:
    begun = lesson(1)
    weights = begun.engine.weights()
    wte, fc1 = weights["wte"], weights["mlp_fc1"]
    tokens = begun.tokenizer.encode("emma")[:-1]

    def pattern(nudged: int, by: float) -> list[bool]:
        table = list(wte.values)
        table[nudged] += by
        rows = [table[16 * token : 16 * token + 16] for token in tokens]
        matrix = [fc1.values[16 * i : 16 * i + 16] for i in range(64)]
        dots = [sum(map(float.__mul__, w, x)) for x in rows for w in matrix]
        return [dot > 0 for dot in dots]

    weight = 16 * tokens[1]  # the first weight of e
    before = pattern(weight, 0.0)
    sizes = [float(f"{lead}e-{power}") for power in range(12, 0, -1) for lead in (1, 3)]
    crossed = {
        size: sum(a != b for a, b in zip(before, pattern(weight, size), strict=True))
        for size in sizes
        if size <= 0.1
    }
    size, units = next((s, n) for s, n in crossed.items() if n)
    visit = figure("eps-curve", word="emma", weight=weight)
    lead, power = f"{size:.0e}".split("e")
    assert f"From {lead}e-{int(power[1:])} on" in visit.sentence
    assert f"carries {units} hidden" in visit.sentence
    # the last matrix comes after relu: none of its weights can cross
    last = figure("eps-curve", word="emma", weight=3183)
    assert "corner" not in last.sentence


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


# an odd word: letters that the names lack, and more of it than a block holds
LONG = "maximilianalexandermontgomery"
ODD = {"word": "zoë", "docs": "zoë\nandré\nzélie\nana\nzoé\n"}


def lesson_on(text: str, folder: Path, step: int, trained: int = 0) -> Started:
    """A lesson on documents of one's own."""
    file = folder / "own.txt"
    file.write_text(text, encoding="utf-8")
    begun = start(record_of(step), file)
    begun.train(trained)
    return begun


def flat(begun: Started) -> list[float]:
    """All weights in the order of the lesson's `params`."""
    return [x for tensor in begun.engine.weights().values() for x in tensor.values]


def test_all_weights_are_the_lessons(figure: Opener, tmp_path: Path) -> None:
    visit = figure("weight-maps", index=1456)
    assert visit.column(4) == pytest.approx(flat(lesson(1)), **NEAR)
    assert visit.column(0) == list(range(3184))
    assert visit.table[1456][1:4] == ["mlp_fc2", 0, 0]
    assert visit.table[432 + 16 * 3 + 5][1:4] == ["mlp_fc1", 3, 5]
    assert f"{flat(lesson(1))[1456]:.4f}" in visit.page.inner_text(".read-out")
    own = figure("weight-maps", docs=ODD["docs"])
    expected = flat(lesson_on(ODD["docs"], tmp_path, 1))
    assert own.column(4) == pytest.approx(expected, **NEAR)


def test_trained_weights_are_the_lessons(figure: Opener) -> None:
    import glassgpt as gg

    found = figure("weight-maps", trained=1).column(4)
    run = gg.train("names", step=1)
    trained = [x for tensor in run.engine.weights().values() for x in tensor.values]
    assert found == pytest.approx(trained, rel=1e-7, abs=1e-10)


def layers(begun: Started, token: int, relu: bool = True) -> dict[str, list[float]]:
    """A token's numbers between the layers, from the lesson's weights."""
    space = Lesson1(begun)
    x = space.rows["wte"][token]
    before = space.linear(x, space.rows["mlp_fc1"])
    hidden = [max(0.0, each) for each in before] if relu else before
    logits = space.linear(hidden, space.rows["mlp_fc2"])
    probs = space.softmax(logits)
    return {
        "x": x, "before": before, "hidden": hidden, "logits": logits, "probs": probs,
    }  # fmt: skip


class Lesson1:
    """Step 1's own functions, and an engine's weights row by row."""

    def __init__(self, begun: Started) -> None:
        self.rows = {}
        for name, tensor in begun.engine.weights().items():
            values, width = list(tensor.values), tensor.shape[1]
            rows = range(0, len(values), width)
            self.rows[name] = [values[i : i + width] for i in rows]
        space = lessons.lesson(1).load(["model"], {"math": math, "state_dict": {}})
        self.linear, self.softmax = space["linear"], space["softmax"]


@pytest.mark.parametrize("relu", [1, 0])
@pytest.mark.parametrize("letter", ["q", "BOS"])
def test_every_number_between_the_layers_is_the_lessons(
    letter: str, relu: int, figure: Opener
) -> None:
    visit = figure("mlp-layers", props={"step": 1}, token=letter, relu=relu, trained=30)
    begun = lesson(1, 30)
    bos = begun.tokenizer.bos
    token = bos if letter == "BOS" else begun.tokenizer.encode(letter)[1]
    expected = layers(begun, token, bool(relu))
    for name, values in expected.items():
        found = [row[2] for row in visit.table if row[0] == name]
        assert found == pytest.approx(values, **NEAR), name
    assert len(visit.table) == 16 + 64 + 64 + 27 + 27


def test_without_relu_two_matrices_are_one(figure: Opener) -> None:
    said = figure("mlp-layers", props={"step": 1}, relu=0).sentence
    apart = float(said.split("to within ")[1].rstrip("."))
    assert 0 <= apart < 1e-12


def weight_of(begun: Started, index: int) -> tuple[str, int]:
    """A weight's matrix and its place in there, from its place in `params`."""
    for name, tensor in begun.engine.weights().items():
        if index < len(tensor.values):
            return name, index
        index -= len(tensor.values)
    raise IndexError(index)


@pytest.mark.parametrize("word", ["emma", LONG])
def test_a_secant_s_points_and_slopes_are_the_lessons(
    word: str, figure: Opener
) -> None:
    begun = lesson(1, 20)
    tokens = begun.tokenizer.encode(word)
    visit = figure("secant", word=word, weight=1500, eps=0.01, trained=20)
    name, place = weight_of(begun, 1500)
    loss = begun.engine.loss(tokens)
    nudged = begun.engine.nudged_loss(tokens, name, place, 0.01)
    rows = visit.table
    assert [row[2] for row in rows[:3]] == pytest.approx([loss, loss, nudged], **NEAR)
    assert rows[3][2] == pytest.approx((nudged - loss) / 0.01, rel=1e-9)
    assert rows[4][2] == pytest.approx(gradients(begun, word)[1500], **NEAR)
    weight = flat(begun)[1500]
    for _, value, found in rows[5::30]:
        there = begun.engine.nudged_loss(tokens, name, place, value - weight)
        assert found == pytest.approx(there, **NEAR)
    both = figure("secant", word=word, weight=1500, eps=0.01, trained=20, central=1)
    below = begun.engine.nudged_loss(tokens, name, place, -0.01)
    assert both.table[3][2] == pytest.approx((nudged - below) / 0.02, rel=1e-9)


def dot(a: Iterable[float], b: Iterable[float]) -> float:
    """The sum of the products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("word", "docs", "position"),
    [("emma", "", 1), (ODD["word"], ODD["docs"], 2), (LONG, "", 20)],
)
def test_every_gradient_on_the_way_back_is_the_lessons(
    word: str, docs: str, position: int, figure: Opener, tmp_path: Path
) -> None:
    own = {"docs": docs} if docs else {}
    visit = figure("gradient-back", word=word, position=position, trained=20, **own)
    begun = lesson_on(docs, tmp_path, 1, 20) if docs else lesson(1, 20)
    tokens = begun.tokenizer.encode(word)
    n = len(tokens) - 1
    token, target = tokens[position : position + 2]
    numbers = layers(begun, token)
    rows = Lesson1(begun).rows
    dlogits = [p / n for p in numbers["probs"]]
    dlogits[target] -= 1 / n
    columns = list(zip(*rows["mlp_fc2"], strict=True))
    dhidden = [dot(dlogits, column) for column in columns]
    on = [h > 0 for h in numbers["hidden"]]
    dbefore = [d if up else 0.0 for d, up in zip(dhidden, on, strict=True)]
    columns = list(zip(*rows["mlp_fc1"], strict=True))
    expected = {
        "probs": numbers["probs"], "dlogits": dlogits, "dhidden": dhidden,
        "dbefore": dbefore, "dx": [dot(dbefore, column) for column in columns],
        "dmlp_fc2": [d * h for d in dlogits for h in numbers["hidden"]],
        "dmlp_fc1": [d * x for d in dbefore for x in numbers["x"]],
    }  # fmt: skip
    for name, values in expected.items():
        found = [row[2] for row in visit.table if row[0] == name]
        assert found == pytest.approx(values, **NEAR), name
    names = ("dwte", "dmlp_fc1", "dmlp_fc2")
    whole = [row[3] for name in names for row in visit.table if row[0] == name]
    assert whole == pytest.approx(gradients(begun, word), **NEAR)


@pytest.mark.parametrize(("step", "at"), [(1, 120), (5, 5)])
def test_a_rate_changed_on_the_way_goes_on_as_the_lesson_would(
    step: int, at: int, figure: Opener
) -> None:
    begun = lesson(step)
    before = begun.train(at)
    later = lesson(step, learning_rate=0.02)
    later.engine.restore(begun.engine.weights(), begun.engine.buffers())
    expected = before + later.train(6, start=at)
    state = {"at": at + 6, "changes": f"{at}:0.02"}
    visit = figure("train-live", props={"step": step}, **state)
    assert visit.column(1) == pytest.approx(expected, **NEAR)


def until_divergence(
    begun: Started, most: int
) -> tuple[list[float], list[list[float]]]:
    """The losses, and before each step the norms of the matrices."""
    losses: list[float] = []
    norms = []
    for step in range(most):
        tensors = begun.engine.weights().values()
        norms.append([math.sqrt(dot(w.values, w.values)) for w in tensors])
        try:
            losses += begun.train(1, start=step)
        except DivergedError:
            return losses, norms
    raise AssertionError("it did not diverge")


def test_divergence_is_explained_and_can_be_gone_back_from(figure: Opener) -> None:
    losses, norms = until_divergence(lesson(1, learning_rate=30), 20)
    visit = figure("train-live", props={"step": 1}, at=1000, rate=30)
    assert visit.column(1) == pytest.approx(losses, **NEAR)
    first = next(
        (step, times.index(max(times)))
        for step, row in enumerate(norms)
        if max(times := [a / b for a, b in zip(row, norms[0], strict=True)]) >= 2
    )
    name = ["wte", "mlp_fc1", "mlp_fc2"][first[1]]
    assert f"After step {len(losses)} " in visit.sentence
    assert f"{name} was the first" in visit.sentence
    assert f"by step {first[0]} " in visit.sentence
    visit.page.get_by_role("button", name="with 10").click()
    visit.settle()
    tenth, _ = until_divergence(lesson(1, learning_rate=10), 20)
    assert [row[1] for row in visit.table[: len(tenth)]] == pytest.approx(tenth, **NEAR)
    assert [row[3] for row in visit.table[: len(losses)]] == pytest.approx(
        losses, **NEAR
    )


def test_a_branch_begins_ten_snapshots_before_and_is_compared(figure: Opener) -> None:
    visit = figure("train-live", props={"step": 1}, at=1000, changes="300:30")
    broken = [row[1] for row in visit.table if row[1] != ""]
    back = len(broken) - 10
    assert back > 280 and "no longer a number" in visit.sentence
    visit.page.get_by_role("button", name="Back 10 steps").click()
    visit.settle()
    line, other = visit.column(1), [row[3] for row in visit.table if row[3] != ""]
    assert other == broken
    assert line[:back] == broken[:back] and line[back + 1] != broken[back + 1]
    begun = lesson(1, back)
    later = lesson(1, learning_rate=10)
    later.engine.restore(begun.engine.weights(), begun.engine.buffers())
    assert line[back : back + 3] == pytest.approx(later.train(3, start=back), **NEAR)
    visit.page.get_by_role("button", name="Go on with the other").click()
    visit.settle()
    assert [row[1] for row in visit.table if row[1] != ""] == broken


def test_steps_side_by_side_are_the_lessons(figure: Opener) -> None:
    visit = figure("step-curves", props={"steps": [0, 1, 3]})
    for place, step in enumerate((0, 1, 3)):
        expected = lesson(step).train(12)
        assert visit.column(1 + 2 * place)[:12] == pytest.approx(expected, **NEAR)


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
    turned = (
        "layers.c",
        "dlogits[targets[t]] -= share;",
        "dlogits[targets[t]] += share;",
    )
    with one_sign_turned(tmp_path, *turned) as wasm:
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
