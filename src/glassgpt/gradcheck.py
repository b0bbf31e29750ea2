"""Are the gradients right? Each against the slope found by nudging its weight.

Where the kernel is built, its gradients are held to the same slopes and to those of the
lesson, and it is what measures the slopes: the lesson takes minutes for all of them.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glassgpt import engines
from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import preset
from glassgpt.data.documents import Corpus
from glassgpt.data.order import shuffled
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.engines.shapes import shapes
from glassgpt.lessons import FOLDER
from glassgpt.tokenizers import CharTokenizer

EPS = 1e-5
TOLERANCE = 1e-8
# kernel against lesson: relative, and absolute near 0
APART_RELATIVE, APART_ABSOLUTE = 1e-10, 1e-12
SAMPLE = 200
DOCUMENTS = 3
_AT_ONCE = 64


@dataclass(frozen=True)
class MatrixCheck:
    """The largest differences over `checked` weights and all documents.

    `largest` is of an engine's gradient from the slope, in loss per unit of weight;
    `apart` of the kernel's from the lesson's, as a share of what is allowed: 1 at most.
    """

    name: str
    checked: int
    largest: Mapping[str, float]
    apart: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all is within its tolerance. What is not a number never is."""
        slopes = all(difference <= TOLERANCE for difference in self.largest.values())
        return slopes and self.apart <= 1


@dataclass(frozen=True)
class StepCheck:
    """A step's matrices, checked on some documents. Step 0 has none: it counts."""

    step: int
    documents: tuple[str, ...]
    matrices: tuple[MatrixCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every matrix passed."""
        return all(matrix.passed for matrix in self.matrices)


def check_step(
    step: int,
    corpus: Corpus,
    *,
    every: bool = False,
    engine: str = "auto",
    seed: int = 42,
    lessons: Path = FOLDER,
    tick: Callable[[int], None] = lambda weights: None,
) -> StepCheck:
    """Compare analytic gradients with central differences at the first weights.

    The slope (loss(w + eps) - loss(w - eps)) / 2 eps, with eps 1e-5, is taken for 200
    weights drawn by `seed`, or for `every` one, on the first three documents of the
    lesson's order. `engine` says what measures it: "reference" is the lesson alone.
    `tick` is told how many weights were done.
    """
    rng = random.Random(seed)
    documents = shuffled(corpus.documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    record = preset(f"step{step}").with_vocabulary(tokenizer.vocab_size)
    chosen = tuple(documents[:DOCUMENTS])
    if step == 0:
        return StepCheck(0, chosen, ())
    lesson = ReferenceEngine(record, rng, lessons)
    checked: list[Engine] = [lesson]
    kind, _ = engines.choose(engine, record)
    if kind is not ReferenceEngine:
        checked.append(kind(record, random.Random(seed)))
        checked[1].restore(lesson.weights(), lesson.buffers())
    matrices = _Matrices(checked, _chosen_weights(lesson, every, seed))
    for text in chosen:
        matrices.measure(tokenizer.encode(text), tick)
    return StepCheck(step, chosen, matrices.found())


def weights_to_check(step: int, num_params: int, every: bool) -> int:
    """How many weights `check_step` tells its `tick` of, in all."""
    return DOCUMENTS * (num_params if every else min(SAMPLE, num_params)) * (step > 0)


class _Matrices:
    """The largest differences so far, by matrix. The last engine measures slopes."""

    def __init__(self, checked: list[Engine], places: dict[str, list[int]]) -> None:
        self._checked, self._places = checked, places
        self._largest = {
            name: {engine.name: 0.0 for engine in checked} for name in places
        }
        self._apart = dict.fromkeys(places, 0.0)

    def measure(self, tokens: Sequence[int], tick: Callable[[int], None]) -> None:
        """Take in one more document."""
        found = {engine.name: engine.gradients(tokens)[1] for engine in self._checked}
        for name, places in self._places.items():
            of_all = [gradients[name] for gradients in found.values()]
            self._apart[name] = _larger(self._apart[name], _apart(of_all))
            for start in range(0, len(places), _AT_ONCE):
                some = places[start : start + _AT_ONCE]
                slopes = self._checked[-1].finite_differences(tokens, name, some, EPS)
                for engine, gradients in found.items():
                    numbers = [gradients[name].values[place] for place in some]
                    self._hold(name, engine, numbers, slopes)
                tick(len(some))

    def _hold(
        self, name: str, engine: str, gradient: list[float], slopes: list[float]
    ) -> None:
        for one, slope in zip(gradient, slopes, strict=True):
            largest = self._largest[name]
            largest[engine] = _larger(largest[engine], abs(one - slope))

    def found(self) -> tuple[MatrixCheck, ...]:
        """What came out, in the order of the matrices."""
        return tuple(
            MatrixCheck(name, len(places), self._largest[name], self._apart[name])
            for name, places in self._places.items()
        )


def _chosen_weights(engine: Engine, every: bool, seed: int) -> dict[str, list[int]]:
    """The places in each matrix of all weights, or of some drawn at random."""
    everything = [
        (name, place)
        for name, shape in shapes(engine.record.model).items()
        for place in range(math.prod(shape))
    ]
    chosen = everything
    if not every and len(everything) > SAMPLE:
        chosen = sorted(random.Random(seed).sample(everything, SAMPLE))
    return {
        name: [place for matrix, place in chosen if matrix == name]
        for name in shapes(engine.record.model)
    }


def _apart(gradients: list[Tensor]) -> float:
    """How far two gradients are from each other, as a share of what is allowed."""
    first, last = gradients[0].values, gradients[-1].values
    return max(
        (
            abs(a - b) / (APART_ABSOLUTE + APART_RELATIVE * abs(a))
            for a, b in zip(first, last, strict=True)
        ),
        key=_nan_is_largest,
    )


def _larger(a: float, b: float) -> float:
    return max(a, b, key=_nan_is_largest)


def _nan_is_largest(number: float) -> float:
    return math.inf if math.isnan(number) else number
