"""What a page may say of two weights seen from above: slopes, and both ways."""

import functools

from glassgpt.config import preset
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus, order, tokenizer
from glassgpt.training.session import Session

# the loss of the map is the mean over so many names, the first that training reads
_NAMES = 100


@call
def mapped_names() -> int:
    """How many names the map's loss is the mean of."""
    return _NAMES


@functools.cache
def steepest_weights() -> dict[str, tuple[int, float]]:
    """Of each matrix the weight of the largest mean slope at first, and that slope."""
    engine = Session(preset("step5"), corpus(), "kernel").engine
    sums: dict[str, list[float]] = {}
    for text in order()[:_NAMES]:
        for name, tensor in engine.gradients(tokenizer().encode(text))[1].items():
            sums.setdefault(name, [0.0] * len(tensor.values))
            sums[name] = [a + b for a, b in zip(sums[name], tensor.values, strict=True)]
    found = {}
    for name, slopes in sums.items():
        index = max(range(len(slopes)), key=lambda i: abs(slopes[i]))
        found[name] = (index, slopes[index] / _NAMES)
    return found


@call
def steepest_slope(matrix: str) -> float:
    """The largest mean slope along a weight of a matrix, whatever its sign."""
    return abs(steepest_weights()[matrix][1])


@functools.cache
def moved_through(step: int, rate: float) -> dict[str, list[float]]:
    """Of each of those weights how far it is from its start after each step."""
    record = preset(f"step{step}").with_settings(learning_rate=rate)
    session = Session(record, corpus(), "kernel")
    places: dict[str, list[float]] = {name: [] for name in steepest_weights()}
    for done in range(record.train.num_steps + 1):
        weights = session.engine.weights()
        for name, (index, _) in steepest_weights().items():
            places[name].append(weights[name].values[index])
        if done < record.train.num_steps:
            session.engine.train_step(done, session.batch(done))
    return {name: [p - way[0] for p in way] for name, way in places.items()}


@call
def farthest_moved(step: int, matrix: str) -> float:
    """How far that weight is from its start at its farthest, by the lesson's rate."""
    rate = preset(f"step{step}").train.learning_rate
    return max(map(abs, moved_through(step, rate)[matrix]))
