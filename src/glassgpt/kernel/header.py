"""The header as data: what the kernel exports, for ctypes and for the browser.

`glassgpt.h` and its part `figures.h` are where functions are declared, `types.h` where
their structs and constants are. This reads them, and `python -m
glassgpt.kernel.header` writes what it finds to `wasm.json`.
"""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
HEADERS = tuple(FOLDER / name for name in ("types.h", "glassgpt.h", "figures.h"))
DESCRIPTION = FOLDER / "wasm.json"

_SECTION = re.compile(r"^/\* --- (?P<about>.+?) \((?P<files>[^)]*)\) --- \*/$", re.M)
_FUNCTION = re.compile(
    r"/\* (?P<about>(?:(?!\*/).)*?) \*/\n"
    r"GLASSGPT_API (?P<result>[^;()]*?)(?P<name>glassgpt_\w+)\((?P<arguments>[^)]*)\);",
    re.S,
)
_STRUCT = re.compile(
    r"/\* (?P<about>(?:(?!\*/).)*?) \*/\n"
    r"typedef struct \{\n(?P<fields>[^}]*)\} (?P<name>\w+);",
    re.S,
)
_FIELD = re.compile(r"^ +(\w+) (\w+)(?:\[(\d+)\])?; +/\* (.*?) \*/$", re.M)
_CONSTANT = re.compile(r"\b([A-Z][A-Z0-9_]+) = (\d+)")
_SIZES = {"int": 4, "uint32_t": 4, "double": 8}


def read() -> str:
    """The text of the headers, one after the other."""
    return "\n".join(path.read_text("utf-8") for path in HEADERS)


def describe(header: str) -> dict[str, Any]:
    """Functions, structs and constants of a header, in its own order."""
    sections = list(_SECTION.finditer(header))
    return {
        "functions": [
            _function(match, sections) for match in _FUNCTION.finditer(header)
        ],
        "structs": {
            match["name"]: _struct(match) for match in _STRUCT.finditer(header)
        },
        "constants": {
            name: int(value) for name, value in _CONSTANT.findall(_enums(header))
        },
    }


def _function(match: re.Match[str], sections: list[re.Match[str]]) -> dict[str, Any]:
    before = [section for section in sections if section.start() < match.start()]
    arguments = _line(match["arguments"])
    parts = [] if arguments == "void" else arguments.split(", ")
    return {
        "name": match["name"],
        "section": before[-1]["about"],
        "about": _line(match["about"]),
        "arguments": [_declared(part) for part in parts],
        "result": _line(match["result"]),
    }


def _declared(part: str) -> dict[str, str]:
    """`const int *tokens` as its name and its type, `const int *`."""
    found = re.fullmatch(r"(.*?)(\w+)", part)
    assert found, part
    return {"name": found[2], "type": found[1].strip()}


def _struct(match: re.Match[str]) -> dict[str, Any]:
    fields, offset = [], 0
    for kind, name, count, about in _FIELD.findall(match["fields"]):
        offset = -(-offset // _SIZES[kind]) * _SIZES[kind]
        field = {"name": name, "type": kind, "offset": offset, "about": about}
        if count:
            field["count"] = int(count)
        fields.append(field)
        offset += _SIZES[kind] * int(count or 1)
    size = -(-offset // 8) * 8
    return {"about": _line(match["about"]), "size": size, "fields": fields}


def _enums(header: str) -> str:
    return "\n".join(re.findall(r"enum \{.*?\};", header, re.S))


def _line(text: str) -> str:
    return " ".join(text.split())


def as_json(description: dict[str, Any]) -> str:
    """The text of `wasm.json`."""
    return json.dumps(description, indent=1) + "\n"


if __name__ == "__main__":
    DESCRIPTION.write_text(as_json(describe(read())), "utf-8")
