"""The kernel as WebAssembly, called from Python as a browser calls it.

Everything is read off `wasm.json`: functions, structs and their offsets.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import wasmtime

from glassgpt.kernel.bindings.library import constants, description

_FORMATS = {"int": "<i", "uint32_t": "<I", "double": "<d"}


class WasmKernel:
    """An instance with its memory; `real` is the NumPy type of its numbers."""

    def __init__(self, path: Path) -> None:
        self.store = wasmtime.Store()
        self.module = wasmtime.Module.from_file(self.store.engine, str(path))
        self._exports = wasmtime.Instance(self.store, self.module, []).exports(
            self.store
        )
        self._memory: Any = self._exports["memory"]
        heap: Any = self._exports["__heap_base"]
        self._free: int = heap.value(self.store)
        self.real = np.dtype(f"f{self.call('glassgpt_real_bits') // 8}")

    def call(self, name: str, *arguments: Any) -> Any:
        """A function of the header; addresses are whole numbers."""
        function: Any = self._exports[name]
        return function(self.store, *arguments)

    def allocate(self, size: int) -> int:
        """The address of so many bytes, 16 aligned; the memory grows."""
        address = -(-self._free // 16) * 16
        self._free = address + size
        missing = self._free - self._memory.data_len(self.store)
        if missing > 0:
            self._memory.grow(self.store, -(-missing // 65536))
        return address

    def put(self, array: Any) -> int:
        """A copy of an array in there: its address."""
        data = np.ascontiguousarray(array).tobytes()
        address = self.allocate(len(data))
        self._memory.write(self.store, data, address)
        return address

    def get(self, address: int, count: int, dtype: Any = None) -> np.ndarray:
        """`count` numbers from an address, as a copy."""
        kind = np.dtype(dtype or self.real)
        end = address + count * kind.itemsize
        return np.frombuffer(self._memory.read(self.store, address, end), kind)

    def text(self, address: int) -> str:
        """The characters at an address."""
        return (
            bytes(self._memory.read(self.store, address, address + 64))
            .split(b"\0")[0]
            .decode()
        )

    def struct(self, name: str, **values: float) -> int:
        """A struct with these fields, the others 0: its address."""
        layout = description()["structs"][name]
        data = bytearray(layout["size"])
        fields = {field["name"]: field for field in layout["fields"]}
        for key, value in values.items():
            field = fields[key]
            struct.pack_into(_FORMATS[field["type"]], data, field["offset"], value)
        return self.put(np.frombuffer(bytes(data), np.uint8))

    def model(self, **config: float) -> int:
        """A model: its address."""
        where = self.struct("glassgpt_config", **config)
        memory = self.allocate(self.call("glassgpt_size", where))
        return int(self.call("glassgpt_create", memory, where))

    def random(self, seed: int) -> int:
        """A generator: its address."""
        state = self.struct("glassgpt_random")
        digits = self.put(np.array([seed], np.uint32))
        self.call("glassgpt_random_seed", state, digits, 1)
        return state

    def training(self, **settings: Any) -> int:
        """Settings by their constants' names, such as optimizer="ADAM"."""
        numbers = {
            key: constants()[value] if isinstance(value, str) else value
            for key, value in settings.items()
        }
        return self.struct("glassgpt_training", **numbers)
