"""Lessons 4.4 and 4.5: models of several layers, against the lesson's own code."""

import functools
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.guide.figure import Figure, Opener
from support.guide.lessons import LONG, NAMES, NEAR, ODD

from glassgpt.bench.ablations import trained_without
from glassgpt.config import Record, preset
from glassgpt.data import load_corpus
from glassgpt.engines.kernel import KernelEngine
from glassgpt.engines.reference.number import Number
from glassgpt.guide.facts.heads import layers as facts
from glassgpt.guide.facts.names import tokenizer
from glassgpt.lessons import lesson
from glassgpt.training.session import Session

# two are odd: letters that the names lack, and more of them than the block holds
WORDS = ["emma", "ava", "otto", "x", "olivia", "hannah", "qi", "biad", "zoë", LONG]
NEARLY = {"rel": 1e-7}
DEPTHS = range(5)
STEPS = {"sgd": 4, "adam": 5}
# the second number of a row is a layer's part: four squares, and two four times as high
OUTSIDE, LAYER = 27 * 16 + 16 * 16 + 27 * 16, 4 * 16 * 16 + 2 * 64 * 16


def record_with(layers: int, optimizer: str = "sgd", **how: Any) -> Record:
    return preset(f"step{STEPS[optimizer]}").with_settings(
        n_layer=max(1, layers), **how
    )


def package_loss(layers: int, optimizer: str, seed: int) -> float:
    """The held-out loss of the same record, trained by the package's kernel."""
    parts = () if layers else ("attention", "mlp")
    record = record_with(layers, optimizer, seed=seed)
    (found,) = trained_without(record, load_corpus("names"), [parts])
    return found.loss


@functools.cache
def lesson_space(layers: int, trained: int) -> dict[str, Any]:
    """Step 4's own `gpt`, with the weights that the lesson's training gives layers."""
    session = Session(record_with(layers), load_corpus("names"), "kernel")
    for done in range(trained):
        session.engine.train_step(done, session.batch(done))
    model = session.record.model
    rows = {
        name: [
            list(map(Number, tensor.values[i : i + tensor.shape[1]]))
            for i in range(0, len(tensor.values), tensor.shape[1])
        ]
        for name, tensor in session.engine.weights().items()
    }
    given = {
        "vocab_size": model.vocab_size, "state_dict": rows, "n_embd": model.n_embd,
        "n_head": model.n_head, "n_layer": layers, "rms_eps": model.rms_eps,
        "head_dim": model.n_embd // model.n_head, "math": __import__("math"),
    }  # fmt: skip
    return lesson(4).load(["model"], given)


def lesson_lists(layers: int, trained: int, word: str) -> list[list[float]]:
    """A row for each layer and token: its key, then its value."""
    gpt = lesson_space(layers, trained)["gpt"]
    known = "".join(each for each in word if each in tokenizer().characters)
    keys: list[list[Any]] = [[] for _ in range(layers)]
    values: list[list[Any]] = [[] for _ in range(layers)]
    for place, token in enumerate(tokenizer().encode(known)[:-1][:16]):
        gpt(token, place, keys, values)
    return [
        [x.data for x in (*key, *value)]
        for layer in range(layers)
        for key, value in zip(keys[layer], values[layer], strict=True)
    ]


def agree(visit: Figure, layers: int, trained: int, word: str) -> None:
    wanted = lesson_lists(layers, trained, word)
    n = len(wanted) // layers
    assert [row[:2] for row in visit.table] == [
        [layer, place] for layer in range(layers) for place in range(n)
    ]
    for row, numbers in zip(visit.table, wanted, strict=True):
        assert row[3:] == pytest.approx(numbers, **NEAR), (layers, word, row[:3])
    kept = f"{n} × 2 × 16 × {layers} = {2 * 16 * layers * n:,} numbers"
    assert kept in visit.sentence
    assert facts.kept_numbers(layers, n - 1) == 2 * 16 * layers * n
    assert visit.page.locator(".quartet dd").all_inner_texts() == [
        f"{number:,}" for number in (2 * layers, n, 32 * layers, 32 * layers * n)
    ]


def test_the_lists_of_ten_words_are_the_lessons_in_each_number_of_layers(
    figure: Opener,
) -> None:
    visit = figure("cache-lists")
    for word in WORDS:
        visit.turn(layers=2, at=16, word=word)
        agree(visit, 2, 1000, word)
    for layers, trained in itertools.product((1, 3, 4), (1, 0)):
        for word in WORDS[-2:]:
            visit.turn(layers=layers, at=16, word=word, trained=trained)
            agree(visit, layers, 1000 * trained, word)


