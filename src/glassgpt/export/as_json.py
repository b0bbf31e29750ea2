"""A model as one JSON file, for programs that read nothing else."""

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.export.facts import facts
from glassgpt.files import json_bytes
from glassgpt.runs.run import Run


def encode(run: Run) -> bytes:
    """The record, the vocabulary, and each matrix as a list of its rows."""
    weights = {name: _rows(tensor) for name, tensor in run.engine.weights().items()}
    return json_bytes({**facts(run), "weights": weights})


def _rows(tensor: Tensor) -> list[list[float]]:
    width = tensor.shape[1]
    flat = tensor.values.tolist()
    return [flat[start : start + width] for start in range(0, len(flat), width)]
