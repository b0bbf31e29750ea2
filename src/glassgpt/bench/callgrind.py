"""Some steps of training with nothing but ctypes, for callgrind to count.

Prints the code of the instructions that were used. A file names the library and holds
all numbers; `outside.py` writes it and starts this.
"""

import ctypes
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(path: str, times: int) -> None:
    """Train as the file says, so many times over."""
    given = json.loads(Path(path).read_text("utf-8"))
    library = ctypes.CDLL(given["library"])
    for name in ("create", "weights"):
        getattr(library, f"glassgpt_{name}").restype = ctypes.c_void_p
    library.glassgpt_size.restype = ctypes.c_size_t
    config, how = bytes(given["config"]), bytes(given["training"])
    memory = ctypes.create_string_buffer(library.glassgpt_size(config))
    g = ctypes.c_void_p(library.glassgpt_create(memory, config))
    single = library.glassgpt_real_bits() == 32
    weights = _array(ctypes.c_float if single else ctypes.c_double, given["weights"])
    here = ctypes.c_void_p(library.glassgpt_weights(g))
    ctypes.memmove(here, weights, ctypes.sizeof(weights))
    numbers = [_array(ctypes.c_int, given[k]) for k in ("tokens", "offsets", "order")]
    count = len(given["order"])
    losses = (ctypes.c_double * count)()
    for _ in range(times):
        done = library.glassgpt_train(
            g, how, *numbers, 0, count, losses, None, None, 0, None
        )
        assert done == count, f"it stopped at step {done}"
    sys.stdout.write(f"{library.glassgpt_use_isa(g, library.glassgpt_best_isa())}\n")


def _array(kind: Any, values: Sequence[float]) -> Any:
    return (kind * len(values))(*values)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
