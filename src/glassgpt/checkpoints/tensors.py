"""Tensors as bytes: the safetensors format, without NumPy.

The standard library's `array` holds the numbers, so that a checkpoint can be read
where nothing else is installed.
"""

import array
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import safetensors

from glassgpt.errors import CheckpointError, GlassGPTError, invalid

_NAMES = {"d": "float64", "f": "float32"}
_TYPECODES = {"F64": "d", "F32": "f"}


@dataclass(frozen=True)
class Tensor:
    """Numbers with a shape: row-major, typecode 'd' (float64) or 'f' (float32)."""

    shape: tuple[int, ...]
    values: "array.array[float]"

    def __post_init__(self) -> None:
        kind, count = self.values.typecode, len(self.values)
        if kind not in _NAMES:
            raise _refused("tensor typecode", kind, "it holds 'd' or 'f'")
        if min(self.shape, default=0) < 0 or math.prod(self.shape) != count:
            raise _refused("tensor shape", self.shape, f"there are {count} numbers")


def encode_tensors(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> bytes:
    """Tensors by name, in the safetensors format, with one metadata key.

    The same names and numbers give the same bytes in any process and any order.
    """
    note = dict(metadata or {"format": "glassgpt"})
    if len(note) != 1:
        raise _refused("metadata", sorted(note), "it must be one key")
    # The format writes one metadata key at most: more come out in a random order.
    stored = {name: _little_endian(tensors[name].values) for name in sorted(tensors)}
    specs = {
        name: safetensors.TensorSpec(
            dtype=_NAMES[values.typecode],
            shape=tensors[name].shape,
            data_ptr=values.buffer_info()[0],
            data_len=len(values) * values.itemsize,
        )
        for name, values in stored.items()
    }
    return bytes(safetensors.serialize(specs, note))


def tensor_chunks(tensors: Mapping[str, Tensor]) -> Iterator[bytes | memoryview]:
    """The bytes of `encode_tensors`, in parts, without a copy of the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "glassgpt"}}
    end, stored = 0, []
    # the format wants wide numbers first
    names = sorted(tensors, key=lambda n: (-tensors[n].values.itemsize, n))
    for name in names:
        values = _little_endian(tensors[name].values)
        start, end = end, end + len(values) * values.itemsize
        header[name] = {
            "dtype": {"d": "F64", "f": "F32"}[values.typecode],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
        stored.append(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    yield from (memoryview(values).cast("B") for values in stored if len(values))


def decode_tensors(data: bytes) -> dict[str, Tensor]:
    """Tensors by name, sorted, from safetensors bytes.

    Raises CheckpointError for anything malformed and for other numbers than F64, F32.
    """
    try:
        parts = dict(safetensors.deserialize(data))  # type: ignore[no-untyped-call]
    except Exception as error:  # the package documents no closed list of errors
        why = str(error).removeprefix("Error while deserializing: ")
        raise _refused("safetensors", f"{len(data)} bytes", why) from error
    return {name: _tensor(name, parts[name]) for name in sorted(parts)}


def _tensor(name: str, part: Mapping[str, Any]) -> Tensor:
    typecode = _TYPECODES.get(part["dtype"])
    if typecode is None:
        raise _refused("tensor", name, f"it holds {part['dtype']}, not F64 or F32")
    values: array.array[float] = array.array(typecode)
    values.frombytes(part["data"])
    return Tensor(tuple(part["shape"]), _little_endian(values))


def _little_endian(values: "array.array[float]") -> "array.array[float]":
    if sys.byteorder == "little":
        return values
    swapped = values[:]
    swapped.byteswap()
    return swapped


def _refused(what: str, value: object, why: str) -> GlassGPTError:
    remedy = "Use a file that glassgpt wrote, or numbers as float32 or float64."
    return invalid(what, value, why, remedy, CheckpointError)
