"""What a page may say in numbers: calls into the package, by the names pages use."""

import bisect
import functools
import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import glassgpt
from glassgpt import data
from glassgpt.data import Corpus
from glassgpt.engines.base import num_params, shapes
from glassgpt.errors import GlassGPTError, invalid
from glassgpt.guide import beside
from glassgpt.lessons import lesson
from glassgpt.numbers import format_number
from glassgpt.order import shuffled
from glassgpt.run import Run
from glassgpt.tokenizer import CharTokenizer

SEED = 42
_KEPT = 0.95  # how much of a smoothed loss a step leaves, as in the figures


@functools.cache
def _corpus() -> Corpus:
    return data.load("names")


@functools.cache
def _tokenizer() -> CharTokenizer:
    return CharTokenizer.from_documents(_corpus().documents)


@functools.cache
def _shuffled() -> list[str]:
    return shuffled(_corpus().documents, random.Random(SEED))


@functools.cache
def _run(step: int) -> Run:
    """The built-in training of a step: seed 42, the built-in names."""
    return glassgpt.train("names", step=step)


@functools.cache
def _counted(names: int) -> dict[str, Any]:
    """Step 0's own namespace after counting so many names."""
    tokenizer = _tokenizer()
    sections = ("parameters", "model", "loss of a document", "update")
    given = {"math": math, "vocab_size": tokenizer.vocab_size}
    space = lesson(0).load(sections, given)
    for text in _shuffled()[:names]:
        tokens = tokenizer.encode(text)
        space["update"](tokens, len(tokens) - 1)
    return space


@functools.cache
def _network() -> dict[str, Any]:
    """Step 1's functions `linear` and `softmax`, on numbers that are given."""
    names = {"linear", "softmax"}
    space = lesson(1).load(["model"], {"math": math, "state_dict": {}})
    return {name: space[name] for name in names}


def _id(character: str) -> int:
    tokenizer = _tokenizer()
    return tokenizer.bos if character == "BOS" else tokenizer.encode(character)[1]


def _character(token_id: int) -> str:
    tokenizer = _tokenizer()
    return "BOS" if token_id == tokenizer.bos else tokenizer.decode([token_id])


def documents() -> int:
    """How many names there are, repeated ones counted again."""
    return len(_corpus().documents)


def distinct() -> int:
    """How many different names there are."""
    return len(set(_corpus().documents))


def longest() -> int:
    """The number of characters of the longest name."""
    return max(map(len, _corpus().documents))


def shortest() -> int:
    """The number of characters of the shortest name."""
    return min(map(len, _corpus().documents))


def mean_length() -> float:
    """The mean number of characters of a name."""
    return sum(map(len, _corpus().documents)) / documents()


def usual_length() -> int:
    """The number of characters that most names have."""
    lengths = [len(text) for text in _corpus().documents]
    return max(set(lengths), key=lengths.count)


def characters() -> int:
    """The number of distinct characters."""
    return _tokenizer().vocab_size - 1


def vocab() -> int:
    """The number of tokens, BOS included."""
    return _tokenizer().vocab_size


def bos() -> int:
    """The id of BOS."""
    return _tokenizer().bos


def first(index: int) -> str:
    """The name at that place after the shuffle, from 0."""
    return _shuffled()[index]


def params(step: int) -> int:
    """The number of parameters of a step."""
    return num_params(_run(step).config.model)


def size(step: int, matrix: str) -> int:
    """The number of weights in one matrix of a step."""
    return math.prod(shapes(_run(step).config.model)[matrix])


def counts() -> int:
    """The number of cells of the count table."""
    return vocab() ** 2


def lines(step: int) -> int:
    """The number of lines of a step's program."""
    return len(lesson(step).source.splitlines())


def heldout(step: int) -> float:
    """The held-out loss after a step's training."""
    loss = _run(step).heldout_loss
    if loss is None:
        raise invalid("held-out loss of step", step)
    return loss


