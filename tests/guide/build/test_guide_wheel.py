"""The wheel brings the guide: no network, compiler or node where it is installed."""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from support import not_run
from support.guide.transfer import train_at_home
from support.guide.visitor import Visitor

from glassgpt.guide import server
from glassgpt.guide.content import pages as sources

ROOT = sources.CHECKOUT
PIP = [sys.executable, "-m", "pip"]
OFFLINE = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
# what was made in a checkout: in any folder, and at its top
MADE = {"site", "assets", "built", "node_modules"}
MADE_AT_TOP = {"dist", "build", "runs", "shots", "tests"}


def made(folder: str, names: list[str]) -> set[str]:
    """What is no source among the names in a folder of the checkout."""
    gone = MADE | MADE_AT_TOP if Path(folder) == ROOT else MADE
    return {name for name in names if name in gone or name.startswith(".")}


def needed(name: str, found: set[str]) -> set[str]:
    """A package and all that it cannot run without here, by name."""
    if name not in found:
        found.add(name)
        for wanted in map(Requirement, importlib.metadata.requires(name) or []):
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                needed(wanted.name, found)
    return found


def copy_packages(names: set[str], target: Path) -> None:
    """Put installed packages into a folder, theirs and nothing else."""
    for name in names:
        for file in importlib.metadata.files(name) or []:
            if ".." not in file.parts and Path(file.locate()).is_file():
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target / file)


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with no tool but what is installed for it."""
    if importlib.util.find_spec("hatchling") is None:
        not_run("hatchling", "hatchling is not installed")
    if not (ROOT / "hatch_build.py").is_file():
        not_run("checkout", "this is not a checkout")
    nothing = tmp_path / "bin"
    nothing.mkdir()
    kept = {"PYTHONPATH", "VIRTUAL_ENV", "PATH", "CC"}
    given = {key: value for key, value in os.environ.items() if key not in kept}
    return {**given, "PATH": str(nothing), "HOME": str(tmp_path), "CC": ""}


@pytest.fixture
def without_compiler(tmp_path: Path, offline: dict[str, str]) -> dict[str, str]:
    """The same where Python has none either: pages need no native kernel."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    code = "import sys; sys.modules['ziglang'] = None"
    (hidden / "sitecustomize.py").write_text(code)
    return {**offline, "PYTHONPATH": str(hidden)}


@pytest.mark.full
def test_the_guide_opens_from_a_wheel(
    tmp_path: Path,
    offline: dict[str, str],
    without_compiler: dict[str, str],
    browser: Any,
    complaints: list[str],
) -> None:
    if not (server.SITE / "index.html").is_file():
        not_run("browser", "the guide is not built: make site")
    out = tmp_path / "wheel"
    pack = [*PIP, "wheel", *OFFLINE, "-w", str(out), str(ROOT)]
    subprocess.run(pack, check=True, env=without_compiler)
    (wheel,) = out.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv/bin/python"
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    copy_packages(needed("glassgpt", set()) - {"glassgpt"}, packages)
    install = [str(python), "-m", "pip", "install", *OFFLINE, str(wheel)]
    subprocess.run(install, check=True, env=offline)
    assert not (packages / "brotli.py").exists() and not (packages / "jinja2").exists()

    with socket.socket() as free:
        free.bind((server.HOST, 0))
        port = free.getsockname()[1]
    command = [
        tmp_path / "venv/bin/glassgpt",
        "guide",
        "--no-open",
        "--port",
        str(port),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=offline, cwd=tmp_path, text=True
    ) as running:
        try:
            assert running.stdout
            address = f"http://{server.HOST}:{port}"
            told = f"guide: {address}/ (Ctrl-C ends it)\n"
            assert running.stdout.readline() == told
            there = Visitor(browser.new_page(), address)
            there.go("/")
            train_at_home(there)
            assert there.page.locator("gg-train-home .names li").count() == 20
            there.go("/step/1/9/")
            there.scroll_through()
            there.page.close()
            os.kill(running.pid, signal.SIGINT)
            assert running.wait(20) == 0
        finally:
            running.kill()
    assert complaints == []


@pytest.mark.full
def test_without_the_site_a_line_says_how_to_make_it(
    tmp_path: Path, offline: dict[str, str], without_compiler: dict[str, str]
) -> None:
    source, target = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(ROOT, source, ignore=made)
    install = [*PIP, "install", *OFFLINE, "--target", str(target), str(source)]
    subprocess.run(install, check=True, env=without_compiler)
    done = subprocess.run(
        [sys.executable, "-m", "glassgpt", "guide", "--no-open"],
        env={**offline, "PYTHONPATH": str(target)}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "missing guide, it was not built",
        "Make it in the source folder: make site",
    ]
