"""The wheel: it holds a kernel where there is a compiler, and works without one."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import not_run

from glassgpt.kernel import build
from glassgpt.kernel.compiler import find_compiler, platform_tag

ROOT = build.FOLDER.parent.parent.parent
TRAIN = """
import glassgpt
run = glassgpt.train(["anna", "bob"] * 20, steps=3, n_embd=4)
print(len(run.losses))
from glassgpt.kernel.bindings.library import why_unavailable
print(why_unavailable("float64") or why_unavailable("float32") or "kernel")
"""


def wheel(folder: Path, **environment: str) -> Path:
    """The wheel of this checkout, built with what is installed here and no network."""
    if importlib.util.find_spec("hatchling") is None:
        not_run("hatchling", "hatchling is not installed")
    if not (ROOT / "hatch_build.py").is_file():
        not_run("checkout", "this is not a checkout")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    options = ["--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run(
        [*command, *options, str(ROOT)], check=True, env={**os.environ, **environment}
    )
    (found,) = folder.glob("*.whl")
    return found


def run_unpacked(path: Path, folder: Path) -> list[str]:
    """What a training prints with the wheel's own files alone before all others."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=folder, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.full
def test_a_wheel_holds_a_kernel_and_says_where_it_runs(tmp_path: Path) -> None:
    found = wheel(tmp_path)
    assert found.name.endswith(f"py3-none-{platform_tag(find_compiler())}.whl")
    names = zipfile.ZipFile(found).namelist()
    inside = {name.removeprefix("glassgpt/kernel/") for name in names}
    built = {f"built/{build.library_name(precision)}" for precision in build.PRECISIONS}
    assert built | {"wasm.json", "glassgpt.h", "core/gpt.c"} <= inside
    assert run_unpacked(found, tmp_path / "unpacked") == ["3", "kernel"]


@pytest.mark.full
def test_without_a_compiler_a_wheel_is_for_every_machine_and_works(
    tmp_path: Path,
) -> None:
    hidden = tmp_path / "bin"
    hidden.mkdir()
    # ziglang, too, if it is installed
    code = "import sys; sys.modules['ziglang'] = None"
    (hidden / "sitecustomize.py").write_text(f"{code}\n")
    found = wheel(tmp_path, PATH=str(hidden), CC="", PYTHONPATH=str(hidden))
    assert found.name.endswith("-py3-none-any.whl")
    libraries = [name for name in zipfile.ZipFile(found).namelist() if "/lib" in name]
    assert [name for name in libraries if name.endswith((".so", ".dylib"))] == []
    losses, why = run_unpacked(found, tmp_path / "unpacked")
    assert losses == "3"
    assert why.startswith("missing kernel: it is not built; Run: ")
