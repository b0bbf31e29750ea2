"""What a page may say of Step 2: the graph of a loss, and mistakes made with it."""

import ast
import json
import math
import random
import types
from collections import Counter
from dataclasses import replace
from typing import Any

from glassgpt.config import preset
from glassgpt.data.order import shuffled
from glassgpt.engines.reference.model import deep_and_quick
from glassgpt.errors import DivergedError
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, corpus, order, tokenizer, vocab
from glassgpt.guide.facts.trainings import heldout_names
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.bindings.observe import evaluate
from glassgpt.kernel.bindings.random import Random
from glassgpt.kernel.bindings.train import Documents, Trainer
from glassgpt.lessons import lesson

BESIDE = 100  # steps that both programs make, for their losses beside each other
_ADDS = "child.grad += local_grad * value.grad"
_SECTIONS = ("autograd", "parameters", "model", "loss of a document", "update")


def step2(right: str = "", wrong: str = "") -> dict[str, Any]:
    """Step 2's own program, untrained, with one text of it replaced."""
    program = lesson(2)
    if right:
        assert program.source.count(right) == 1, right
        program = replace(program, source=program.source.replace(right, wrong))
    rng = random.Random(SEED)
    shuffled(corpus().documents, rng)
    given = {"math": math, "random": rng, "vocab_size": tokenizer().vocab_size}
    gc = types.SimpleNamespace(disable=lambda: None)
    return program.load(_SECTIONS, {**given, "gc": gc})


def _loss(space: dict[str, Any], word: str) -> Any:
    tokens = tokenizer().encode(word)
    return space["forward"](tokens, len(tokens) - 1)


@kept_fact
def _graph(word: str) -> dict[str, Any]:
    """All Values of a word's loss, counted."""
    with deep_and_quick():
        space = step2()
        loss = _loss(space, word)
        order: list[Any] = []
        loss.visit(order, set())
    left = Counter(id(child) for value in order for child in value.children)
    weights = {id(p) for p in space["params"]} & left.keys()
    return {
        "nodes": len(order),
        "leaves": sum(not value.children for value in order),
        "weights": len(weights),
        "uses": {str(n): c for n, c in Counter(left[p] for p in weights).items()},
    }


@call
def graph_nodes(word: str) -> int:
    """How many Values the loss of a word is made of."""
    return int(_graph(word)["nodes"])


@call
def graph_leaves(word: str) -> int:
    """How many of them were not computed."""
    return int(_graph(word)["leaves"])


@call
def graph_weights(word: str) -> int:
    """How many of the weights a word uses."""
    return int(_graph(word)["weights"])


@call
def weights_used(word: str, times: int) -> int:
    """How many weights a word uses so often."""
    return int(_graph(word)["uses"].get(str(times), 0))


@kept_fact
def _gradients(word: str) -> dict[str, list[float]]:
    """The gradient of a word: right, with = for +=, and after a second backward."""
    found = {}
    with deep_and_quick():
        for name, wrong in (("right", ""), ("equals", _ADDS.replace("+=", "="))):
            space = step2(_ADDS, wrong) if wrong else step2()
            loss = _loss(space, word)
            loss.backward()
            found[name] = [p.grad for p in space["params"]]
            if name == "right":
                loss.backward()
                found["twice"] = [p.grad for p in space["params"]]
    return found


@call
def equals_wrong(word: str) -> int:
    """How many gradients of a word are wrong with = in place of +=."""
    found = _gradients(word)
    pairs = zip(found["right"], found["equals"], strict=True)
    return sum(not math.isclose(a, b, rel_tol=1e-12) for a, b in pairs)


@call
def equals_turned(word: str) -> int:
    """How many of these have the wrong sign."""
    found = _gradients(word)
    return sum(a * b < 0 for a, b in zip(found["right"], found["equals"], strict=True))


@call
def second_backward(word: str) -> tuple[float, float]:
    """By what a second backward multiplies gradients: the least and the most."""
    found = _gradients(word)
    pairs = zip(found["right"], found["twice"], strict=True)
    factors = [b / a for a, b in pairs if a]
    return min(factors), max(factors)


