"""What a field of the record may hold: one rule a field, checked in one place."""

import dataclasses
import functools
import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from glassgpt.errors import GlassGPTError, invalid, unknown

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adamw")
EVERY_STEP = (0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Rule:
    """The values of a field, and which steps and optimisers read it."""

    about: str
    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False
    choices: tuple[str, ...] = ()
    steps: tuple[int, ...] = EVERY_STEP
    optimizers: tuple[str, ...] = OPTIMIZERS
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


def ruled(default: Any, about: str, **rule: Any) -> Any:
    """A dataclass field with a rule."""
    return field(
        default=default, metadata={"rule": Rule(about, default=default, **rule)}
    )


@functools.cache
def rules_of(kind: Any) -> dict[str, tuple[type, Rule]]:
    """The type and the rule of each field of a dataclass."""
    types = get_type_hints(kind)
    return {
        entry.name: (types[entry.name], entry.metadata["rule"])
        for entry in dataclasses.fields(kind)
    }


def validate(config: Any) -> None:
    """Raise UsageError for the first field whose value breaks its rule."""
    fields: dict[str, tuple[type, Rule]] = rules_of(config.__class__)
    for name, (kind, rule) in fields.items():
        value = getattr(config, name)
        if kind is str:
            if value not in rule.choices:
                raise unknown(name, value, rule.choices)
        elif not _is_number(value, kind) or not rule.holds(value):
            raise refusal(name, value, kind, rule)


def parsed(name: str, text: str, kind: type, rule: Rule) -> Any:
    """Text from a command line as the field's type. Raises UsageError."""
    if kind is str:
        return text
    for read in (int, float):
        with suppress(ValueError):
            number = read(text)
            is_whole = isinstance(number, int) or number.is_integer()
            return int(number) if kind is int and is_whole else number
    raise refusal(name, text, kind, rule)


def refusal(name: str, value: object, kind: type, rule: Rule) -> GlassGPTError:
    """The error for a number that breaks its rule."""
    word = "a whole number" if kind is int else "a number"
    why = f"it must be {word} {rule.values()}"
    return invalid(name, value, why, f"Try {rule.default} ({rule.about}).")


def _is_number(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int if kind is int else (int, float))