def test_lists_fill_token_by_token_and_a_number_says_whose_it_is(
    figure: Opener,
) -> None:
    visit = figure("cache-lists", layers=3)
    page = visit.page
    assert "6 empty lists: 3 for keys" in visit.sentence
    for place, name in enumerate(["BOS", "e"], start=1):
        page.get_by_role("button", name="One step on").click()
        visit.wait_for_address(f"at={place}")
        visit.settle()
        assert f"Token {place} of 5 is {name}." in visit.sentence
        assert f"So far {96 * place} are kept." in visit.sentence
    # layer 1, its values, the row of e, the third number
    place = (1 * 5 + 1) * 32 + 16 + 2
    visit.turn(layers=3, at=2, cell=place)
    value = lesson_lists(3, 1000, "emma")[1 * 5 + 1][16 + 2]
    said = page.inner_text(".read-out").replace("−", "-")
    assert said == f"values[1][1][2] = {value:.4f}, made when e was read"
    # what is not read yet can't be chosen, and keys go on from what is
    visit.turn(layers=3, at=1, cell=place)
    assert page.inner_text(".read-out").strip() == ""
    visit.turn(layers=3, at=2, cell=place)
    page.locator("svg.picture").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    visit.wait_for_address(f"cell={place + 1}")


def test_own_documents_have_lists_in_every_layer_too(figure: Opener) -> None:
    docs, word = ODD["docs"], ODD["word"]
    visit = figure("cache-lists", word=word, docs=docs, layers=2, at=16)
    assert visit.column(2) == ["BOS", *word] * 2
    assert visit.column(3)[:4] != visit.column(3)[4:]
    alone = figure("cache-lists", word="", layers=1, at=1)
    assert alone.column(2) == ["BOS"]
    assert "All 1 tokens" in alone.sentence


def test_parameters_are_counted_matrix_by_matrix(figure: Opener) -> None:
    visit = figure("layer-stack")
    page = visit.page
    for layers in DEPTHS:
        visit.turn(layers=layers)
        total = OUTSIDE + LAYER * layers
        assert f"With n_layer = {layers} the model has {total:,} para" in visit.sentence
        assert visit.column(1) == [OUTSIDE + LAYER * each for each in DEPTHS]
        assert page.locator(".quartet dd").all_inner_texts()[:3] == [
            f"{number:,}" for number in (OUTSIDE, LAYER, total)
        ]
        assert page.locator("svg.stack .matrix").count() == 3 + 6 * layers
        assert page.locator("svg.stack .room").count() == 4 - layers
        assert page.inner_text(".read-out").endswith(f"= {total:,}")
        assert facts.params_with(layers) == total
    # the last matrix of the second layer
    visit.turn(layers=2, matrix=3 + 6 + 5)
    said = page.inner_text(".read-out")
    assert said == "layer1.mlp_fc2: 16 × 64 = 1,024 weights, of layer 1 alone"
    page.locator("svg.stack").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    visit.wait_for_address(f"matrix={3 + 5}")
    assert page.inner_text(".read-out").startswith("layer0.mlp_fc2")
    assert facts.layer_params() == LAYER == 3072 and facts.params_with(3) == 10336


def test_trained_in_the_page_each_depth_costs_what_the_package_says(
    figure: Opener,
) -> None:
    visit = figure("layer-stack", layers=2)
    assert visit.column(3) == [""] * 5
    visit.page.get_by_role("button", name="Train all 5 models").click()
    visit.wait_for_address("trained=1")
    visit.settle()
    wanted = [package_loss(layers, "adam", 42) for layers in DEPTHS]
    assert visit.column(0) == list(DEPTHS)
    assert visit.column(3) == pytest.approx(wanted, **NEARLY)
    assert f"held-out loss is {wanted[2]:.4f}, from seed 42" in visit.sentence
    assert f"is −{wanted[1] - wanted[2]:.4f}. From another" in visit.sentence
    assert [facts.heldout_with(layers, "adam") for layers in DEPTHS] == pytest.approx(
        wanted, rel=1e-9
    )


