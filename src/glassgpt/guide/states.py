"""The trained states that figures of Steps 3 to 5 can show, one small file each.

A state is a training of a step's model on the built-in names with seed 42, by the
kernel in float64; its weights are kept in `guide/states/` as float32, in the lesson's
order and little-endian. `manifest.json` there says of each file what it hashes to and
which settings it was trained with. The site takes the files as they are;
`tools/trained_states.py` makes them.
"""

import functools
import hashlib
import json
import math
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, preset
from glassgpt.data import load_corpus
from glassgpt.engines.base import Engine
from glassgpt.engines.shapes import shapes
from glassgpt.errors import CheckpointError, unknown
from glassgpt.guide.content.pages import FOLDER as GUIDE
from glassgpt.training.session import Session

FOLDER = GUIDE / "states"
UNTRAINED = "untrained"
TRAINED = ("sgd-1000", "adam-1000", "adam-20000")
STATES = (UNTRAINED, *TRAINED)
# Steps 4 and 5 have one model
MODELS = (3, 4)
# the rates of the lessons, but for one: at Adam's a single head, trained for long, may
# come to look at BOS alone; it learns nothing more then
_RATES = {"sgd": 0.1, "adam": 0.01}
_CAREFUL = 0.003


def settings(step: int, state: str) -> dict[str, Any]:
    """What of a step's record brings its model to a trained state."""
    if state not in TRAINED:
        raise unknown("trained state", state, TRAINED)
    optimizer, steps = state.split("-")
    careful = (step, state) == (3, "adam-20000")
    rate = _CAREFUL if careful else _RATES[optimizer]
    return {"optimizer": optimizer, "learning_rate": rate, "num_steps": int(steps)}


def record_of(step: int, state: str) -> Record:
    """The record that trains a step's model to a state."""
    if state not in STATES:
        raise unknown("state", state, STATES)
    lesson = preset(f"step{step}")
    if state == UNTRAINED:
        return lesson
    return lesson.with_settings(**settings(step, state))


def file_of(step: int, state: str) -> Path:
    """Where the weights of a trained state are kept."""
    if state not in TRAINED:
        raise unknown("trained state", state, TRAINED)
    return FOLDER / f"step{min(step, MODELS[-1])}-{state}.bin"


def command_of(step: int, state: str) -> str:
    """What makes the file of a state, from the root of the repository."""
    return f"python tools/trained_states.py {file_of(step, state).stem}"


def make(step: int, state: str) -> bytes:
    """The bytes of a state's file: it is trained here and now."""
    session = Session(record_of(step, state), load_corpus("names"), "kernel")
    for done in range(session.record.train.num_steps):
        session.engine.train_step(done, session.batch(done))
    tensors = session.engine.weights()
    rows = (tensors[name].values for name in shapes(session.record.model))
    return _turned(array("f", [x for row in rows for x in row])).tobytes()


def read(step: int, state: str) -> list[float]:
    """The weights of a trained state in the lesson's order, checked by their hash."""
    file = file_of(step, state)
    body = file.read_bytes()
    kept = manifest()[file.name]["sha256"]
    found = hashlib.sha256(body).hexdigest()
    if found != kept:
        problem = f"invalid state: {file}, its sha256 is {found} and not {kept}"
        raise CheckpointError(problem, f"Make it again: {command_of(step, state)}")
    numbers = array("f")
    numbers.frombytes(body)
    return list(_turned(numbers))


def manifest() -> dict[str, Any]:
    """Of each file its hash, the settings it was trained with, and its command."""
    text = (FOLDER / "manifest.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def session(step: int, state: str, engine: str = "reference") -> Session:
    """A step's model in a state, in an engine of one's own; without its losses."""
    found = Session(record_of(step, state), load_corpus("names"), engine)
    if state != UNTRAINED:
        set_weights(found.engine, read(step, state))
    return found


@functools.cache
def engine(step: int, state: str, name: str = "reference") -> Engine:
    """The same engine whenever it is asked for, to be looked at and not trained."""
    return session(step, state, name).engine


def set_weights(engine: Engine, weights: Sequence[float]) -> None:
    """Give an engine these weights, in the lesson's order; what it remembers stays."""
    tensors, start = {}, 0
    for name, shape in shapes(engine.record.model).items():
        end = start + math.prod(shape)
        tensors[name] = Tensor(shape, array("d", weights[start:end]))
        start = end
    engine.restore(tensors, engine.buffers())


def _turned(numbers: "array[float]") -> "array[float]":
    """To little-endian bytes or back, where the machine has others."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
