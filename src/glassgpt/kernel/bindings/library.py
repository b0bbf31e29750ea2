"""Finding the native library, and calling it as `wasm.json` declares each function.

Nothing is checked here. What calls a function checks its arguments first: C does what
it is told.
"""

import ctypes
import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassgpt.errors import GlassGPTError, invalid, missing, unknown
from glassgpt.kernel.build import BUILT, is_current, library_name
from glassgpt.kernel.header import DESCRIPTION

PRECISION = {"float64": "f64", "float32": "f32"}
_BUILD = "Run: python -m glassgpt.kernel.build"
_VALUES: dict[str, Any] = {
    "void": None,
    "int": ctypes.c_int,
    "double": ctypes.c_double,
    "size_t": ctypes.c_size_t,
    "const char *": ctypes.c_char_p,
    "uint32_t": ctypes.c_uint32,
}


@dataclass(frozen=True)
class Library:
    """The kernel at one precision. `call.loss` is glassgpt_loss, and so on."""

    dtype: str
    call: Any


@functools.cache
def description() -> dict[str, Any]:
    """What the kernel exports: `wasm.json`, read once."""
    return dict(json.loads(DESCRIPTION.read_text("utf-8")))


@functools.cache
def constants() -> dict[str, int]:
    """The header's constants by name, such as ADAM."""
    return dict(description()["constants"])


@functools.cache
def struct(name: str) -> type[ctypes.Structure]:
    """A struct of the header by name, such as glassgpt_config."""
    fields = [
        (field["name"], _field_type(field))
        for field in description()["structs"][name]["fields"]
    ]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


@functools.cache
def open_library(dtype: str) -> Library:
    """The library for "float64" or "float32".

    GLASSGPT_KERNEL in the environment names a folder to take it from, or "none". Raises
    GlassGPTError when it was not built, can't be loaded, or is not a build of the
    sources beside it.
    """
    elsewhere = os.environ.get("GLASSGPT_KERNEL", "")
    if elsewhere == "none":
        raise missing("kernel", "Unset GLASSGPT_KERNEL to have it.", GlassGPTError)
    path = Path(elsewhere or BUILT) / library_name(PRECISION[dtype])
    if not path.is_file():
        raise missing("kernel: it is not built", _BUILD, GlassGPTError)
    if not elsewhere and not is_current(path):
        why = "it was built from other sources"
        raise invalid("kernel", path.name, why, f"{_BUILD} again", GlassGPTError)
    try:
        loaded = ctypes.CDLL(str(path))
        functions = _declared(loaded)
    except (OSError, AttributeError) as error:
        raise invalid("kernel", path.name, str(error), _BUILD, GlassGPTError) from error
    return Library(dtype, functions)


def isa_names() -> dict[str, int]:
    """The kernel's ways of training by name: "plain" loops, "baseline", "avx2", ..."""
    prefix = "ISA_"
    return {
        name.removeprefix(prefix).lower(): code
        for name, code in constants().items()
        if name.startswith(prefix)
    }


def asked_isa(best: int) -> int:
    """What GLASSGPT_ISA in the environment asks for; without it the machine's best.

    Raises UsageError for a name that there is not, or that this machine lacks.
    """
    names = isa_names()
    asked = os.environ.get("GLASSGPT_ISA", "")
    if not asked:
        return best
    if asked not in names:
        raise unknown("GLASSGPT_ISA", asked, names)
    if names[asked] > best:
        known = ", ".join(name for name, code in names.items() if code <= best)
        why = "this machine does not have it"
        raise invalid("GLASSGPT_ISA", asked, why, f"Take one of: {known}")
    return names[asked]


def why_unavailable(dtype: str = "float64") -> str:
    """Why there is no kernel, in one line; empty when there is one."""
    try:
        open_library(dtype)
    except GlassGPTError as error:
        return f"{error}; {error.remedy}" if error.remedy else str(error)
    return ""


class _Functions:
    """The library's functions, named without their glassgpt_."""


def _declared(loaded: ctypes.CDLL) -> Any:
    functions = _Functions()
    for function in description()["functions"]:
        name: str = function["name"]
        call: Callable[..., Any] = getattr(loaded, name)
        call.argtypes = [_ctype(a["type"]) for a in function["arguments"]]  # type: ignore[attr-defined]
        call.restype = _ctype(function["result"])  # type: ignore[attr-defined]
        setattr(functions, name.removeprefix("glassgpt_"), call)
    return functions


def _field_type(field: dict[str, Any]) -> Any:
    kind = _VALUES[field["type"]]
    return kind * field["count"] if "count" in field else kind


def _ctype(declared: str) -> Any:
    """Numbers as what they are; pointers as addresses."""
    return _VALUES.get(declared, ctypes.c_void_p)