def test_six_seeds_say_whether_a_layer_is_worth_something(figure: Opener) -> None:
    visit = figure("layer-stack", optimizer="sgd", trained=1, repeat=1, layers=2)
    losses: dict[int, dict[int, float]] = {}
    for layers, _, seed, loss in visit.table:
        losses.setdefault(seed, {})[layers] = loss
    assert list(losses) == [42, 43, 44, 45, 46, 47]
    for seed, of_seed in losses.items():
        assert list(of_seed) == list(DEPTHS)
        for layers in (0, 1, 2, 4) if seed == 43 else (1, 2):
            wanted = package_loss(layers, "sgd", seed)
            assert of_seed[layers] == pytest.approx(wanted, **NEARLY), (seed, layers)
    differences = [each[2] - each[1] for each in losses.values()]
    assert max(differences) < 0
    said = [f"{abs(f(differences)):.4f}" for f in (min, max)]
    assert f"from −{said[0]} to −{said[1]}. All 6 seeds agree" in visit.sentence
    assert visit.page.locator("svg.depths circle").count() == 30
    # with Adam they don't agree
    visit.turn(trained=1, repeat=1, layers=2)
    found = {(row[0], row[2]): row[3] for row in visit.table}
    better = sum(found[2, seed] < found[1, seed] for seed in losses)
    assert 0 < better < 6
    assert f"better from {better} of 6 seeds. This can't be told" in visit.sentence
    visit.page.get_by_role("button", name="One seed only").click()
    visit.settle()
    assert len(visit.table) == 5


def test_no_layer_is_one_to_which_nothing_is_added(tmp_path: Path) -> None:
    source = lesson(4).source
    for old, new in (("n_layer = 1", "n_layer = 0"), ("steps = 1000", "steps = 4")):
        assert source.count(old) == 1
        source = source.replace(old, new)
    program = tmp_path / "none.py"
    program.write_text(source, encoding="utf-8")
    command = [sys.executable, str(program), str(NAMES)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"num params: {OUTSIDE}" in printed
    session = Session(record_with(1, num_steps=4), load_corpus("names"), "kernel")
    assert isinstance(session.engine, KernelEngine)
    session.engine.kernel.leave_out(("attention", "mlp"))
    for done in range(4):
        loss = session.engine.train_step(done, session.batch(done))
        assert f"step {done + 1} / 4 | loss {loss:.4f}" in printed


def test_what_the_page_says_of_layers_is_so() -> None:
    adam, sgd = (facts.layers_worth(2, 1, how) for how in ("adam", "sgd"))
    longer = facts.layers_worth(2, 1, "adam", 5000)
    first = facts.layers_worth(1, 0, "adam")
    assert adam["low"] < 0 < adam["high"] < 0.005
    assert sgd["high"] < 0 and sgd["higher"] == 0 and sgd["low"] > -0.01
    assert longer["high"] < 0 and longer["higher"] < 4
    assert first["high"] < -0.01


def test_the_same_list_twice_has_two_rows_after_one_token() -> None:
    space = lesson_space(2, 0)
    bos = tokenizer().bos
    wrong: list[list[Any]] = [[]] * 2
    logits = [x.data for x in space["gpt"](bos, 0, wrong, [[]] * 2)]
    right: list[list[Any]] = [[] for _ in range(2)]
    apart = [x.data for x in space["gpt"](bos, 0, right, [[] for _ in range(2)])]
    assert [len(rows) for rows in (*wrong, *right)] == [2, 2, 1, 1]
    assert logits != apart


@pytest.mark.parametrize(
    ("state", "size"),
    [
        ({}, "4.19 GB"),
        ({"share": 4}, "1.05 GB"),
        ({"layers": 1, "across": 16, "tokens": 16, "bytes": 8}, "4.10 kB"),
        ({"layers": 80, "across": 8192, "tokens": 128000, "share": 8}, "41.94 GB"),
    ],
)
def test_a_large_cache_is_a_product(
    state: dict[str, int], size: str, figure: Opener
) -> None:
    visit = figure("cache-size", **state)
    default = {"layers": 32, "across": 4096, "share": 1, "tokens": 8000, "bytes": 2}
    layers, width, share, tokens, wide = ({**default, **state}).values()
    part = width // share
    numbers = sum(2 * part for _ in range(layers))
    assert visit.table == [
        [layers, width, share, tokens, wide, numbers, numbers * tokens * wide]
    ]
    assert visit.sentence.endswith(f"that is {size}.")
    assert f"2 × {layers} × {part:,} × {tokens:,} × {wide} = {size}" in (
        visit.page.text_content(".frame-picture").replace("\u00a0", " ")
    )
    assert facts.cache_gigabytes(layers, width, tokens, wide, share) == pytest.approx(
        numbers * tokens * wide / 1e9
    )
