"""What a page may say of trainings that differ from Step 1's in one thing."""

import hashlib
import json
import math
import random
from dataclasses import replace
from typing import Any

import glassgpt
from glassgpt.config import preset
from glassgpt.data.order import shuffled
from glassgpt.engines.shapes import shapes
from glassgpt.errors import DivergedError, invalid, unknown
from glassgpt.guide.cache import kept_fact, recall
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, corpus, order, tokenizer, vocab
from glassgpt.guide.facts.trainings import heldout_names
from glassgpt.lessons import lesson
from glassgpt.training.session import Session

NAMES = 1000  # that Step 1 learns from
# what is changed in the lesson's own code: the line as it is, and in its place
CHANGES = {
    "no relu": (
        ("h = [max(0.0, hj) for hj in h]  # relu", "pass"),
        ("h = [max(0.0, hj) for hj in linear(x, fc1)]", "h = linear(x, fc1)"),
        ("if h[j] > 0:", "if True:"),
    ),
    "gate forgotten": (("if h[j] > 0:", "if True:"),),
    "fc1 overwritten": (("dfc1[j][k] += dh[j] * x[k]", "dfc1[j][k] = dh[j] * x[k]"),),
    "wte overwritten": (
        ("dwte[token_id][k] += dx[k]", "dwte[token_id][k] = dx[k]"),
    ),
    "sign of dx": (
        ("dx[k] += dh[j] * fc1[j][k]", "dx[k] -= dh[j] * fc1[j][k]"),
    ),
}  # fmt: skip


@call
@kept_fact
def passes(times: int) -> float:
    """The held-out loss of Step 1 when it reads the same names several times over."""
    again = preset("step1").with_settings(num_steps=NAMES * times)
    session = Session(again, corpus())
    for step in range(NAMES * times):
        tokens = tokenizer().encode(order()[step % NAMES])
        session.engine.train_step(step, [tokens])
    total, count = session.engine.sum_of_losses(
        [*map(tokenizer().encode, heldout_names())]
    )
    return total / count


@call
@kept_fact
def breaks_at(rate: float, step: int = 1) -> int:
    """The name, from 1, at which a step breaks at a learning rate. 0: it lasts."""
    try:
        glassgpt.train("names", step=step, learning_rate=rate)
    except DivergedError as error:
        return error.step + 1
    return 0


@call
@kept_fact
def at_rate(rate: float) -> float:
    """Step 1's held-out loss at another learning rate, one at which it lasts."""
    loss = glassgpt.train("names", step=1, learning_rate=rate).heldout_loss
    if loss is None:
        raise invalid("learning rate", rate, "it was not evaluated")
    return loss


@call
@kept_fact
def best_smoothed_table() -> tuple[float, float]:
    """The smoothing of Step 0 that is best on held-out names, and its loss there."""
    losses = {}
    for hundredths in range(10, 101, 2):
        run = glassgpt.train("names", step=0, smoothing=hundredths / 100)
        losses[hundredths / 100] = run.heldout_loss or math.inf
    best = min(losses, key=losses.__getitem__)
    return best, losses[best]


@call
def changed(what: str) -> float:
    """The held-out loss of Step 1's own code with one thing changed in it."""
    source = _changed_source(what)
    asked = [source, corpus().sha256, SEED, NAMES]
    name = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    return float(json.loads(recall("facts", name, lambda: _trained(source))))


@call
def caught(what: str, text: str) -> float:
    """The largest error that such a change makes in the gradient of a word."""
    right, wrong = _both_gradients(what, text)
    return float(max(abs(a - b) for a, b in zip(right, wrong, strict=True)))


@call
def unharmed(what: str, text: str) -> str:
    """The matrices whose gradient on a word such a change leaves as it was."""
    right, wrong = _both_gradients(what, text)
    found, start = [], 0
    for name, shape in shapes(preset("step1").with_vocabulary(vocab()).model).items():
        end = start + math.prod(shape)
        if right[start:end] == wrong[start:end]:
            found.append(name)
        start = end
    return " / ".join(found)


def _both_gradients(what: str, text: str) -> list[list[float]]:
    """A word's gradient by the lesson's own code, and by the changed one."""
    tokens = tokenizer().encode(text)
    sources = (lesson(1).source, _changed_source(what))
    made = (opened(source)["analytic_gradient"] for source in sources)
    return [gradient(tokens, len(tokens) - 1)[1] for gradient in made]


def _changed_source(what: str) -> str:
    if what not in CHANGES:
        raise unknown("change", what, CHANGES)
    source = lesson(1).source
    for old, new in CHANGES[what]:
        if source.count(old) != 1:
            raise invalid("line of step 1", old, "it does not stand there once")
        source = source.replace(old, new)
    return source


def opened(source: str) -> dict[str, Any]:
    """A changed program of Step 1, untrained."""
    rng = random.Random(SEED)
    shuffled(corpus().documents, rng)
    sections = ("parameters", "model", "loss of a document", "gradient", "update")
    given = {"math": math, "random": rng, "vocab_size": tokenizer().vocab_size}
    return replace(lesson(1), source=source).load(sections, given)


def _trained(source: str) -> bytes:
    """The held-out loss of a changed program of Step 1, trained as the lesson is."""
    space = opened(source)
    for step in range(NAMES):
        tokens = tokenizer().encode(order()[step])
        _, gradient = space["analytic_gradient"](tokens, len(tokens) - 1)
        rate = space["learning_rate"] * (1 - step / NAMES)
        space["update"](rate, gradient)
    documents = [tokenizer().encode(text) for text in heldout_names()]
    counts = [len(tokens) - 1 for tokens in documents]
    losses = [
        space["forward"](tokens, n) * n
        for tokens, n in zip(documents, counts, strict=True)
    ]
    return json.dumps(math.fsum(losses) / sum(counts)).encode()
