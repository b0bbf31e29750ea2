"""Write the table of the record's fields into docs/record.md, from what the code does.

A tool for development. What a field is and may hold comes from `config`, what an engine
does with it from asking the engine. Run it from the root of the repository; with
--check it changes nothing, and fails where the page is not what it would write:

    python tools/record_table.py [--check]
"""

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from glassgpt import engines
from glassgpt.config import Record, preset
from glassgpt.config.record import all_fields, is_read
from glassgpt.engines.base import Engine
from glassgpt.errors import UsageError
from glassgpt.kernel.bindings.model import MOST_VOCAB
from glassgpt.optim import OPTIMIZERS, readers_of

PAGE = Path(__file__).parents[1] / "docs" / "record.md"
COLUMNS = {"reference": "reference engine", "kernel": "kernel", "torch": "torch"}
# what no setting changes, and where a limit of an engine is looked for
_FOLLOWING = ("step", "vocab_size")
_LIMITS = {"vocab_size": (MOST_VOCAB, MOST_VOCAB + 1)}
Row = dict[str, str]


def rows(kinds: Mapping[str, type[Engine]]) -> list[Row]:
    """A row for each field of the record, with a column for each of these engines."""
    return [
        {
            "field": f"`{name}`",
            "what it is": field.about,
            "values": field.values(),
            "default": _default(name),
            "read by steps": _readers(name),
            "set elsewhere": ", ".join(f"`{why}`" for why in _refusals(name)),
            **{COLUMNS[kind]: _support(kinds[kind], name) for kind in kinds},
        }
        for name, field in all_fields().items()
    ]


def with_table(page: str, table: list[Row]) -> str:
    """The page with this table in the place of the one it has."""
    lines = page.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| field |"))
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))
    lines[start:end] = [_line(table[0]), "|---" * len(table[0]) + "|"]
    lines[start + 2 : start + 2] = [_line(row.values()) for row in table]
    return "\n".join(lines) + "\n"


def value_of(record: Record, name: str) -> Any:
    """What a record holds in a field."""
    return getattr(record.model if hasattr(record.model, name) else record.train, name)


def with_value(record: Record, name: str, value: Any) -> Record:
    """A record with another value, whether its step reads the field or not."""
    part = "model" if hasattr(record.model, name) else "train"
    changed = dataclasses.replace(getattr(record, part), **{name: value})
    return dataclasses.replace(record, **{part: changed})


def records() -> Iterator[Record]:
    """One for each step and optimizer; Step 0 has none."""
    yield preset("step0")
    for step in range(1, 6):
        for optimizer in OPTIMIZERS:
            yield preset(f"step{step}").with_settings(optimizer=optimizer)


def _line(cells: Any) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


@cache
def _steps(name: str) -> list[int]:
    return sorted({r.model.step for r in records() if is_read(name, r)})


def _span(steps: list[int]) -> str:
    return f"{steps[0]}-{steps[-1]}" if steps[1:] else str(steps[0])


def _default(name: str) -> str:
    if name == "step":
        return str(Record().model.step)

    def of(step: int) -> str:
        return str(value_of(preset(f"step{step}"), name))

    found = [(value, list(steps)) for value, steps in groupby(_steps(name), of)]
    if len(found) == 1:
        return found[0][0]
    return "; ".join(f"{value} in {_span(steps)}" for value, steps in found)


def _readers(name: str) -> str:
    readers = readers_of(name)
    by = "" if len(readers) == len(OPTIMIZERS) else f" with {', '.join(readers)}"
    return _span(_steps(name)) + by


@cache
def _refusals(name: str) -> list[str]:
    """Why the field cannot be set where it is not read, each reason once."""
    found: dict[str, None] = {}
    for record in records():
        if is_read(name, record) and name not in _FOLLOWING:
            continue
        try:
            record.with_settings(**{name: value_of(record, name)})
        except UsageError as error:
            why = str(error).partition("; ")[2]
            why = why.replace(f"step {record.model.step} ", "step N ")
            why = why.replace(f"{record.train.optimizer} has", "OPTIMIZER has")
            found[why] = None
    return list(found)


def _support(kind: type[Engine], name: str) -> str:
    """What an engine does with the values of a field: all, or some and its error."""
    taken, refused = [], {}
    for record in _tried(name):
        value = value_of(record, name)
        why = _refusal_of(kind, record, name)
        if why:
            refused[value] = why
        else:
            taken.append(value)
    if not refused:
        return "yes"
    (why,) = set(refused.values())
    return f"{_summary(taken, list(refused))}; else `{why}`"


def _summary(taken: list[Any], refused: list[Any]) -> str:
    if len(taken) == 1 or isinstance(taken[0], str):
        return ", ".join(map(str, taken))
    if min(refused) > max(taken):
        return f"to {max(taken)}"
    return f"from {min(taken)}"


def _tried(name: str) -> Iterator[Record]:
    """Records with each choice of a field, or with some of its numbers."""
    if name == "step":
        yield from (preset(f"step{step}") for step in range(6))
        return
    record = preset(f"step{_steps(name)[-1]}")
    values = all_fields()[name].choices
    if not values:
        usual = value_of(record, name)
        values = (usual, *_LIMITS.get(name, (usual + 1,)))
    for value in values:
        try:
            yield with_value(record, name, value)
        except UsageError:
            continue  # beyond what any engine may be given


def _refusal_of(kind: type[Engine], record: Record, name: str) -> str:
    try:
        kind.check(record)
    except UsageError as error:
        about, _, why = str(error).partition("; ")
        return why if about.startswith(f"invalid {name}: ") else ""
    return ""


def main() -> None:
    """Rewrite the page, or with --check compare it."""
    kinds = {name: engines.CANDIDATES[name].load() for name in COLUMNS}
    before = PAGE.read_text(encoding="utf-8")
    after = with_table(before, rows(kinds))
    if after == before:
        print("docs/record.md is up to date")
        return
    if "--check" in sys.argv[1:]:
        sys.exit("docs/record.md is not what the code does: tools/record_table.py")
    PAGE.write_text(after, encoding="utf-8")
    print("docs/record.md was changed")


if __name__ == "__main__":
    main()
