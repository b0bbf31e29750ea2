"""What the tests of the command line share: a way to call it, and a trained run."""

from pathlib import Path

import pytest
from support.commands import TINY, Call, Done

from glassgpt.cli import run as run_command


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Call:
    """`glassgpt` in this process, in a folder of its own."""

    monkeypatch.chdir(tmp_path)

    def called(*args: object) -> Done:
        capsys.readouterr()
        status = run_command([str(word) for word in args])
        written = capsys.readouterr()
        return Done(status, written.out, written.err)

    return called


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of six steps; tests only read it."""
    path = tmp_path_factory.mktemp("trained") / "run"
    saving = ("--set", "checkpoint_every=3")
    assert (
        run_command(["train", "--steps", "6", *TINY, *saving, "--out", str(path)]) == 0
    )
    return path
