"""The reader plays the model: a whole game by keys, and its numbers by the package."""

import functools
import html
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.engines import Started, record_of, start
from support.guide.figure import Figure, Opener, Window
from support.guide.lessons import NAMES, NEAR, lesson, lesson_on
from support.guide.visitor import wait_until

import glassgpt as gg
from glassgpt.data.documents import read
from glassgpt.data.heldout import heldout_documents
from glassgpt.guide.facts.trainings import heldout_names

STEPS = [0, 1]
LAST = {0: 7, 1: 9, 2: 8, 3: 8}  # of each step, its last lesson
SURE = 0.3
# what is typed for each letter, over and over: the full stop is BOS
TYPED = "aeinrl."
PICKED = ".written b"


def rule(heldout: Sequence[str]) -> list[str]:
    """The held-out documents that are guessed."""
    return [text for text in heldout if 4 <= len(text) <= 8][:5]


@functools.cache
def trained(step: int) -> Started:
    """A step's lesson after its training; the kernel trained the network."""
    if step == 0:
        return lesson(0, 1000)
    from glassgpt.kernel.bindings import library

    if why := library.why_unavailable():
        pytest.skip(f"not run: {why}")
    begun = start(record_of(step), NAMES)
    run = gg.train("names", step=step, engine="kernel")
    begun.engine.restore(run.engine.weights(), run.engine.buffers())
    return begun


def often(table: Started) -> list[float]:
    """How often each token comes in what Step 0 counted, each once more."""
    size = table.tokenizer.vocab_size
    counts = list(table.engine.weights()["counts"].values)
    columns = [sum(counts[token::size]) + 1 for token in range(size)]
    return [count / sum(columns) for count in columns]


def spread(base: list[float], token: int, sure: float) -> list[float]:
    """What a pick gives each token."""
    share = (1 - sure) / (1 - base[token])
    return [sure if i == token else p * share for i, p in enumerate(base)]


