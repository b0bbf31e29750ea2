"""What a page may say of Step 5's updates: slopes, memories, how far matrices move."""

import functools
import math

import glassgpt
from glassgpt.config import preset
from glassgpt.errors import unknown
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus, order, tokenizer
from glassgpt.training.session import Session

Tensors = dict[str, list[float]]


@functools.cache
def _first() -> tuple[Tensors, Tensors, Tensors]:
    """Step 5 at the first name: its weights, their gradients, the changes it makes."""
    session = Session(preset("step5"), corpus())
    engine, tokens = session.engine, tokenizer().encode(order()[0])
    before = {name: [*each.values] for name, each in engine.weights().items()}
    _, gradients = engine.gradients(tokens)
    slopes = {name: [*each.values] for name, each in gradients.items()}
    engine.train_step(0, [tokens])
    changes = {
        name: [new - old for new, old in zip(each.values, before[name], strict=True)]
        for name, each in engine.weights().items()
    }
    return before, slopes, changes


def _flat(tensors: Tensors) -> list[float]:
    return [value for values in tensors.values() for value in values]


@call
def matrices() -> list[str]:
    """Step 5's matrices in their order, named as the program names them."""
    return list(_first()[0])


@call
def slope_size(matrix: str) -> float:
    """The root mean square of a matrix' gradient at the first name."""
    slopes = _first()[1]
    if matrix not in slopes:
        raise unknown("matrix of step 5", matrix, slopes)
    values = slopes[matrix]
    return math.sqrt(sum(value * value for value in values) / len(values))


@call
def steepest(largest: bool = True) -> str:
    """The matrix of the largest, or the smallest, slopes at the first name."""
    return (max if largest else min)(matrices(), key=slope_size)


@kept_fact
def _far(step: int, rate: float) -> dict[str, float]:
    run = glassgpt.train("names", step=step, learning_rate=rate)
    return {
        name: math.dist(after.values, before) / math.hypot(*before)
        for (name, after), before in zip(
            run.engine.weights().items(), _first()[0].values(), strict=True
        )
    }


def _rate(step: int, rate: float) -> float:
    return rate or preset(f"step{step}").train.learning_rate


@call
def moved(step: int, matrix: str, rate: float = 0) -> float:
    """How far Step 4 or 5 moves a matrix, as a share of its first size."""
    return _far(step, _rate(step, rate))[matrix]


@call
def moved_ratio(step: int, rate: float = 0) -> float:
    """How far the matrix goes that moves most, over how far the least goes."""
    far = _far(step, _rate(step, rate)).values()
    return max(far) / min(far)


@call
def first_slope(largest: bool = True) -> float:
    """The size of the largest gradient at the first name, or the smallest but 0."""
    sizes = [abs(slope) for slope in _flat(_first()[1]) if slope]
    return max(sizes) if largest else min(sizes)


@call
def first_change(largest: bool = True) -> float:
    """How far Adam's first step moves the weight of that gradient."""
    _, slopes, changes = _first()
    wanted = first_slope(largest)
    both = zip(_flat(slopes), _flat(changes), strict=True)
    return next(abs(change) for slope, change in both if abs(slope) == wanted)


@call
def without_slope() -> int:
    """How many weights have no gradient at the first name."""
    return sum(slope == 0 for slope in _flat(_first()[1]))


@call
def held_back(*matrices: str) -> int:
    """How many weights with a gradient would go less than half a learning rate in the
    first step with eps under the root: of these matrices, or of all."""
    eps = preset("step5").train.eps_adam
    slopes = _first()[1]
    found = _flat({name: slopes[name] for name in matrices} if matrices else slopes)
    return sum(2 * abs(g) < math.sqrt(g * g + eps) for g in found if g)


@call
def with_slope() -> int:
    """How many weights have a gradient at the first name."""
    return len(_flat(_first()[1])) - without_slope()


@call
def eps_inside_change() -> float:
    """How far the weight of the smallest gradient would then go."""
    train, slope = preset("step5").train, first_slope(False)
    return train.learning_rate * slope / math.sqrt(slope * slope + train.eps_adam)


@call
def moved_alike(within: float = 0.01) -> float:
    """The share of weights with a gradient that Adam's first step moves by its rate."""
    rate = preset("step5").train.learning_rate
    sizes = [abs(change) for change in _flat(_first()[2]) if change]
    return sum(abs(size - rate) <= within * rate for size in sizes) / len(sizes)


@call
def too_large(step: int, beta1: float = 0.85, beta2: float = 0.99) -> float:
    """How many times too large a step, from 1, is without bias correction."""
    return (1 - beta1**step) / math.sqrt(1 - beta2**step)


@call
def worst_step(beta1: float = 0.85, beta2: float = 0.99) -> int:
    """The step, from 1, at which it is largest."""
    return max(range(1, 1001), key=lambda step: too_large(step, beta1, beta2))