def baseline(name: str) -> float:
    """The held-out loss of `uniform`, `letter`, `bigram` or `trigram`."""
    result = _run(0).result
    if result is None or result.evaluation is None:
        raise invalid("baseline", name)
    return result.evaluation.baselines[name]


def first_loss(step: int) -> float:
    """The loss of the first training step."""
    return _run(step).losses[0]


def last_loss(step: int) -> float:
    """The loss of the last training step, which is one name's."""
    return _run(step).losses[-1]


def smoothed(step: int, points: int = 126) -> list[float]:
    """The smoothed losses of a training, evenly spaced, for a thin line on a chart."""
    losses = _run(step).losses
    average, line = 0.0, []
    for i, one in enumerate(losses, start=1):
        average = _KEPT * average + (1 - _KEPT) * one
        line.append(average / (1 - _KEPT**i))
    places = [round(i * (len(line) - 1) / (points - 1)) for i in range(points)]
    return [round(line[place], 3) for place in places]


def span(step: int) -> list[float]:
    """The smallest and the largest loss of a training."""
    losses = _run(step).losses
    return [round(min(losses), 3), round(max(losses), 3)]


def levels() -> list[float]:
    """What guessing costs on held-out names: evenly, by letters, pairs and triples."""
    return [baseline(name) for name in ("uniform", "letter", "bigram", "trigram")]


def num_steps(step: int = 5) -> int:
    """How many training steps a step makes."""
    return _run(step).config.train.num_steps


def known(step: int) -> int:
    """How many of the names a training ends with stand in the data."""
    result = _run(step).result
    return sum(bool(one.known) for one in result.samples) if result else 0


def samples(step: int) -> list[str]:
    """The names that a training ends with."""
    return _run(step).samples


def setting(step: int, name: str) -> Any:
    """A field of a step's record, such as learning_rate."""
    record = _run(step).config
    part = record.model if hasattr(record.model, name) else record.train
    return getattr(part, name)


def count(pair: str, names: int | None = None) -> int:
    """How often a pair such as "an" stands in the first names; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    table = _counted(num_steps(0) if names is None else names)["counts"]
    return int(table[_id(before)][_id(after)])


def row_sum(character: str, names: int = 1000) -> int:
    """How many pairs begin with a character."""
    return int(sum(_counted(names)["counts"][_id(character)]))


def follower(character: str, names: int = 1000) -> str:
    """The token that most often follows a character."""
    row = _counted(names)["counts"][_id(character)]
    return _character(row.index(max(row)))


def most(character: str, names: int = 1000) -> int:
    """How often the token came that most often follows a character."""
    return int(max(_counted(names)["counts"][_id(character)]))


def dec(value: float, digits: int) -> str:
    """A number with so many decimals; for tables, where a bar ends the cell."""
    return format_number(float(value), digits)


def zeros(names: int = 1000) -> int:
    """How many cells of the count table are still empty."""
    return sum(row.count(0) for row in _counted(names)["counts"])


def prob(pair: str, names: int = 1000) -> float:
    """Step 0's probability of a pair; BOS is written ^."""
    before, after = ("BOS" if c == "^" else c for c in pair)
    return float(_counted(names)["bigram"](_id(before))[_id(after)])


def loss(text: str, names: int = 1000) -> float:
    """Step 0's loss of a document."""
    tokens = _tokenizer().encode(text)
    return float(_counted(names)["forward"](tokens, len(tokens) - 1))


def pairs(text: str) -> list[str]:
    """The pairs of a document as `prob` takes them."""
    whole = f"^{text}^"
    return [whole[i : i + 2] for i in range(len(whole) - 1)]


def softmax(logits: list[float]) -> list[float]:
    """Step 1's own softmax."""
    values = _network()["softmax"](logits)
    return [float(value) for value in values]


def linear(x: list[float], w: list[list[float]]) -> list[float]:
    """Step 1's own linear."""
    return [float(value) for value in _network()["linear"](x, w)]