def places(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Which document and which token comes, place by place."""
    for document, text in enumerate(texts, start=1):
        yield from ((document, letter) for letter in [*text, "BOS"])


def expected(texts: Sequence[str], runs: Sequence[Started]) -> list[list[Any]]:
    """The whole table of a game that was played by typing `TYPED`."""
    table = runs[0]
    base, encode = often(table), table.tokenizer.encode
    bos = table.tokenizer.bos
    losses = [
        [x for text in texts for x in run.engine.token_losses(encode(text))]
        for run in runs
    ]
    rows = []
    for i, (document, letter) in enumerate(places(texts)):
        typed = TYPED[i % len(TYPED)]
        given = spread(base, bos if typed == "." else encode(typed)[1], SURE)
        p = given[bos if letter == "BOS" else encode(letter)[1]]
        models = [x for each in losses for x in (math.exp(-each[i]), each[i])]
        rows.append([document, letter, p, -math.log(p), *models])
    return rows


def means(rows: list[list[Any]]) -> list[float]:
    """The mean loss of each player."""
    return [sum(row[i] for row in rows) / len(rows) for i in range(3, len(rows[0]), 2)]


def figures_of(page: str) -> list[tuple[str, dict[str, Any]]]:
    """The figures of a built page, in order, and their props."""
    found = re.findall(r'<gg-([\w-]+)[^>]* props="([^"]*)"', page)
    return [(name, json.loads(html.unescape(props))) for name, props in found]


@pytest.mark.parametrize(("step", "number"), LAST.items())
def test_a_step_ends_with_the_game_against_its_own_model(
    step: int, number: int, guide_site: Path
) -> None:
    lessons = guide_site / f"step/{step}"
    assert not (lessons / str(number + 1)).exists()
    page = (lessons / f"{number}/index.html").read_text("utf-8")
    name, props = figures_of(page)[-1]
    assert name == "play-model"
    assert [props["steps"][0], props["steps"][-1]] == [0, step]


def guess(visit: Figure, letter: str) -> None:
    """A letter is typed, and stands."""
    visit.page.keyboard.press(letter)
    visit.page.wait_for_selector(".controls-row.actions .primary[aria-disabled=false]")
    visit.page.keyboard.press("Enter")
    visit.settle()


def shows(visit: Figure) -> str:
    """All that is on the page or in its address, said aloud or written."""
    everything = "document.querySelector('main').outerHTML + location.href"
    return str(visit.page.evaluate(everything)) + str(visit.table)


def played(visit: Figure, texts: Sequence[str]) -> None:
    """A whole game by the keyboard; nothing is told before it is guessed."""
    visit.page.click(".written")
    ahead = list(places(texts))
    for i, (document, _) in enumerate(ahead):
        seen = visit.page.locator(PICKED).all_inner_texts()
        begun = [letter for at, letter in ahead[:i] if at == document]
        assert seen == ["BOS", *begun, "?"]
        assert len(visit.table) == i
        told = shows(visit)
        assert not [text for text in texts[document - 1 :] if text in told]
        guess(visit, TYPED[i % len(TYPED)])
    assert visit.page.locator(PICKED).all_inner_texts() == list(texts)


def equal(found: list[list[Any]], wanted: list[list[Any]]) -> None:
    assert [row[:2] for row in found] == [row[:2] for row in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[2:] == pytest.approx(other[2:], **NEAR)


@pytest.mark.parametrize("steps", [[0], [0, 2, 3]])
def test_a_game_by_keys_is_measured_as_the_package_measures(
    steps: list[int], figure: Opener
) -> None:
    texts = rule(heldout_names())
    assert len(texts) == 5
    visit = figure("play-model", props={"steps": steps})
    played(visit, texts)
    rows = expected(texts, [trained(step) for step in steps])
    equal(visit.table, rows)
    yours, *models = means(rows)
    assert f"You lost {yours:.2f} nats a token" in visit.sentence
    assert f"among {math.exp(yours):.1f} equally likely" in visit.sentence
    assert yours > min(models)
    assert f"by {yours - min(models):.2f} nats" in visit.sentence
    drawn = str(visit.page.get_attribute("svg.standings", "aria-label"))
    assert all(
        f"{mean:.2f}, among {math.exp(mean):.1f}" in drawn for mean in means(rows)
    )
    right = sum(
        TYPED[i % len(TYPED)] == row[1].replace("BOS", ".")
        for i, row in enumerate(rows)
    )
    assert f"came {right} times of {len(rows)}; you had given it 30 %" in visit.sentence
    worst = max(rows, key=lambda row: row[3])
    assert f"the {worst[1]} in {texts[worst[0] - 1]}: " in visit.sentence


def test_a_game_stays_and_goes_back_and_is_told_to_others(
    private_window: Callable[..., Window],
) -> None:
    texts = rule(heldout_names())
    rows = expected(texts, [trained(step) for step in STEPS])
    visit = private_window().show("play-model", embedded=True)
    page = visit.page
    played(visit, texts)
    there = visit.table
    page.reload()
    visit.settle()
    assert visit.table == there
    # back, and what was said of a place
    page.get_by_role("button", name="One step back").click()
    visit.settle()
    visit.wait_for_address(f"play-model.at={len(rows) - 1}")
    assert visit.sentence.startswith("It was BOS. You gave it ")
    assert f"{rows[-1][3]:.2f} nats" in visit.sentence
    pressed = page.locator(".letter-bars .came").get_attribute("aria-label")
    assert pressed == f"BOS {100 * rows[-1][2]:.0f} %"
    page.get_by_role("button", name="One step on").click()
    visit.settle()
    # the line holds the result, and no letter of the names
    page.get_by_role("button", name="Copy result").click()
    wait_until(page, "document.querySelector('.told').textContent !== ''", 10)
    line = str(page.evaluate("navigator.clipboard.readText()"))
    yours, table, _ = means(rows)
    assert f"I lost {yours:.2f} nats" in line
    assert f"count table {table:.2f}, even guessing {math.log(27):.2f}" in line
    # a figure's link has the place alone; the other one has what came, no letter
    plain = visit.copied_link()
    assert "sender" not in plain
    page.get_by_role("button", name="Link with my guesses").click()
    wait_until(page, "document.querySelector('.told').textContent.includes('Link')", 10)
    sent = str(page.evaluate("navigator.clipboard.readText()"))
    assert not [text for text in texts if text in sent + line + plain]
    # once more: the first result stays
    page.get_by_role("button", name="Play again").click()
    visit.settle()
    assert visit.table == [] and "this is practice" in visit.sentence
    page.click(".written")
    guess(visit, "z")
    assert visit.table[0][4:6] == pytest.approx(rows[0][2:4], **NEAR)
    # who opens the link plays against the sender
    page.evaluate("localStorage.clear()")
    other = Window(page, "")
    opened = other.open("play-model", sent)
    assert opened.table == [] and "who sent this" in page.inner_text(".guessed")
    page.click(".written")
    guess(opened, "q")
    assert opened.table[0][4:6] == pytest.approx(rows[0][2:4], abs=1e-4)


def test_bars_are_set_by_mouse_and_by_arrows_and_share_what_is_left(
    figure: Opener,
) -> None:
    visit = figure("play-model", props={"steps": STEPS})
    page, base = visit.page, often(trained(0))
    at = trained(0).tokenizer.encode("em")[1:3]

    def said() -> list[float]:
        bars = page.locator(".letter-bars button").all()
        labels = [str(one.get_attribute("aria-label")) for one in bars]
        return [float(label.split()[-2]) / 100 for label in labels]

    def near(wanted: list[float]) -> None:
        visit.settle()
        assert said() == pytest.approx(wanted, abs=0.0051)

    near(base)
    page.locator(".letter-bars button").nth(at[0]).click()
    near(spread(base, at[0], 0.3))
    page.get_by_label("how sure of e").fill("60")
    near(spread(base, at[0], 0.6))
    room = page.locator(".letter-bars .room").nth(at[1]).bounding_box()
    x, y = room["x"] + room["width"] / 2, room["y"] + room["height"]
    page.mouse.move(x, y - 2)
    page.mouse.down()
    page.mouse.move(x, y - room["height"] / 4, steps=3)
    page.mouse.up()
    page.keyboard.press("ArrowUp")
    left = (1 - 0.6 - 0.3) / (1 - base[at[0]] - base[at[1]])
    wanted = [p * left for p in base]
    wanted[at[0]], wanted[at[1]] = 0.6, 0.3
    visit.settle()
    assert said() == pytest.approx(wanted, abs=0.02)
    page.get_by_role("button", name="Guess m").click()
    visit.settle()
    (row,) = visit.table
    assert row[3] == pytest.approx(-math.log(row[2]), **NEAR)
    # nothing is picked: nothing can be guessed
    assert page.get_attribute(".actions .primary", "aria-disabled") == "true"
    page.locator(".actions .primary").dispatch_event("click")
    visit.settle()
    assert len(visit.table) == 1


def test_own_documents_are_guessed_where_some_are_held_out(
    figure: Opener, tmp_path: Path
) -> None:
    letters = "abcde"
    own = [a + b + c + d + e + a for a in letters for b in letters for c in letters
           for d in letters for e in letters]  # fmt: skip
    docs = "\n".join(own[:1500]) + "\n"
    begun = lesson_on(docs, tmp_path, 0, 1000)
    decode = begun.tokenizer.decode
    seen = {decode(tokens) for tokens in begun.documents[:1000]}
    texts = rule(
        heldout_documents(read(str(tmp_path / "own.txt")).documents, seen, 42, 500)
    )
    visit = figure("play-model", props={"steps": [0]}, docs=docs)
    visit.page.click(".written")
    for i in range(len(texts[0]) + 1):
        guess(visit, "ab."[i % 3])
    assert [row[1] for row in visit.table] == [*texts[0], "BOS"]
    losses = begun.engine.token_losses(begun.tokenizer.encode(texts[0]))
    assert visit.column(5) == pytest.approx(losses, **NEAR)
    # none is left of a few
    visit = figure("play-model", props={"steps": [0]}, docs="anna\nbob\ncleo\n")
    assert visit.sentence.startswith("There is nothing to guess: the 1,000 steps")
    assert visit.table == []


def test_a_wrong_kernel_gives_other_models(
    private_window: Callable[..., Window], sign_turned: Path
) -> None:
    visit = private_window(sign_turned).show("play-model", props={"steps": STEPS})
    visit.page.click(".written")
    guess(visit, "a")
    wanted = expected(rule(heldout_names()), [trained(step) for step in STEPS])[0]
    assert visit.table[0][2:6] == pytest.approx(wanted[2:6], **NEAR)
    assert visit.table[0][7] != pytest.approx(wanted[7], rel=1e-3)


@pytest.mark.parametrize("kept", ["null", "[]", '{"x": 3}', '{"x": [[[["a", 1]]]]}'])
def test_whatever_is_kept_a_game_can_begin(kept: str, figure: Opener) -> None:
    visit = figure("play-model", props={"steps": STEPS})
    visit.page.evaluate(
        "(text) => localStorage.setItem('glassgpt.guesses', text)", kept
    )
    visit.page.reload()
    visit.settle()
    assert visit.table == []


def test_four_models_and_the_reader_fit_a_phone(figure: Opener) -> None:
    visit = figure("play-model", width=390, props={"steps": [0, 1, 3, 5]})
    visit.page.click(".written")
    guess(visit, "a")
    size = "[document.querySelector('.frame').offsetHeight, document.body.scrollWidth]"
    high, wide = visit.page.evaluate(size)
    assert high <= 784 and wide <= 390
    drawn = str(visit.page.get_attribute("svg.standings", "aria-label"))
    assert all(name in drawn for name in ("count table", "network", "one head"))
    assert len(visit.table[0]) == 2 + 2 * 5
