"""A model as one safetensors file, for programs that read arrays."""

import json

from glassgpt.checkpoints.tensors import encode_tensors
from glassgpt.export.facts import facts
from glassgpt.runs.run import Run


def encode(run: Run) -> bytes:
    """The weights by name; the record and the vocabulary under the key "glassgpt"."""
    text = json.dumps(facts(run), sort_keys=True)
    return encode_tensors(run.engine.weights(), {"glassgpt": text})
