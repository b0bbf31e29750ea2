"""What a page may say of what attention mixes, and of what is added to x."""

import functools
import math
from statistics import mean
from typing import Any

from glassgpt.engines.kernel import KernelEngine
from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import character_of, tokenizer
from glassgpt.guide.facts.trainings import heldout_names
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.observe import loss_with_weights

STEP, LESSON = 3, "sgd-1000"


@functools.cache
def _kernel(state: str = LESSON) -> Kernel:
    """The model in a state, to be looked at."""
    engine = states.engine(STEP, state, "kernel")
    assert isinstance(engine, KernelEngine)
    return engine.kernel


def _passed(text: str, state: str = LESSON) -> tuple[list[int], dict[str, Any]]:
    """A word's tokens, and a copy of what its pass left, the positions in use."""
    tokens, kernel = tokenizer().encode(text), _kernel(state)
    kernel.loss(tokens)
    kept = kernel.activations
    n, layered = len(tokens) - 1, ("residual", "v", "attn_out", "mlp_out")
    rows = {name: kept[name][0, :n].copy() for name in layered}
    rows |= {name: kept[name][:n].copy() for name in ("logits", "losses")}
    return tokens, {**rows, "weights": kept["weights"][0, 0, :n, :n].copy()}


def _length(numbers: Any) -> float:
    return math.hypot(*map(float, numbers))


@call
def mixed_loss(text: str, weights: list[float] | None = None) -> float:
    """The loss of a word's last pair with these weights, or with even ones."""
    tokens = tokenizer().encode(text)
    count = len(tokens) - 1
    given = weights or [1 / count] * count
    engine: Any = states.engine(STEP, LESSON)
    return float(engine.loss_with_weights(tokens, [given]))


@call
def own_loss(text: str) -> float:
    """The same with the weights that attention has."""
    tokens = tokenizer().encode(text)
    return states.engine(STEP, LESSON).token_losses(tokens)[-1]


@call
def best_alone(text: str) -> tuple[str, float]:
    """The token to take alone for the lowest loss of the last pair, and that loss."""
    tokens = tokenizer().encode(text)
    count = len(tokens) - 1
    alone = ([float(i == j) for i in range(count)] for j in range(count))
    losses = [mixed_loss(text, row) for row in alone]
    best = losses.index(min(losses))
    return character_of(tokens[best]), losses[best]


@kept_fact
def _gains(state: str) -> list[float]:
    """What even weights cost more than attention's own, pair by pair of held-out names.

    At the first token of a name there is nothing to choose, so it is left out.
    """
    kernel, found = _kernel(state), []
    for name in heldout_names():
        tokens, passed = _passed(name, state)
        for p in range(1, len(tokens) - 1):
            even = loss_with_weights(kernel, tokens, p, [[1 / (p + 1)] * (p + 1)])
            found.append(even - float(passed["losses"][p]))
    return found


@call
def better_than_even(state: str = LESSON) -> float:
    """Of a hundred pairs of held-out names, those for which attention beats even."""
    return 100 * mean(gain > 0 for gain in _gains(state))


@call
def gain_over_even(state: str = LESSON) -> float:
    """How much lower the loss of a pair is with attention's own weights, on average."""
    return mean(_gains(state))


@call
@kept_fact
def looks_at_itself(same: bool = False) -> float:
    """Of a hundred letters of held-out names, those whose own weight is the largest.

    With `same` keys are made by the matrix that makes queries.
    """
    kernel = _kernel()
    kept, found = kernel.flat["weights"].copy(), []
    if same:
        kernel.weights["attn_wk"][:] = kernel.weights["attn_wq"]
    for name in heldout_names():
        weights = _passed(name)[1]["weights"]
        found += [int(row[: i + 1].argmax()) == i for i, row in enumerate(weights)][1:]
    kernel.flat["weights"][:] = kept
    return 100 * mean(found)


@call
def last_weights(text: str, state: str) -> list[tuple[str, float, float]]:
    """Of each token its weight for the last letter, and how long its value is."""
    tokens, passed = _passed(text, state)
    names = [character_of(token) for token in tokens[:-1]]
    lengths = map(_length, passed["v"])
    row = passed["weights"][-1]
    return [
        (n, float(w), float(v)) for n, w, v in zip(names, row, lengths, strict=True)
    ]


@call
def most_weight(text: str, state: str) -> tuple[str, float, float]:
    """The one of them with the largest weight."""
    return max(last_weights(text, state), key=lambda one: one[1])


@call
def most_pull(text: str, state: str) -> tuple[str, float, float]:
    """The one whose weight times the length of its value is largest."""
    return max(last_weights(text, state), key=lambda one: one[1] * one[2])


@call
def added(text: str, state: str = LESSON) -> tuple[float, float]:
    """How long what attention and the MLP add at a word's last letter is."""
    _, passed = _passed(text, state)
    parts = (passed[name][-1] for name in ("attn_out", "mlp_out"))
    attention, mlp = map(_length, parts)
    return attention, mlp


@call
def x_length(text: str, state: str = LESSON) -> float:
    """How long the x is that they add to: that of a word's last letter."""
    return _length(_passed(text, state)[1]["residual"][-1])


@call
def adds_more(text: str) -> str:
    """Which of the two adds more."""
    attention, mlp = added(text)
    return "attention" if attention > mlp else "MLP"


@call
def zeroed_wo(text: str, state: str = LESSON) -> tuple[int, float]:
    """With zeros for attn_wo: how many logits change at the end; how far the loss."""
    kernel = _kernel(state)
    _, before = _passed(text, state)
    kept = kernel.flat["weights"].copy()
    kernel.weights["attn_wo"][:] = 0
    _, after = _passed(text, state)
    kernel.flat["weights"][:] = kept
    changed = int((after["logits"][-1] != before["logits"][-1]).sum())
    return changed, float(after["losses"].mean() - before["losses"].mean())


@call
@kept_fact
def heldout_zeroed_wo() -> float:
    """By how much the held-out loss rises where attn_wo becomes zeros at the end."""
    kernel = _kernel()

    def measured() -> float:
        losses = [_passed(name)[1]["losses"] for name in heldout_names()]
        return mean(float(loss) for row in losses for loss in row)

    before, kept = measured(), kernel.flat["weights"].copy()
    kernel.weights["attn_wo"][:] = 0
    after = measured()
    kernel.flat["weights"][:] = kept
    return after - before
