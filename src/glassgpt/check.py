"""Are the gradients right? Each against the slope found by nudging its weight."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glassgpt.config import preset
from glassgpt.data import Corpus
from glassgpt.engines.base import Engine, shapes
from glassgpt.engines.reference import ReferenceEngine
from glassgpt.lessons import FOLDER
from glassgpt.order import shuffled
from glassgpt.tensors import Tensor
from glassgpt.tokenizer import CharTokenizer

EPS = 1e-5
TOLERANCE = 1e-8
SAMPLE = 200
DOCUMENTS = 3


@dataclass(frozen=True)
class MatrixCheck:
    """The largest difference over `checked` weights and all documents."""

    name: str
    checked: int
    largest: float

    @property
    def passed(self) -> bool:
        """Whether no difference is above the tolerance, or not a number."""
        return self.largest <= TOLERANCE


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
    seed: int = 42,
    lessons: Path = FOLDER,
    tick: Callable[[], None] = lambda: None,
) -> StepCheck:
    """Compare analytic gradients with central differences at the first weights.

    The difference (loss(w + eps) - loss(w - eps)) / 2 eps, with eps 1e-5, is taken for
    200 weights drawn by `seed`, or for `every` one, on the first three documents of the
    lesson's order. `tick` is called after each weight.
    """
    rng = random.Random(seed)
    documents = shuffled(corpus.documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    record = preset(f"step{step}").with_vocabulary(tokenizer.vocab_size)
    chosen = tuple(documents[:DOCUMENTS])
    if step == 0:
        return StepCheck(0, chosen, ())
    engine = ReferenceEngine(record, rng, lessons)
    weights = _chosen_weights(engine, None if every else SAMPLE, seed)
    largest = dict.fromkeys(shapes(engine.record.model), 0.0)
    for text in chosen:
        tokens = tokenizer.encode(text)
        _, gradients = engine.gradients(tokens)
        for name, index in weights:
            found = _difference(engine, tokens, name, index, gradients[name])
            largest[name] = max(largest[name], found, key=_nan_is_largest)
            tick()
    counts = {name: sum(name == n for n, _ in weights) for name in largest}
    matrices = (MatrixCheck(name, counts[name], largest[name]) for name in largest)
    return StepCheck(step, chosen, tuple(matrices))


def weights_to_check(step: int, num_params: int, every: bool) -> int:
    """How many times `check_step` will call `tick`."""
    return DOCUMENTS * (num_params if every else min(SAMPLE, num_params)) * (step > 0)


def _chosen_weights(
    engine: Engine, count: int | None, seed: int
) -> list[tuple[str, int]]:
    """Weights as (matrix, place in it), all or some drawn at random."""
    everything = [
        (name, index)
        for name, shape in shapes(engine.record.model).items()
        for index in range(math.prod(shape))
    ]
    if count is None or count >= len(everything):
        return everything
    return sorted(random.Random(seed).sample(everything, count))


def _difference(
    engine: Engine, tokens: Sequence[int], name: str, index: int, gradient: Tensor
) -> float:
    above = engine.nudged_loss(tokens, name, index, EPS)
    below = engine.nudged_loss(tokens, name, index, -EPS)
    return abs((above - below) / (2 * EPS) - gradient.values[index])


def _nan_is_largest(number: float) -> float:
    return math.inf if math.isnan(number) else number
