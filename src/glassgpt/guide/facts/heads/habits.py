"""What a page may say of where each head of Step 4 looks, over held-out names."""

import math
from collections.abc import Iterable
from typing import Any

from glassgpt.bench.ablations import SEEDS, WHOLE, Band, trained_without
from glassgpt.config import preset
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus, tokenizer
from glassgpt.guide.facts.results import pairs
from glassgpt.training.session import Session

STEP = 4
LONG = "adam-20000"
KINDS = ("self", "previous", "before", "bos", "largest")
HEADS = (1, 2, 4, 8, 16)
TRAINED = (1000, 5000)  # steps
# from the third letter on, four different tokens: itself, the two before it, and BOS
_FROM = 3
_RATE = 0.01  # that of the lesson with Adam


@kept_fact
def habits_in(state: str) -> list[dict[str, float]]:
    """Of each head: the mean weight of each kind, and how even all its weights are."""
    session = states.session(STEP, state, "kernel")
    return habits_over(session, session.loader.heldout())


def habits_over(session: Session, texts: Iterable[str]) -> list[dict[str, float]]:
    """The same of a model of the kernel, over these texts."""
    engine = pairs.own_kernel(session)
    rows: list[list[list[float]]] = [[] for _ in range(engine.record.model.n_head)]
    for text in texts:
        tokens = tokenizer().encode(text)
        n = min(len(tokens) - 1, engine.record.model.block_size)
        engine.loss(tokens)
        squares = engine.kernel.activations["weights"][0].tolist()
        for own, square in zip(rows, squares, strict=True):
            own += [row[: place + 1] for place, row in enumerate(square[:n])]
    return [_means(own) for own in rows]


def _means(rows: list[list[float]]) -> dict[str, float]:
    entropy = -math.fsum(p * math.log(p) for row in rows for p in row if p > 0)
    even = entropy / math.fsum(math.log(len(row)) for row in rows)
    long = [row for row in rows if len(row) > _FROM]
    seen = [(row[-1], row[-2], row[-3], row[0], max(row)) for row in long]
    means = [math.fsum(kind) / len(long) for kind in zip(*seen, strict=True)]
    return {**dict(zip(KINDS, means, strict=True)), "even": even}


@call
def head_share(head: int, kind: str, state: str = LONG) -> float:
    """A head's mean weight on `self`, `previous`, `before`, `bos`, or its `largest`.

    With `even`, how even its weights are.
    """
    return habits_in(state)[head][kind]


@call
def head_of(kind: str, state: str = LONG) -> int:
    """The head whose mean weight of a kind is largest."""
    shares = [one[kind] for one in habits_in(state)]
    return shares.index(max(shares))


@call
def largest_share(kind: str, state: str = LONG) -> float:
    """That head's mean weight of the kind."""
    return max(one[kind] for one in habits_in(state))


@call
def least_even(state: str) -> float:
    """The share of even that the least even of the heads has."""
    return min(one["even"] for one in habits_in(state))


@kept_fact
def _of_heads(num_steps: int) -> dict[str, list[float]]:
    """Held-out losses with so many heads and Adam, a seed after another."""
    how: dict[str, Any] = {"optimizer": "adam", "learning_rate": _RATE}
    record = preset(f"step{STEP}").with_settings(
        num_steps=num_steps, dtype="float32", **how
    )
    return {
        str(heads): [
            trained_without(
                record.with_settings(n_head=heads, seed=seed), corpus(), [WHOLE]
            )[0].loss
            for seed in SEEDS
        ]
        for heads in HEADS
    }


@call
def with_heads(heads: int, num_steps: int) -> float:
    """The held-out loss with so many heads, in the mean of six seeds."""
    losses = _of_heads(num_steps)[str(heads)]
    return math.fsum(losses) / len(losses)


@call
def heads_gain(heads: int, num_steps: int, which: str = "mean") -> float:
    """How much less than one head so many cost: `mean`, `least` or `most` of seeds."""
    return float(getattr(heads_band(heads, num_steps), which))


def heads_band(heads: int, num_steps: int) -> Band:
    """The same, seed by seed."""
    losses = _of_heads(num_steps)
    both = zip(losses["1"], losses[str(heads)], strict=True)
    return Band(tuple(one - many for one, many in both))
