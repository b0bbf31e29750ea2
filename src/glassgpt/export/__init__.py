"""A model in one file that other programs can read."""

import json
from collections.abc import Callable

from glassgpt.checkpoints.tensors import Tensor, encode_tensors
from glassgpt.files import json_bytes
from glassgpt.runs.run import Run


def to_safetensors(run: Run) -> bytes:
    """The weights by name; the record and the vocabulary under the key "glassgpt"."""
    facts = json.dumps(_facts(run), sort_keys=True)
    return encode_tensors(run.engine.weights(), {"glassgpt": facts})


def to_json(run: Run) -> bytes:
    """The record, the vocabulary, and each matrix as a list of its rows."""
    weights = {name: _rows(tensor) for name, tensor in run.engine.weights().items()}
    return json_bytes({**_facts(run), "weights": weights})


FORMATS: dict[str, Callable[[Run], bytes]] = {
    "safetensors": to_safetensors,
    "json": to_json,
}


def _facts(run: Run) -> dict[str, object]:
    return {**run.config.to_json(), "tokenizer": run.tokenizer.to_json()}


def _rows(tensor: Tensor) -> list[list[float]]:
    width = tensor.shape[1]
    flat = tensor.values.tolist()
    return [flat[start : start + width] for start in range(0, len(flat), width)]
