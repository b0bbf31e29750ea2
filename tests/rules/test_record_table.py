"""docs/record.md says of each field what the code does: its table is generated."""

import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import record_table
from record_table import COLUMNS, PAGE, Row, value_of, with_value
from support import not_run, require_torch

from glassgpt import engines
from glassgpt.config import Record, preset
from glassgpt.config.record import all_fields
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.library import why_unavailable
from glassgpt.optim import OPTIMIZERS

FOLLOWS = ("step", "vocab_size")


@cache
def page_rows() -> dict[str, Row]:
    """The rows of the page's table of fields, by field; columns by their heading."""
    return table(PAGE.read_text(encoding="utf-8"))


def table(page: str) -> dict[str, Row]:
    fields = page.partition("\n## The fields")[2].partition("\n## ")[0]
    lines = [line for line in fields.splitlines() if line.startswith("|")]
    heading, _, *rows = [[cell.strip() for cell in x.split("|")[1:-1]] for x in lines]
    return {row[0].strip("`"): dict(zip(heading, row, strict=True)) for row in rows}


def engine(name: str) -> type[Engine]:
    """The class of an engine; not run where there is no compiler, or no PyTorch."""
    if name == "kernel" and (why := why_unavailable()):
        not_run("cc", why)
    if name == "torch":
        require_torch()
    return engines.CANDIDATES[name].load()


def generated(kinds: Mapping[str, type[Engine]]) -> dict[str, Row]:
    """The rows as the tool writes them, with the columns of these engines."""
    return {row["field"].strip("`"): row for row in record_table.rows(kinds)}


def assert_as_generated(*names: str) -> None:
    """Compare the page with the tool, in the columns of these engines and all others.

    After a change of the record, write the page anew: python tools/record_table.py
    """
    expected = generated({name: engine(name) for name in names})
    left_out = {COLUMNS[name] for name in COLUMNS.keys() - {*names}}
    found = {
        name: {column: cell for column, cell in row.items() if column not in left_out}
        for name, row in page_rows().items()
    }
    assert list(found) == list(expected) == list(all_fields())
    assert found == expected


def test_the_table_is_what_the_tool_writes() -> None:
    assert_as_generated("reference")


@pytest.mark.parametrize("name", ["kernel", "torch"])
def test_the_column_of_an_engine_is_what_the_tool_writes(name: str) -> None:
    assert_as_generated(name)


def test_the_page_is_what_the_tool_makes_of_it() -> None:
    kinds = {name: engine(name) for name in COLUMNS}
    page = PAGE.read_text(encoding="utf-8")
    wrong = page.replace("| 0.85 |", "| 0.9 |", 1)
    rows = record_table.rows(kinds)
    assert record_table.with_table(wrong, rows) == page != wrong


def steps_of(text: str) -> list[int]:
    """ "1-3" as [1, 2, 3]."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def reads(name: str) -> tuple[list[int], tuple[str, ...]]:
    """The steps and the optimizers that the table says read a field."""
    steps, _, optimizers = page_rows()[name]["read by steps"].partition(" with ")
    named = tuple(optimizers.split(", ")) if optimizers else tuple(OPTIMIZERS)
    return steps_of(steps), named


def with_optimizer(step: int, optimizer: str) -> Record:
    record = preset(f"step{step}")
    return record.with_settings(optimizer=optimizer) if step else record


def settings_of(steps: list[int], optimizers: tuple[str, ...]) -> Iterator[Record]:
    for step in steps:
        for optimizer in optimizers if step else ("sgd",):
            yield with_optimizer(step, optimizer)


def test_a_default_is_that_of_the_presets_where_they_read_the_field() -> None:
    for name in all_fields().keys() - {"step"}:
        found = {}
        for part in page_rows()[name]["default"].split("; "):
            value, _, steps = part.partition(" in ")
            chosen = steps_of(steps) if steps else reads(name)[0]
            found.update(dict.fromkeys(chosen, value))
        expected = {s: str(value_of(preset(f"step{s}"), name)) for s in reads(name)[0]}
        assert found == expected, name


def test_a_field_can_be_set_where_its_row_says_that_it_is_read() -> None:
    for name in all_fields().keys() - {*FOLLOWS}:
        for record in settings_of(*reads(name)):
            value = value_of(record, name)
            assert record.with_settings(**{name: value}) == record, name


def test_a_field_set_elsewhere_gives_the_error_of_its_row() -> None:
    for name, row in page_rows().items():
        steps, optimizers = reads(name)
        errors = {text.strip("`") for text in row["set elsewhere"].split(", ") if text}
        given = set()
        for record in settings_of(list(range(6)), tuple(OPTIMIZERS)):
            step, optimizer = record.model.step, record.train.optimizer
            if name not in FOLLOWS and step in steps and optimizer in optimizers:
                continue
            with pytest.raises(UsageError) as caught:
                record.with_settings(**{name: value_of(record, name)})
            why = str(caught.value).partition("; ")[2]
            why = why.replace(f"step {step} ", "step N ")
            given.add(why.replace(f"{optimizer} has", "OPTIMIZER has"))
        assert given == errors, name


def choices_of(name: str) -> list[Record]:
    """Records that read a field, one for each choice there is."""
    steps, optimizers = reads(name)
    return [
        with_value(record, name, choice)
        for record in [with_optimizer(s, o) for s in steps for o in optimizers]
        for choice in all_fields()[name].choices or [value_of(record, name)]
    ]


def supports(cell: str, value: Any) -> bool:
    """Whether a cell such as "to 4096" or "float64, float32" has a value in it."""
    if cell == "yes":
        return True
    word, _, number = cell.partition(" ")
    if word in ("to", "from"):
        return bool(value <= int(number) if word == "to" else value >= int(number))
    return str(value) in cell.split(", ")


def beyond(name: str, cell: str) -> list[Record]:
    """Records with a number that a cell has not."""
    if all_fields()[name].choices or cell == "yes" or name == "step":
        return []
    number = int(cell.removeprefix("to ")) + 1
    return [with_value(preset("step5"), name, number)]


def assert_does_what_the_row_says(kind: type[Engine], name: str, cell: str) -> None:
    supported, _, error = cell.partition("; else ")
    assert bool(error) == (supported != "yes"), name
    for record in choices_of(name) + beyond(name, supported):
        value = value_of(record, name)
        if supports(supported, value):
            if kind.name != "torch" or record.model.step:
                kind.check(record)
            continue
        with pytest.raises(UsageError) as caught:
            kind.check(record)
        assert str(caught.value) == f"invalid {name}: {value}; {error.strip('`')}"


@pytest.mark.parametrize("name", COLUMNS)
def test_an_engine_does_with_each_field_what_its_row_says(name: str) -> None:
    kind = engine(name)
    for field, row in page_rows().items():
        assert_does_what_the_row_says(kind, field, row[COLUMNS[name]])


def test_the_reference_engine_can_be_made_for_every_optimizer_and_step() -> None:
    for step in range(1, 6):
        for optimizer in OPTIMIZERS:
            record = with_optimizer(step, optimizer).with_settings(n_embd=4)
            ReferenceEngine(record, random.Random(1))


def test_a_wrong_row_is_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8").replace("| 0.85 |", "| 0.9 |", 1)
    assert table(page)["beta1"]["default"] == "0.9" != page_rows()["beta1"]["default"]
    assert table(page) != page_rows()