@call
@kept_fact
def never_zeroed(rate: float) -> dict[str, float]:
    """Step 2 without the line that sets gradients to 0: `breaks` at this step, from 1,
    or ends at this `heldout` loss, with so many hidden units `alive`."""
    model = preset("step2").with_vocabulary(vocab()).model
    train = replace(preset("step2").train, learning_rate=rate)
    rng, kernel = random.Random(SEED), Kernel(model)
    shuffled(corpus().documents, rng)
    kernel.init_weights(Random.like(rng))
    encoded = [tokenizer().encode(text) for text in order()[: train.num_steps]]
    documents = Documents(encoded, model.vocab_size)
    trainer = Trainer(kernel, documents, train, mistakes=["keep_grads"])
    try:
        trainer.steps(0, range(train.num_steps))
    except DivergedError as error:
        return {"breaks": error.step + 1}
    held = Documents([tokenizer().encode(text) for text in heldout_names()], vocab())
    losses, counts = evaluate(kernel, held, range(len(heldout_names())))
    alive = set()
    for token in range(model.vocab_size):
        kernel.loss([token, token])
        hidden = kernel.activations["hidden"][0][0]
        alive |= {j for j, value in enumerate(hidden) if value > 0}
    return {"heldout": float(losses.sum() / counts.sum()), "alive": len(alive)}


def both_losses(names: int) -> dict[str, list[float]]:
    """The first losses of both programs: Step 1's by `hand`, Step 2's by `graph`."""
    space, rng = step2(), random.Random(SEED)
    shuffled(corpus().documents, rng)
    given = {"math": math, "random": rng, "vocab_size": tokenizer().vocab_size}
    sections = ("parameters", "model", "loss of a document", "gradient", "update")
    by_hand = lesson(1).load(sections, given)
    found: dict[str, list[float]] = {"hand": [], "graph": []}
    with deep_and_quick():
        for step in range(names):
            tokens = tokenizer().encode(order()[step])
            n, rate = len(tokens) - 1, 1 - step / 1000
            loss, gradient = by_hand["analytic_gradient"](tokens, n)
            by_hand["update"](rate, gradient)
            found["hand"].append(loss)
            value = space["forward"](tokens, n)
            value.backward()
            space["update"](rate)
            found["graph"].append(value.data)
    return found


@call
@kept_fact
def losses_beside() -> dict[str, list[float]]:
    """As many of them as a page is built with."""
    return both_losses(BESIDE)


@call
def losses_apart() -> float:
    """The largest difference between those losses."""
    found = losses_beside()
    pairs = zip(found["hand"], found["graph"], strict=True)
    return max(abs(a - b) for a, b in pairs)


@call
def losses_print_apart() -> int:
    """How many of them the two programs print differently."""
    found = losses_beside()
    pairs = zip(found["hand"], found["graph"], strict=True)
    return sum(f"{a:.4f}" != f"{b:.4f}" for a, b in pairs)


@call
def timed(step: int, steps: int) -> str:
    """What the page's stopwatch runs: a program up to its training, then some steps."""
    program = lesson(step)
    first = program.sections["training"].start
    skipped = program.sections.get("gradient check", range(first, first))
    before = [[1, skipped.start - 1], [skipped.stop, first - 1]]
    step_of = {
        1: "loss, gradient = analytic_gradient(tokens, n)\n    update(1.0, gradient)",
        2: "loss = forward(tokens, n)\n    loss.backward()\n    update(1.0)",
    }[step]
    code = (
        "import time\nbegun = time.perf_counter()\n"
        f"for step in range({steps}):\n    tokens = encode(docs[step])\n"
        f"    n = len(tokens) - 1\n    {step_of}\n"
        f"print((time.perf_counter() - begun) / {steps})"
    )
    asked = {
        "file": program.path.name,
        "before": [pair for pair in before if pair[1] >= pair[0]],
        "numbers": {},
        "first": first,
        "code": code,
        "shipped": "",
    }
    return json.dumps(asked)


@call
def class_lines() -> int:
    """The lines of Step 2's class, blank ones aside."""
    program = lesson(2)
    tree = next(
        node for node in program.nodes("autograd") if isinstance(node, ast.ClassDef)
    )
    lines = program.source.splitlines()[tree.lineno - 1 : tree.end_lineno]
    return sum(bool(line.strip()) for line in lines)
