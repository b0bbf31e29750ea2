"""`import glassgpt` is light: no heavy package, no network, no file written."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HEAVY = {
    "numpy",
    "torch",
    "tokenizers",
    "pyarrow",
    "tensorboard",
    "rich",
    "typer",
    "click",
    "pygments",
    "jinja2",
    "markdown_it",
}
# everything but the command line, which loads typer and rich, and the kernel's numpy
ALL_BUT_CLI = """
import importlib, pkgutil, glassgpt
for one in pkgutil.walk_packages(glassgpt.__path__, "glassgpt."):
    if not one.name.startswith(("glassgpt.cli", "glassgpt.steps", "glassgpt.guide",
                                "glassgpt.__main__", "glassgpt.kernel.",
                                "glassgpt.bench",
                                "glassgpt.engines.kernel", "glassgpt.data.prepared.",
                                "glassgpt.engines.torch.")):
        importlib.import_module(one.name)
"""
TRAIN = """
import glassgpt
run = glassgpt.train(["anna", "bob"] * 20, steps=1, engine="reference", n_embd=4)
run.sample(2), repr(run), run._repr_html_()
"""
_WATCH = """
import gc, json, os, signal, sys
DEEDS = ("socket.", "subprocess.", "shutil.", "tempfile.", "urllib.", "os.mkdir",
         "os.rename", "os.remove", "os.rmdir", "os.fork", "os.exec", "os.posix_spawn",
         "os.system", "os.chmod", "os.link", "os.symlink", "os.truncate")
deeds = []
def watch(event, args):
    writes = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event.startswith(DEEDS) or writes:
        deeds.append(f"{event} {args}")
sys.addaudithook(watch)
def settings():
    return [sys.getrecursionlimit(), gc.isenabled(), str(signal.getsignal(2)),
            os.getcwd(), dict(os.environ)]
before = settings()
exec(sys.argv[1], {})
found = {"modules": sorted(sys.modules), "deeds": deeds, "same": before == settings()}
sys.stdout.write(json.dumps(found))
"""


def watched(code: str, folder: Path) -> dict[str, Any]:
    """What running `code` in a process of its own has loaded and done."""
    command = [sys.executable, "-B", "-c", _WATCH, code]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def loaded(found: dict[str, Any]) -> set[str]:
    """The top packages among the modules that were loaded."""
    return {name.partition(".")[0] for name in found["modules"]}


@pytest.mark.parametrize("code", ["import glassgpt", ALL_BUT_CLI, TRAIN])
def test_nothing_heavy_is_loaded_and_nothing_is_left(code: str, tmp_path: Path) -> None:
    found = watched(code, tmp_path)
    assert "glassgpt.training" in found["modules"]
    assert loaded(found) & HEAVY == set()
    assert found["deeds"] == []
    assert found["same"]
    assert list(tmp_path.iterdir()) == []


def test_commands_load_no_library_that_checks_types(tmp_path: Path) -> None:
    """Newer releases of typer do, for a quarter of a second of each command."""
    found = watched("import glassgpt.cli.train, glassgpt.cli.app", tmp_path)
    assert "typer" in loaded(found)
    assert loaded(found) & {"pydantic", "click"} == set()


def test_all_but_the_command_line_is_most_of_it(tmp_path: Path) -> None:
    modules = watched(ALL_BUT_CLI, tmp_path)["modules"]
    names = {
        "glassgpt.engines.reference",
        "glassgpt.data.inspection",
        "glassgpt.gradcheck",
    }
    assert names <= set(modules)


@pytest.mark.parametrize(
    "code",
    [
        "open('left', 'w').close()",
        "import os; os.mkdir('left')",
        "import socket; socket.socket().close()",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_a_deed_is_seen(code: str, tmp_path: Path) -> None:
    assert watched(code, tmp_path)["deeds"]


def test_a_heavy_package_is_seen(tmp_path: Path) -> None:
    assert "rich" in loaded(watched("import rich", tmp_path))
