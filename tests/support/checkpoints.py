"""What the tests of checkpoints share: small ones, and processes that write them."""

import array
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glassgpt.checkpoints import Snapshot, Tensor, publish
from glassgpt.checkpoints.manifest import FILES, MANIFEST
from glassgpt.errors import CheckpointError

ALL_FILES = (*FILES, MANIFEST)


def tensor(*numbers: float, kind: str = "d") -> Tensor:
    return Tensor((len(numbers),), array.array(kind, numbers))


def save(folder: Path, step: int, shift: float = 0.0, **options: Any) -> Path:
    model = {"wte": tensor(step + shift, 2.0), "lm_head": tensor(0.1)}
    state = {"step": step, "rng": [1, 2, 3], "loss": 1 / 3}
    snapshot = Snapshot(step, model, {"m.wte": tensor(0.5, 0.25)}, state)
    return publish(folder, snapshot, **options)


def contents(path: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in path.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def fails(action: Any, *words: str) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        action()
    text = str(caught.value)
    assert all(word in text for word in words), text
    assert "\n" not in text
    assert caught.value.remedy
    return caught.value


def run_python(code: str, *arguments: object, **env: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
