"""A model in one file that other programs can read.

A new format is a file here with an `encode(run)`, and a row of FORMATS.
"""

from collections.abc import Callable

from glassgpt.export import as_json, safetensors
from glassgpt.runs.run import Run

FORMATS: dict[str, Callable[[Run], bytes]] = {
    "safetensors": safetensors.encode,
    "json": as_json.encode,
}
