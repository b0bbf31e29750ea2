"""What the tests of runs share: a finished run, and its documents as a file."""

from pathlib import Path

import pytest
from support import small

import glassgpt
from glassgpt import Run


@pytest.fixture(scope="package")
def run() -> Run:
    """A finished run of six steps from a list; tests only read it."""
    return glassgpt.train(small.names(), **small.TINY)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The same documents as a file."""
    path = tmp_path / "words.txt"
    path.write_text("\n".join(small.names()), encoding="utf-8")
    return path
