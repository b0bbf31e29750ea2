"""The cases that Python and TypeScript share."""

import base64
from typing import Any


def case_bytes(case: dict[str, Any]) -> bytes:
    """The content of the file that a case of tests/cases/documents.json describes."""
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "range" in case:
        first, count = case["range"]
        return "".join(map(chr, range(first, first + count))).encode()
    text: str = case["text"] * case.get("repeat", 1)
    return text.encode()
