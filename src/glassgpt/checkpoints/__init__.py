"""What is saved: the one format that every engine and the browser read.

`format` publishes and loads a checkpoint, `sharded` writes one from several processes;
both rest on `manifest`, which verifies, and `publishing`, which puts it in its place.
`run_folder` is the folder of a run around them.
"""

from glassgpt.checkpoints.format import Checkpoint, Snapshot, load, newest, publish
from glassgpt.checkpoints.manifest import looks_whole, step_name, steps
from glassgpt.checkpoints.tensors import Tensor, decode_tensors, encode_tensors

__all__ = [
    "Checkpoint",
    "Snapshot",
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
