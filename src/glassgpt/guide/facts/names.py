"""What a page may say of the names and of the built-in trainings."""

import functools
import math
import random
from typing import Any

import glassgpt
from glassgpt import data
from glassgpt.data.documents import Corpus
from glassgpt.data.order import shuffled
from glassgpt.engines.shapes import num_params, shapes
from glassgpt.errors import invalid
from glassgpt.guide.code import step_diff
from glassgpt.lessons import lesson
from glassgpt.runs.run import Run
from glassgpt.tokenizers import CharTokenizer

SEED = 42
_KEPT = 0.95  # how much of a smoothed loss a step leaves, as in the figures


@functools.cache
def corpus() -> Corpus:
    """The built-in names."""
    return data.load_corpus("names")


@functools.cache
def tokenizer() -> CharTokenizer:
    """Their characters and ids."""
    return CharTokenizer.from_documents(corpus().documents)


@functools.cache
def order() -> list[str]:
    """The names as the lessons shuffle them."""
    return shuffled(corpus().documents, random.Random(SEED))


@functools.cache
def training(step: int) -> Run:
    """The built-in training of a step: seed 42, the built-in names."""
    return glassgpt.train("names", step=step)


def names() -> tuple[str, ...]:
    """The built-in names in the order of their file."""
    return tuple(corpus().documents)


def documents() -> int:
    """How many names there are, repeated ones counted again."""
    return len(corpus().documents)


def distinct() -> int:
    """How many different names there are."""
    return len(set(corpus().documents))


def longest() -> int:
    """The number of characters of the longest name."""
    return max(map(len, corpus().documents))


def shortest() -> int:
    """The number of characters of the shortest name."""
    return min(map(len, corpus().documents))


def mean_length() -> float:
    """The mean number of characters of a name."""
    return sum(map(len, corpus().documents)) / documents()


def usual_length() -> int:
    """The number of characters that most names have."""
    lengths = [len(text) for text in corpus().documents]
    return max(set(lengths), key=lengths.count)


def characters() -> int:
    """The number of distinct characters."""
    return tokenizer().vocab_size - 1


def vocab() -> int:
    """The number of tokens, BOS included."""
    return tokenizer().vocab_size


def bos() -> int:
    """The id of BOS."""
    return tokenizer().bos


def first(index: int) -> str:
    """The name at that place after the shuffle, from 0."""
    return order()[index]


def letters() -> list[str]:
    """The characters in the order of their ids."""
    return list(tokenizer().characters)


def params(step: int) -> int:
    """The number of parameters of a step."""
    return num_params(training(step).config.model)


def size(step: int, matrix: str) -> int:
    """The number of weights in one matrix of a step."""
    return math.prod(shapes(training(step).config.model)[matrix])


def counts() -> int:
    """The number of cells of the count table."""
    return vocab() ** 2


def lines(step: int) -> int:
    """The number of lines of a step's program."""
    return len(lesson(step).source.splitlines())


def heldout(step: int) -> float:
    """The held-out loss after a step's training."""
    loss = training(step).heldout_loss
    if loss is None:
        raise invalid("held-out loss of step", step)
    return loss


def baseline(name: str) -> float:
    """The held-out loss of `uniform`, `letter`, `bigram` or `trigram`."""
    result = training(0).result
    if result is None or result.evaluation is None:
        raise invalid("baseline", name)
    return result.evaluation.baselines[name]


def first_loss(step: int) -> float:
    """The loss of the first training step."""
    return training(step).losses[0]


def last_loss(step: int) -> float:
    """The loss of the last training step, which is one name's."""
    return training(step).losses[-1]


def smoothed(step: int, points: int = 126) -> list[float]:
    """The smoothed losses of a training, evenly spaced, for a thin line on a chart."""
    losses = training(step).losses
    average, line = 0.0, []
    for i, one in enumerate(losses, start=1):
        average = _KEPT * average + (1 - _KEPT) * one
        line.append(average / (1 - _KEPT**i))
    places = [round(i * (len(line) - 1) / (points - 1)) for i in range(points)]
    return [round(line[place], 3) for place in places]


def span(step: int) -> list[float]:
    """The smallest and the largest loss of a training."""
    losses = training(step).losses
    return [round(min(losses), 3), round(max(losses), 3)]


def levels() -> list[float]:
    """What guessing costs on held-out names: evenly, by letters, pairs and triples."""
    return [baseline(name) for name in ("uniform", "letter", "bigram", "trigram")]


def num_steps(step: int = 5) -> int:
    """How many training steps a step makes."""
    return training(step).config.train.num_steps


def known(step: int) -> int:
    """How many of the names a training ends with stand in the data."""
    result = training(step).result
    return sum(bool(one.known) for one in result.samples) if result else 0


def samples(step: int) -> list[str]:
    """The names that a training ends with."""
    return training(step).samples


def setting(step: int, name: str) -> Any:
    """A field of a step's record, such as learning_rate."""
    record = training(step).config
    part = record.model if hasattr(record.model, name) else record.train
    return getattr(part, name)


def parts(step: int, kind: str) -> int:
    """How many named parts a step `adds`, `changes` or `drops`, or keeps: `same`."""
    return step_diff.counted(step, kind)
