"""What is saved: the one format that every engine and the browser read."""

from glassgpt.checkpoints.format import (
    Checkpoint,
    load,
    looks_whole,
    newest,
    publish,
    step_name,
    steps,
)
from glassgpt.checkpoints.tensors import Tensor, decode_tensors, encode_tensors

__all__ = [
    "Checkpoint",
    "Tensor",
    "decode_tensors",
    "encode_tensors",
    "load",
    "looks_whole",
    "newest",
    "publish",
    "step_name",
    "steps",
]
