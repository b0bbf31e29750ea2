"""docs/record.md says of each field what the code does."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest
from support import not_run, require_torch

from glassgpt.config import Record, preset
from glassgpt.config.record import all_fields
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.library import why_unavailable
from glassgpt.optim import OPTIMIZERS

PAGE = Path(__file__).parents[2] / "docs" / "record.md"
FOLLOWS = ("step", "vocab_size")
Row = dict[str, str]


def table(page: str) -> dict[str, Row]:
    """The rows of the page's table of fields, by field; columns by their heading."""
    fields = page.partition("\n## The fields")[2].partition("\n## ")[0]
    lines = [line for line in fields.splitlines() if line.startswith("|")]
    heading, _, *rows = [[cell.strip() for cell in x.split("|")[1:-1]] for x in lines]
    return {row[0].strip("`"): dict(zip(heading, row, strict=True)) for row in rows}


ROWS = table(PAGE.read_text(encoding="utf-8"))
EVERY_ROW = pytest.mark.parametrize("name", ROWS)


@pytest.fixture
def kernel() -> type[Engine]:
    """The kernel engine's class; not run where there is no compiler."""
    if why := why_unavailable():
        not_run("cc", why)
    from glassgpt.engines.kernel import KernelEngine

    return KernelEngine


def steps_of(text: str) -> list[int]:
    """ "1-3" as [1, 2, 3]."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def reads(name: str) -> tuple[list[int], tuple[str, ...]]:
    """The steps and the optimizers that the table says read a field."""
    steps, _, optimizers = ROWS[name]["read by steps"].partition(" with ")
    return steps_of(steps), tuple(optimizers.split(", ")) if optimizers else OPTIMIZERS


def defaults(name: str) -> dict[int, str]:
    """The default that the table gives for each step that reads a field."""
    found = {}
    for part in ROWS[name]["default"].split("; "):
        value, _, steps = part.partition(" in ")
        found.update(dict.fromkeys(steps_of(steps) if steps else reads(name)[0], value))
    return found


def field(record: Record, name: str) -> Any:
    return getattr(record.model if hasattr(record.model, name) else record.train, name)


def with_optimizer(step: int, optimizer: str) -> Record:
    record = preset(f"step{step}")
    return record.with_settings(optimizer=optimizer) if step else record


def test_the_table_has_a_row_for_each_field_in_their_order() -> None:
    assert list(ROWS) == list(all_fields())


@EVERY_ROW
def test_a_row_says_what_the_field_is_and_what_it_may_hold(name: str) -> None:
    assert ROWS[name]["what it is"] == all_fields()[name].about
    assert ROWS[name]["values"] == all_fields()[name].values()


@EVERY_ROW
def test_a_row_gives_the_defaults_of_the_presets(name: str) -> None:
    if name == "step":
        assert ROWS[name]["default"] == str(Record().model.step)
        return
    for step, value in defaults(name).items():
        assert value == str(field(preset(f"step{step}"), name))
    assert sorted(defaults(name)) == reads(name)[0]


@EVERY_ROW
def test_a_field_can_be_set_where_the_row_says_that_it_is_read(name: str) -> None:
    steps, optimizers = reads(name)
    for step in steps:
        for optimizer in optimizers if step else ["sgd"]:
            record = with_optimizer(step, optimizer)
            value = field(record, name)
            if name not in FOLLOWS:
                assert record.with_settings(**{name: value}).model.step == step


@EVERY_ROW
def test_a_field_set_elsewhere_gives_the_error_of_the_row(name: str) -> None:
    steps, optimizers = reads(name)
    errors = {
        text.strip("`") for text in ROWS[name]["set elsewhere"].split(", ") if text
    }
    given = set()
    for step in range(6):
        for optimizer in OPTIMIZERS if step else ["sgd"]:
            if name not in FOLLOWS and step in steps and optimizer in optimizers:
                continue
            record = with_optimizer(step, optimizer)
            value = field(record, name)
            with pytest.raises(UsageError) as caught:
                record.with_settings(**{name: value})
            why = str(caught.value).partition("; ")[2]
            why = why.replace(f"step {step} ", "step N ")
            given.add(why.replace(f"{optimizer} has", "OPTIMIZER has"))
    assert given == errors


def with_value(record: Record, name: str, value: Any) -> Record:
    part = "model" if hasattr(record.model, name) else "train"
    changed = dataclasses.replace(getattr(record, part), **{name: value})
    return dataclasses.replace(record, **{part: changed})


def choices_of(name: str) -> list[Record]:
    """Records that read a field, one for each choice there is."""
    steps, optimizers = reads(name)
    return [
        with_value(record, name, choice)
        for record in [with_optimizer(s, o) for s in steps for o in optimizers]
        for choice in all_fields()[name].choices or [field(record, name)]
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


def assert_does_what_the_row_says(kind: type[Engine], column: str, name: str) -> None:
    supported, _, error = ROWS[name][column].partition("; else ")
    assert bool(error) == (supported != "yes")
    for record in choices_of(name) + beyond(name, supported):
        value = field(record, name)
        if supports(supported, value):
            if column != "torch" or record.model.step:
                kind.check(record)
            continue
        with pytest.raises(UsageError) as caught:
            kind.check(record)
        assert str(caught.value) == f"invalid {name}: {value}; {error.strip('`')}"


@EVERY_ROW
def test_the_reference_engine_does_with_a_field_what_the_row_says(name: str) -> None:
    assert_does_what_the_row_says(ReferenceEngine, "reference engine", name)


@EVERY_ROW
def test_the_kernel_does_with_a_field_what_the_row_says(
    name: str, kernel: type[Engine]
) -> None:
    assert_does_what_the_row_says(kernel, "kernel", name)


@EVERY_ROW
def test_the_torch_engine_does_with_a_field_what_the_row_says(name: str) -> None:
    require_torch()
    from glassgpt.engines.torch.engine import TorchEngine

    assert_does_what_the_row_says(TorchEngine, "torch", name)


def test_the_reference_engine_can_be_made_for_every_optimizer_and_step() -> None:
    for step in range(1, 6):
        for optimizer in OPTIMIZERS:
            record = with_optimizer(step, optimizer).with_settings(n_embd=4)
            ReferenceEngine(record, random.Random(1))


def test_a_wrong_row_is_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8").replace("| 0.85 |", "| 0.9 |", 1)
    assert table(page)["beta1"]["default"] == "0.9" != ROWS["beta1"]["default"]
