"""Numbers in the figures of Step 0 against its own code, from the address alone."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engines import Started, record_of, start
from support.guide.figure import Opener
from support.guide.lessons import NAMES, Table

from glassgpt import data
from glassgpt.data.heldout import heldout_documents
from glassgpt.lessons import lesson

NEAR: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}
OWN = "Zoë\nÅsa\nZoé\nÅsmund\nÉa\n"  # NFC or not, a character is one
# a word, and the reader's own documents where it has characters of theirs
WORDS = [("emma", ""), ("xqzzv", ""), ("Zoë", OWN), ("annabella" * 5, "")]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Any]:
    """A run's beginning on the names, or on documents that are given."""

    def beginning(docs: str = "") -> Started:
        if not docs:
            return start(record_of(0), NAMES)
        file = tmp_path / "own.txt"
        file.write_text(docs, encoding="utf-8")
        return start(record_of(0), file)

    yield beginning


def state(word: str, docs: str) -> dict[str, Any]:
    return {"word": word, **({"docs": docs} if docs else {})}


@pytest.mark.parametrize("words", ["emma olivia ava", "Zoë, Zoë Åsa", "a", ""])
def test_words_become_the_lessons_vocabulary(words: str, figure: Opener) -> None:
    visit = figure("character-set", words=words)
    joined = "".join(words.replace(",", " ").split())
    chars = sorted(set(joined))
    expected = [[char, i, joined.count(char)] for i, char in enumerate(chars)]
    assert visit.table == [*expected, ["BOS", len(chars), 0]]


@pytest.mark.parametrize(("word", "docs"), WORDS)
def test_a_word_becomes_the_lessons_tokens(
    word: str, docs: str, figure: Opener, begun: Any
) -> None:
    visit = figure("tokenizer", **state(word, docs))
    assert visit.column(2) == begun(docs).tokenizer.encode(word)


def test_what_the_vocabulary_lacks_is_struck_out(figure: Opener) -> None:
    visit = figure("tokenizer", word="émil-e")
    struck = visit.page.eval_on_selector_all(
        ".spelled s", "(all) => all.map((each) => each.textContent)"
    )
    assert struck == ["é", "-"]
    assert visit.column(1) == ["BOS", "m", "i", "l", "e", "BOS"]
    assert "é" in visit.sentence


@pytest.mark.parametrize(("token", "docs"), [("a", ""), ("BOS", ""), ("Å", OWN)])
@pytest.mark.parametrize("smoothing", [0, 0.1, 1, 100])
def test_a_row_is_the_lessons(
    token: str, docs: str, smoothing: float, figure: Opener, begun: Any
) -> None:
    own = {"docs": docs} if docs else {}
    visit = figure("bigram-row", token=token, smoothing=smoothing, names=3, **own)
    table = Table(begun(docs), 3, smoothing)
    tokenizer = table.tokenizer
    at = tokenizer.bos if token == "BOS" else tokenizer.encode(token)[1]
    assert visit.column(1) == table.space["counts"][at]
    assert visit.column(2) == pytest.approx(table.probs(at), **NEAR)


@pytest.mark.parametrize(("word", "docs"), WORDS)
@pytest.mark.parametrize("smoothing", [0, 0.5, 1])
def test_what_smoothing_saves_is_the_lessons(
    word: str, docs: str, smoothing: float, figure: Opener, begun: Any
) -> None:
    given = {**state(word, docs), "smoothing": smoothing, "names": 100}
    visit = figure("smoothing-word", **given)
    table = Table(begun(docs), 100, smoothing)
    assert visit.column(5) == pytest.approx(table.losses(word), **NEAR)


