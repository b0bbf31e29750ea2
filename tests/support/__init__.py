"""Helpers for tests of every room; here, what the machine has or lacks,
and which cases are tried when."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

CASES = Path(__file__).parents[1] / "cases"
SLOW_DISK = Path(__file__).parents[1] / "slow_disk"


def not_run(thing: str, reason: str) -> NoReturn:
    """Skip the test for want of a thing; fail it where REQUIRE names the thing.

    REQUIRE is an environment variable with words and commas between them: names,
    browser, firefox, webkit, cc, pythons, torch, memory, gpu.
    """
    message = f"not run: {reason}"
    required = os.environ.get("REQUIRE", "").split(",")
    if thing in map(str.strip, required):
        pytest.fail(f"{message}, and REQUIRE asks for {thing}", pytrace=False)
    pytest.skip(message)


def slow_disk(seconds: float) -> dict[str, str]:
    """What to add to a program's environment, so that each file takes it so long."""
    paths = [str(SLOW_DISK), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "SLOW_DISK": str(seconds)}


def require_torch() -> None:
    """Skip the test where PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        not_run("torch", "PyTorch is not installed: pip install 'glassgpt[torch]'")


@functools.cache
def find_python(version: str) -> str | None:
    """A command that runs Python `version`, such as "3.12", or None."""
    on_path = shutil.which(f"python{version}")
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    candidates = [on_path, *sorted(map(str, installed)), sys.executable]
    return next((c for c in candidates if c and _runs(c, version)), None)


def _runs(command: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    asked = [command, "-I", "-c", code]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def spread(cases: Iterable[Any], every: int) -> list[Any]:
    """Cases of a kind: one in so many for `make test`, the others for `make check`."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=[pytest.mark.full][: i % every],
        )
        for i, case in enumerate(cases)
    ]
