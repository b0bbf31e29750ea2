"""What a field of the record may hold: its limits, checked in one place."""

import dataclasses
import functools
import math
import numbers
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, get_type_hints

from glassgpt.errors import GlassGPTError, invalid, unknown

EVERY_STEP = (0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Field:
    """The values of a field, and which steps read it; for optimisers see `optim`."""

    about: str
    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False
    choices: tuple[str, ...] = ()
    steps: tuple[int, ...] = EVERY_STEP
    default: Any = None

    def values(self) -> str:
        """The values that are allowed, in words."""
        if self.choices:
            return ", ".join(self.choices)
        low = f"{'above' if self.above_low else 'at least'} {self.low:g}"
        return low if self.high == math.inf else f"{low}, at most {self.high:g}"

    def holds(self, number: float) -> bool:
        """Whether a number is finite and within the limits."""
        above = number > self.low if self.above_low else number >= self.low
        return above and number <= self.high and number < math.inf


def field_of(default: Any, about: str, **limits: Any) -> Any:
    """A dataclass field that knows its limits."""
    return dataclasses.field(
        default=default, metadata={"field": Field(about, default=default, **limits)}
    )


@functools.cache
def fields_of(kind: Any) -> dict[str, tuple[type, Field]]:
    """The type and the limits of each field of a dataclass."""
    types = get_type_hints(kind)
    return {
        entry.name: (types[entry.name], entry.metadata["field"])
        for entry in dataclasses.fields(kind)
    }


def validate(config: Any) -> None:
    """Raise UsageError for the first field whose value breaks its limits."""
    fields: dict[str, tuple[type, Field]] = fields_of(config.__class__)
    for name, (kind, field) in fields.items():
        value = plain(getattr(config, name))
        object.__setattr__(config, name, value)
        if kind is str:
            if value not in field.choices:
                raise unknown(name, value, field.choices)
        elif not _is_number(value, kind) or not field.holds(value):
            raise refusal(name, value, kind, field)


def plain(value: Any) -> Any:
    """A number as Python's own: NumPy's whole numbers and floats become int, float."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


def parsed(name: str, text: str, kind: type, field: Field) -> Any:
    """Text from a command line as the field's type. Raises UsageError."""
    if kind is str:
        return text
    for read in (int, float):
        with suppress(ValueError):
            number = read(text)
            is_whole = isinstance(number, int) or number.is_integer()
            return int(number) if kind is int and is_whole else number
    raise refusal(name, text, kind, field)


def refusal(name: str, value: object, kind: type, field: Field) -> GlassGPTError:
    """The error for a number outside its limits."""
    word = "a whole number" if kind is int else "a number"
    why = f"it must be {word} {field.values()}"
    return invalid(name, value, why, f"Try {field.default} ({field.about}).")


def _is_number(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int if kind is int else (int, float))