def likely(step: int, character: str, temperature: float = 1.0) -> tuple[str, float]:
    """The token a trained Step 0 or 1 finds likeliest after a character, and its p."""
    (logits,) = _run(step).engine.logits([_id(character), 0])
    probs = softmax([logit / temperature for logit in logits])
    best = max(range(len(probs)), key=probs.__getitem__)
    return _character(best), float(probs[best])


@functools.cache
def checked() -> float:
    """The largest difference that Step 1's own gradient check prints."""
    tokenizer = _tokenizer()
    tokens = tokenizer.encode(_shuffled()[0])
    return gradient_difference(tokens)


@functools.cache
def _step1() -> dict[str, Any]:
    tokenizer = _tokenizer()
    rng = random.Random(SEED)
    shuffled(_corpus().documents, rng)
    sections = ("parameters", "model", "loss of a document", "gradient")
    given = {"math": math, "random": rng, "vocab_size": tokenizer.vocab_size}
    return lesson(1).load(sections, given)


def weight_share(limit: float) -> float:
    """The share of Step 1's first weights that lie within a limit around 0."""
    values: list[float] = [row[j] for row, j in _step1()["params"]]
    return sum(abs(value) <= limit for value in values) / len(values)


def parts(step: int, kind: str) -> int:
    """How many named parts a step `adds`, `changes` or `drops`, or keeps: `same`."""
    return beside.counted(step, kind)


def gradient_difference(tokens: list[int]) -> float:
    """The largest difference between both gradients of Step 1, at its first weights."""
    space, n = _step1(), len(tokens) - 1
    _, nudged = space["numerical_gradient"](tokens, n)
    _, exact = space["analytic_gradient"](tokens, n)
    return float(max(abs(a - b) for a, b in zip(nudged, exact, strict=True)))


def gradient_at_first(matrix: int = 0) -> float:
    """The first analytic gradient that is not zero, of the first document."""
    tokens = _tokenizer().encode(_shuffled()[0])
    _, exact = _step1()["analytic_gradient"](tokens, len(tokens) - 1)
    return float(next(g for g in exact if g))


def falls(number: float, character: str, names: int = 1000) -> str:
    """The token of Step 0 that a random number falls on, after a character."""
    probs = _counted(names)["bigram"](_id(character))
    sums = list(itertools.accumulate(probs))
    # as random.choices does
    return _character(bisect.bisect(sums, number * sums[-1], 0, len(sums) - 1))


def letters() -> list[str]:
    """The characters in the order of their ids."""
    return list(_tokenizer().characters)


CALLS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *(documents, distinct, longest, shortest, mean_length, usual_length),
        *(characters, vocab, bos, first, params, size, counts, lines, heldout),
        *(baseline, first_loss, last_loss, num_steps, known, samples, setting),
        *(smoothed, span, levels),
        *(
            count,
            row_sum,
            follower,
            most,
            dec,
            zeros,
            prob,
            loss,
            pairs,
            softmax,
            linear,
        ),
        *(
            likely,
            weight_share,
            parts,
            checked,
            gradient_difference,
            gradient_at_first,
            letters,
            falls,
        ),
        *(math.log, math.exp, len, round, min, max, sum, sorted),
    )
}


def evaluate(expression: str, given: dict[str, Any] | None = None) -> Any:
    """The value of an expression over the calls. Raises GlassGPTError, with why."""
    space = {"__builtins__": {}, **CALLS, **(given or {})}
    try:
        return eval(compile(expression.strip(), "<page>", "eval"), space)
    except GlassGPTError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise invalid("expression", expression.strip(), why) from error


def written(expression: str, given: dict[str, Any] | None = None) -> str:
    """The same as a page writes it; after a bar, how many decimals: `loss("a") | 2`."""
    formula, _, digits = expression.partition("|")
    value = evaluate(formula, given)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return format_number(value, 0)
    return format_number(float(value), int(digits) if digits.strip() else 4)
