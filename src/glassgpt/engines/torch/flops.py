"""How much arithmetic a model is, and how much of it a device can do."""

import sys
import time

import torch

from glassgpt.config import ModelConfig
from glassgpt.engines.shapes import num_params, shapes

# dense products of bfloat16 in a second, from the makers' data sheets; the first name
# that stands in the device's own name counts
_BFLOAT16 = {
    "B200": 2250e12,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "A100": 312e12,
    "A10G": 70e12,
    "A10": 125e12,
    "L40S": 362e12,
    "L4": 121e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
}

# so many times less arithmetic is worth a word
_SLOW = 3


def flops_a_token(model: ModelConfig) -> float:
    """What training on a token takes: 6 a weight in a product, and attention.

    6 (weights without wte and wpe) + 12 n_layer n_embd block_size. Forward is a third
    of it. Attention counts as if it looked at the whole block, as everyone counts it.
    Source: Chowdhery et al. 2022, PaLM, appendix B.
    """
    looked_up = [name for name in ("wte", "wpe") if name in shapes(model)]
    tables = sum(a * b for a, b in (shapes(model)[name] for name in looked_up))
    attention = 12 * model.n_layer * model.n_embd * model.block_size
    return 6.0 * (num_params(model) - tables) + attention * model.reads_block


def peak_flops(device: torch.device, dtype: str) -> float:
    """Operations in a second: a table's for bfloat16 on a known GPU, else measured.

    Measured is the best of some square products of that precision; without a GPU those
    of float32 count for bfloat16, too, which may have no arithmetic of its own there.
    """
    if device.type == "cuda" and dtype == "bfloat16":
        name = torch.cuda.get_device_name(device)
        for known, peak in _BFLOAT16.items():
            if known in name:
                return peak
    kinds = (
        {dtype, "float32"} if (device.type, dtype) == ("cpu", "bfloat16") else {dtype}
    )
    return max(_measured(device, getattr(torch, kind)) for kind in kinds)


def advice(dtype: str) -> str:
    """What to say of a precision before a run without a GPU; empty where it is fine."""
    if dtype != "bfloat16" or torch.cuda.is_available():
        return ""
    device = torch.device("cpu")
    half = _measured(device, torch.bfloat16, 384)
    single = _measured(device, torch.float32, 384)
    if half * _SLOW > single:
        return ""
    times = f"{single / half:.0f} times"
    return f"bfloat16 is slow here: --set dtype=float32 has {times} the arithmetic"


def _measured(device: torch.device, dtype: torch.dtype, size: int = 0) -> float:
    size = size or (4096 if device.type == "cuda" else 512)
    a, best = torch.ones(size, size, dtype=dtype, device=device), 0.0
    for _ in range(5):
        start = time.perf_counter()
        (a @ a)[0, 0].item()
        best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def memory_used(device: torch.device) -> float:
    """The most memory taken so far, in bytes: the GPU's, else this process's."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    import resource  # not on every system

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
