"""What the lessons' own code computes on the way from a word to its loss."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from glassgpt.engines.reference.number import Number
from glassgpt.engines.shapes import shapes
from glassgpt.guide import states
from glassgpt.guide.facts.names import tokenizer, vocab
from glassgpt.lessons import lesson

Rows = list[list[float]]
# of a token's calls in turn, what each is of; a head's softmax comes between v and wo
_LINEAR = ("q", "k", "v", "attn_out", "before_relu", "mlp_out")
_NORMED = ("residual", "attn_norm", "mlp_norm")


def state_pass(step: int, state: str, word: str) -> dict[str, Any]:
    """A word through the lesson's model of one layer in a state.

    By the kernel's names, (positions, size); of `scores` and `weights` a row for each
    head and position, as long as the past. `losses` are (positions,).
    """
    session = states.session(step, state)
    return passed(step, list(session.engine.weights().values()), word)


def passed(step: int, tensors: Sequence[Any], word: str) -> dict[str, Any]:
    """The same with the weights of an engine, in its order.

    As in the page, letters that the names lack are left out.
    """
    record = states.record_of(step, states.UNTRAINED).with_vocabulary(vocab()).model
    names = list(shapes(record))
    rows = {name: _rows(one) for name, one in zip(names, tensors, strict=True)}
    given = {
        "math": math, "vocab_size": record.vocab_size, "state_dict": rows,
        "n_embd": record.n_embd, "n_head": record.n_head, "n_layer": 1,
        "head_dim": record.n_embd // record.n_head, "rms_eps": record.rms_eps,
    }  # fmt: skip
    space = lesson(step).load(["model"], given)
    heard = {name: _listen(space, name) for name in ("linear", "softmax", "rmsnorm")}
    known = "".join(each for each in word if each in tokenizer().characters)
    tokens = tokenizer().encode(known)[: record.block_size + 1]
    caches = [[[]], [[]]] if step > 3 else [[], []]
    found: dict[str, Any] = {"tokens": tokens, "losses": [], "probs": []}
    for place, (token, target) in enumerate(pairwise(tokens)):
        logits = space["gpt"](token, place, *caches)
        probs = [p.data for p in space["softmax"](logits)]
        found["probs"].append(probs)
        found["losses"].append(-math.log(probs[target]))
    n = len(tokens) - 1
    calls = dict(_calls(heard, n, record.n_head))
    return {**found, **calls}


def _calls(
    heard: dict[str, list[Any]], n: int, heads: int
) -> Iterator[tuple[str, Rows]]:
    linear, normed = heard["linear"], heard["rmsnorm"]
    for i, name in enumerate(_LINEAR):
        yield name, [linear[7 * place + i][1] for place in range(n)]
    yield "heads", [linear[7 * place + 3][0] for place in range(n)]
    yield "hidden", [linear[7 * place + 5][0] for place in range(n)]
    yield "logits", [linear[7 * place + 6][1] for place in range(n)]
    yield "embedding", [normed[3 * place][0] for place in range(n)]
    for i, name in enumerate(_NORMED):
        yield name, [normed[3 * place + i][1] for place in range(n)]
    # the last of a token's is that of its logits
    turns = [
        heard["softmax"][place * (heads + 1) + head]
        for head in range(heads) for place in range(n)
    ]  # fmt: skip
    yield "scores", [turn[0] for turn in turns]
    yield "weights", [turn[1] for turn in turns]


def _listen(space: dict[str, Any], name: str) -> list[tuple[list[float], list[float]]]:
    """What goes into a function of the lesson and what comes out, from now on."""
    heard: list[tuple[list[float], list[float]]] = []
    own: Callable[..., list[Number]] = space[name]

    def listened(x: list[Number], *more: Any) -> list[Number]:
        y = own(x, *more)
        heard.append(([each.data for each in x], [each.data for each in y]))
        return y

    space[name] = listened
    return heard


def _rows(tensor: Any) -> list[list[Number]]:
    values, width = list(map(Number, tensor.values)), tensor.shape[1]
    return [values[i : i + width] for i in range(0, len(values), width)]
