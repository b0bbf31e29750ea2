"""The lessons' own numbers, for tests of figures."""

import itertools
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from glassgpt import data
from glassgpt.lessons import lesson as lesson_file
from support.engines import Started, record_of, start

NAMES = Path(data.__file__).parents[1] / "steps" / "names.txt"
NEAR: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12}
# an odd word: letters that the names lack, and more of it than a block holds
LONG = "maximilianalexandermontgomery"
ODD = {"word": "zoë", "docs": "zoë\nandré\nzélie\nana\nzoé\n"}


def lesson(step: int, trained: int = 0, **settings: object) -> Started:
    """A lesson on the built-in names after some steps."""
    begun = start(record_of(step, **settings), NAMES)
    begun.train(trained)
    return begun


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


def gradients(begun: Started, word: str) -> list[float]:
    """The lesson's gradient of a word, all weights in order."""
    tokens = begun.tokenizer.encode(word)
    _, found = begun.engine.gradients(tokens)
    return [slope for tensor in found.values() for slope in tensor.values]


def weight_of(begun: Started, index: int) -> tuple[str, int]:
    """A weight's matrix and its place in there, from its place in `params`."""
    for name, tensor in begun.engine.weights().items():
        if index < len(tensor.values):
            return name, index
        index -= len(tensor.values)
    raise IndexError(index)


def dot(a: Iterable[float], b: Iterable[float]) -> float:
    """The sum of the products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


class Lesson1:
    """Step 1's own functions, and an engine's weights row by row."""

    def __init__(self, begun: Started) -> None:
        self.rows = {}
        for name, tensor in begun.engine.weights().items():
            values, width = list(tensor.values), tensor.shape[1]
            rows = range(0, len(values), width)
            self.rows[name] = [values[i : i + width] for i in rows]
        space = lesson_file(1).load(["model"], {"math": math, "state_dict": {}})
        self.linear, self.softmax = space["linear"], space["softmax"]


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


class Table:
    """Step 0's program after some names, with any smoothing."""

    def __init__(self, begun: Started, names: int, smoothing: float = 1) -> None:
        self.tokenizer = begun.tokenizer
        given = {"math": math, "vocab_size": begun.tokenizer.vocab_size}
        parts = ("parameters", "model", "loss of a document", "update")
        self.space = lesson_file(0).load(parts, given)
        for k in range(names):
            tokens = begun.documents[k % len(begun.documents)]
            self.space["update"](tokens, len(tokens) - 1)
        self.space["smoothing"] = smoothing

    def probs(self, token: int) -> list[float]:
        """The lesson's answer; no numbers where it divides by zero."""
        try:
            found: list[float] = self.space["bigram"](token)
        except ZeroDivisionError:
            return [math.nan] * self.tokenizer.vocab_size
        return found

    def losses(self, text: str) -> list[float]:
        """Of each pair of a text."""
        tokens = self.tokenizer.encode(text)
        pairs = itertools.pairwise(tokens)
        return [minus_log(self.probs(token)[after]) for token, after in pairs]


def minus_log(p: float) -> float:
    """The loss of a probability, endless for none."""
    return math.inf if p == 0 else -math.log(p)
