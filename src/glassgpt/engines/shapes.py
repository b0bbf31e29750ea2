"""The matrices of a model, in the order of their draw."""

import math
from collections.abc import Mapping

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import ModelConfig, Record
from glassgpt.errors import CheckpointError, invalid
from glassgpt.optim import OPTIMIZERS


def shapes(model: ModelConfig) -> dict[str, tuple[int, int]]:
    """The matrices of a model, (rows, columns) by name, in the order of their draw."""
    vocab, n_embd, hidden = model.vocab_size, model.n_embd, 4 * model.n_embd
    ends = {"wte": (vocab, n_embd), "wpe": (model.block_size, n_embd)}
    head = {"lm_head": (vocab, n_embd)}
    layer = {
        **{f"attn_w{part}": (n_embd, n_embd) for part in "qkvo"},
        "mlp_fc1": (hidden, n_embd),
        "mlp_fc2": (n_embd, hidden),
    }
    match model.step:
        case 0:
            return {"counts": (vocab, vocab)}
        case 1 | 2:
            fc = {"mlp_fc1": (hidden, n_embd), "mlp_fc2": (vocab, hidden)}
            return {"wte": ends["wte"], **fc}
        case 3:
            return {**ends, **layer, **head}
    layers = {
        f"layer{li}.{name}": shape
        for li in range(model.n_layer)
        for name, shape in layer.items()
    }
    return {**ends, **head, **layers}


def num_params(model: ModelConfig) -> int:
    """How many numbers are learned by gradient; the counts of Step 0 are not."""
    if model.step == 0:
        return 0
    return sum(math.prod(shape) for shape in shapes(model).values())


def buffer_shapes(record: Record) -> dict[str, tuple[int, int]]:
    """The same of what the optimiser remembers: "m.wte" and so on; Step 0 has none."""
    if record.model.step == 0:
        return {}
    return {
        f"{buffer}.{name}": shape
        for buffer in OPTIMIZERS[record.train.optimizer].buffers
        for name, shape in shapes(record.model).items()
    }


def match_state(
    record: Record, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
) -> None:
    """Raise CheckpointError unless these are the weights and buffers of a record."""
    match_shapes(weights, shapes(record.model))
    match_shapes(buffers, buffer_shapes(record))


def match_shapes(
    tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, int]]
) -> None:
    """Raise CheckpointError unless there are just these tensors, in these shapes."""
    remedy = "These weights are of another record: take the run they came from."
    for name in sorted(tensors.keys() ^ expected.keys()):
        why = "it is missing" if name in expected else "this model has no such tensor"
        raise invalid("tensor", name, why, remedy, CheckpointError)
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            why = f"its shape is {tensors[name].shape}, the record's is {shape}"
            raise invalid("tensor", name, why, remedy, CheckpointError)
