"""What tests of every folder share: fixtures, and how Hypothesis behaves."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support import CASES, find_python, not_run
from support.slowest import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

# examples are the same wherever `make test` and CI run; by hand, new ones are tried
settings.register_profile("by-hand", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# tests that send Ctrl-C need it heard, also where all this runs in the background
signal.signal(signal.SIGINT, signal.default_int_handler)
# tests run side by side: threads of PyTorch's would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.load_profile("ci" if "CI" in os.environ else "by-hand")


@pytest.fixture(scope="session")
def karpathy_names() -> Path:
    """The public file that tests/cases/vectors.json was measured on."""
    given = os.environ.get("GLASSGPT_KARPATHY_NAMES")
    if not given:
        not_run("names", "GLASSGPT_KARPATHY_NAMES is not set")
    path = Path(given)
    assert path.is_file(), f"GLASSGPT_KARPATHY_NAMES is no file: {given}"
    return path


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """Losses, names, random numbers and gradients measured on the public file."""
    return dict(json.loads((CASES / "vectors.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session", params=["3.11", "3.12", "3.13"])
def python(request: pytest.FixtureRequest) -> str:
    """A Python of each version that we promise to run on, as a command."""
    found = find_python(request.param)
    if found is None:
        not_run("pythons", f"python{request.param} is not on this machine")
    return found