@pytest.mark.parametrize("smoothing", [0, 1])
def test_impossible_names_are_counted(
    smoothing: float, figure: Opener, begun: Any
) -> None:
    visit = figure("smoothing-word", smoothing=smoothing, names=1000)
    run = begun()
    table = Table(run, 1000, smoothing)
    seen = [run.tokenizer.decode(tokens[1:-1]) for tokens in run.documents[:1000]]
    held = heldout_documents(data.load("names").documents, seen, 42, 500)
    losses = [table.losses(text) for text in held]
    impossible = sum(not math.isfinite(sum(each)) for each in losses)
    if smoothing:
        mean = sum(map(sum, losses)) / sum(map(len, losses))
        assert impossible == 0 and f"{mean:.4f}" in visit.sentence
    else:
        assert 0 < impossible < 500
        assert (
            f"Of 500 names that were not counted, {impossible} hold" in visit.sentence
        )


@pytest.mark.parametrize("temperature", [0.5, 1])
def test_the_table_writes_the_lessons_names(
    temperature: float, figure: Opener, begun: Any
) -> None:
    props = {"step": 0}
    run = begun()
    run.train(40)
    first = run.engine.decoder().step(run.tokenizer.bos, temperature)
    names = [run.sample(temperature) for _ in range(20)]
    at = {"trained": 40, "temperature": temperature}
    assert figure("names-temperature", props=props, **at).column(0) == names
    for draw in (0, 7):
        visit = figure("generate", props=props, draw=draw, **at)
        chosen = [each for each in visit.column(2) if each != "BOS"]
        assert "".join(chosen) == names[draw]
        assert visit.table[0][3:] == pytest.approx(first, **NEAR)


@pytest.mark.parametrize("docs", ["", "aa\nabc\nab\nÅbcÅ\nÅbcde\n"])
def test_the_dials_miss_what_was_counted(docs: str, figure: Opener) -> None:
    slope, at_nought = 0.65, 1.3
    own = {"docs": docs} if docs else {}
    visit = figure("dials", slope=slope, start=at_nought, **own)
    documents = docs.split() if docs else data.load("names").documents
    misses = []
    for length, count, mean, said, miss in visit.table:
        different = [len(set(text)) for text in documents if len(text) == length]
        assert count == len(different)
        assert mean == pytest.approx(sum(different) / count, **NEAR)
        assert said == pytest.approx(slope * length + at_nought, **NEAR)
        misses.append(said - sum(different) / count)
        assert miss == pytest.approx(misses[-1], **NEAR)
    assert sum(visit.column(1)) == len(documents)
    loss = sum(miss * miss for miss in misses) / len(misses)
    assert f"{loss:.3f}" in visit.sentence


@pytest.mark.parametrize("numbers", [(3, 1, 1, 2), (-2.5, 4, 0.5, -1), (2, 0, 0, 3)])
def test_a_dot_product_is_the_lessons(
    numbers: tuple[float, ...], figure: Opener
) -> None:
    names = ("u1", "u2", "v1", "v2")
    visit = figure("dot-arrows", **dict(zip(names, numbers, strict=True)))
    u, v = list(numbers[:2]), list(numbers[2:])
    linear = lesson(1).load(["model"], {"math": math, "state_dict": {}})["linear"]
    assert visit.table[-1][2] == pytest.approx(linear(u, [v])[0], **NEAR)
    assert f"{math.hypot(*u):.2f}" in visit.sentence
    assert f"{math.hypot(*v):.2f}" in visit.sentence


@pytest.mark.parametrize("size", [0, 3, 6])
@pytest.mark.parametrize(("dial", "given"), [(0.5, 3), (-1.5, 0.5), (1, 0)])
def test_a_nudge_moves_what_it_should(
    size: int, dial: float, given: float, figure: Opener
) -> None:
    visit = figure("chain", dial=dial, input=given, wanted=2, size=size)
    nudge = 10**-size
    said = [given * a for a in (dial, dial + nudge)]
    losses = [(each - 2) ** 2 for each in said]
    assert visit.table[1][1:3] == pytest.approx(said, **NEAR)
    assert visit.table[2][1:3] == pytest.approx(losses, **NEAR)
    # the secant of a square is exact in its nudge
    slope = (2 * (said[0] - 2) + given * nudge) * given
    assert visit.table[0][3] == pytest.approx(slope, rel=1e-8, abs=1e-8)
