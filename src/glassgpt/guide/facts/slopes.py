"""What a page may say of Step 1's network on one word, and of its slopes."""

import functools
import math

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import preset
from glassgpt.engines.base import Engine
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.gradient import linear, softmax
from glassgpt.guide.facts.names import character_of, corpus, id_of, tokenizer
from glassgpt.guide.facts.trainings import training
from glassgpt.training.session import Session

EPS = 1e-5  # the lesson's


def _fresh() -> Session:
    """Step 1 before training, with a record of its own rate."""
    return Session(preset("step1"), corpus())


@functools.cache
def _engine(trained: bool) -> Engine:
    return training(1).engine if trained else _fresh().engine


def _ids(pair: str) -> list[int]:
    return [id_of("BOS" if one == "^" else one) for one in pair]


@call
def network_prob(pair: str, trained: bool = True) -> float:
    """The probability that Step 1's network gives to a pair; BOS is written ^."""
    (loss,) = _engine(trained).token_losses(_ids(pair))
    return math.exp(-loss)


@call
def top_logit(character: str) -> float:
    """The largest logit of the trained network after a character."""
    return max(_engine(True).logits([id_of(character), 0])[0])


@call
def doubled(character: str) -> float:
    """The same, when every number of the character's embedding is doubled."""
    session, wte = _fresh(), _engine(True).weights()
    width, place = wte["wte"].shape[1], id_of(character)
    for k in range(width * place, width * (place + 1)):
        wte["wte"].values[k] *= 2
    session.engine.restore(wte, {})
    return max(session.engine.logits([place, 0])[0])


def _before_relu(character: str) -> list[float]:
    """What the trained network's hidden units have after a character."""
    rows = {name: _rows(one) for name, one in _engine(True).weights().items()}
    return linear(rows["wte"][id_of(character)], rows["mlp_fc1"])


def _rows(tensor: Tensor) -> list[list[float]]:
    values, width = list(tensor.values), tensor.shape[1]
    return [values[i : i + width] for i in range(0, len(values), width)]


@call
def units_on(character: str) -> int:
    """How many hidden units of the trained network are on after a character."""
    return sum(value > 0 for value in _before_relu(character))


@call
def without_relu(character: str) -> tuple[str, float]:
    """The token the trained network finds likeliest with its relu taken out, and p."""
    fc2 = _rows(_engine(True).weights()["mlp_fc2"])
    probs = softmax(linear(_before_relu(character), fc2))
    best = max(range(len(probs)), key=probs.__getitem__)
    return character_of(best), probs[best]


@call
def grown(matrix: str) -> float:
    """How many times as large training makes a matrix: its root mean square."""
    before, after = (_engine(trained).weights()[matrix] for trained in (False, True))
    return math.hypot(*after.values) / math.hypot(*before.values)


@call
def most_grown() -> str:
    """The matrix that grows most."""
    return max(_engine(True).weights(), key=grown)


@call
@kept_fact
def promised(text: str, rate: float) -> float:
    """By how much the slopes say that one step on a word will lower its loss."""
    _, gradient = _fresh().engine.gradients(tokenizer().encode(text))
    return rate * math.fsum(g * g for one in gradient.values() for g in one.values)


@call
@kept_fact
def fallen(text: str, rate: float) -> float:
    """By how much that step does lower it, all weights moved at once."""
    tokens = tokenizer().encode(text)
    record = preset("step1").with_settings(learning_rate=rate)
    engine = Session(record, corpus()).engine
    before = engine.train_step(0, [tokens])
    return before - engine.loss(tokens)


@call
@kept_fact
def nudge_error(text: str, trained: bool = False, eps: float = EPS) -> float:
    """The largest error of one-sided nudges over all of Step 1's weights, on a word."""
    engine, tokens = _engine(trained), tokenizer().encode(text)
    loss, gradient = engine.gradients(tokens)
    return max(
        abs((engine.perturbed_loss(tokens, name, i, eps) - loss) / eps - g)
        for name, one in gradient.items()
        for i, g in enumerate(one.values)
    )
