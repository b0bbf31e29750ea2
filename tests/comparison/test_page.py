"""The page: one file that asks nobody for anything and says all that is known."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from glassgpt import data
from glassgpt.comparison.experiment import Comparison, compare
from glassgpt.comparison.notes import notes, summary
from glassgpt.comparison.page import page
from glassgpt.data.documents import Corpus
from glassgpt.formatting import format_number
from glassgpt.sampling import Sample

SIZES = {"n_embd": "4", "n_head": "2", "block_size": "6", "eval_docs": "20"}
NAMES = tuple(data.load("names").documents[:60])
VOID = {"meta", "br", "link", "img"}


class Reader(HTMLParser):
    """Collects what a page says and whether every element ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.cells: list[list[str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """All six lessons at tiny sizes; tests only read it."""
    corpus = data.load_corpus(NAMES)
    return compare(corpus, settings=SIZES, engine="reference", num_steps=6)


@pytest.fixture(scope="module")
def html(comparison: Comparison) -> str:
    """Its page."""
    return page(comparison, "1.2.3")


def rows(html: str) -> dict[str, list[str]]:
    """The cells of every row by what the row begins with."""
    cells = Reader(html).cells
    return {row[0].replace("\N{NO-BREAK SPACE}", " "): row[1:] for row in cells}


def test_every_element_ends_and_there_is_one_heading(html: str) -> None:
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert reader.open == []
    assert reader.seen.count("h1") == 1 and reader.seen.count("title") == 3


def test_it_needs_no_script_and_asks_nobody_for_anything(html: str) -> None:
    assert set(Reader(html).seen).isdisjoint({"script", "link", "img", "iframe"})
    assert not re.search(r"src=|href=|url\(|@import|\son\w+=", html)
    addresses = set(re.findall(r"https?://[^\s\"<]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html


def test_every_held_out_loss_stands_beside_the_baselines_the_best_first(
    html: str, comparison: Comparison
) -> None:
    found = rows(html)
    assert comparison.evaluation is not None
    for name, loss in comparison.evaluation.baselines.items():
        assert found[f"{name} baseline"][0] == format_number(loss)
    same = comparison.outcomes[1].evaluation
    assert same is not None
    of_both = found["1 = 2 gradient descent, autograd"]
    assert of_both == [
        format_number(same.loss),
        f"{format_number(same.perplexity, 1)} tokens",
    ]
    first_table = [cells for cells in Reader(html).cells[1:] if len(cells) == 3]
    losses = [float(cells[1]) for cells in first_table]
    assert len(losses) == 5 + 5 and losses == sorted(losses)


def test_each_step_has_its_losses_and_its_parameters(
    html: str, comparison: Comparison
) -> None:
    found = rows(html)
    for outcome in comparison.outcomes:
        cells = found[f"{outcome.step} {outcome.title}"]
        if len(cells) == 2:  # of the first table, where 3, 4 and 5 have their own row
            continue
        assert outcome.smoothed is not None
        assert cells[:2] == [
            format_number(outcome.losses[0]),
            format_number(outcome.smoothed),
        ]
        assert cells[2] == format_number(outcome.parameters, 0)


def test_it_says_what_came_out_and_what_that_does_not_show(
    html: str, comparison: Comparison
) -> None:
    words = Reader(html).words
    assert summary(comparison) in words
    assert len(notes(comparison)) >= 4
    assert all(note in words for note in notes(comparison))


def test_it_says_how_it_was_made(html: str, comparison: Comparison) -> None:
    words = Reader(html).words
    assert comparison.command() in words
    assert comparison.corpus.sha256 in words
    assert "glassgpt 1.2.3" in words and "reference" in words and "float64" in words


def test_the_picture_is_there_once_for_wide_and_once_for_narrow_places(
    html: str,
) -> None:
    widths = re.findall(r'<svg [^>]*viewBox="0 0 (\d+) ', html)
    assert widths == ["960", "360"]
    assert all(f"@media {kind}" in html for kind in ("print", "(max-width:760px)"))
    assert "prefers-color-scheme:dark" in html


def test_names_of_documents_and_files_are_text_and_nothing_else(
    comparison: Comparison,
) -> None:
    corpus = Corpus("<b>&.txt", NAMES, 0, "0" * 64)
    odd = [Sample("<script>", True), Sample("a\x07b", False), Sample("", False)]
    outcomes = [replace(outcome, samples=odd) for outcome in comparison.outcomes]
    html = page(Comparison(outcomes, corpus, 0.1), "1")
    reader = Reader(html)
    assert "script" not in reader.seen and "<script>" in reader.words
    assert "<b>&.txt" in reader.words
    assert "a\\x07b" in reader.words and "\x07" not in html
    assert "<u>&lt;script&gt;</u>" in html and "(nothing)" in reader.words


def test_without_held_out_documents_the_page_says_how_to_have_some(
    comparison: Comparison,
) -> None:
    outcomes = [replace(o, evaluation=None) for o in comparison.outcomes]
    words = Reader(page(Comparison(outcomes, comparison.corpus, 0.1), "1")).words
    assert "--holdout 0.1" in words and "Too few documents" in words
