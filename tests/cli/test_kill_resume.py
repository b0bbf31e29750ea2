"""Killed again and again, a run ends like one that nobody touched.

SIGKILL leaves a process no time for anything. It comes right after a step, a moment
later, or inside the save, with so many of the checkpoint's files written: the disk is
slow, so that there is time between them.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import slow_disk, small

LIMIT = 120.0


@dataclass(frozen=True)
class Kill:
    """When to kill: after a step, so many seconds on or with so many files written."""

    step: int
    files: int = 0
    seconds: float = 0.0


def spread(kills: int, num_steps: int) -> list[Kill]:
    """Kills over the whole run, two out of three of them inside a save."""
    at = [round((k + 1) * num_steps / kills) for k in range(kills)]
    return [
        Kill(step, seconds=0.04 * (k % 4)) if k % 3 == 2 else Kill(step, 1 + k % 4)
        for k, step in enumerate(at)
    ]


@dataclass
class Trainer:
    """A run folder, and the command that trains in it or goes on there."""

    out: Path
    settings: tuple[str, ...]

    def start(self, pause: float = 0.0) -> subprocess.Popen[str]:
        """Begin, or go on where there is a record to go on with."""
        begun = (self.out / "run.json").exists()
        more = ("--resume",) if begun else self.settings
        command = (sys.executable, "-m", "glassgpt", "train", "--json")
        return subprocess.Popen(
            [*command, "--out", str(self.out), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **slow_disk(pause)},
        )

    def finish(self) -> dict[str, Any]:
        """Train to the end and return the result that is printed last."""
        with self.start() as process:
            out, errors = process.communicate(timeout=LIMIT)
        assert (process.returncode, errors) == (0, "")
        return dict(json.loads(out.splitlines()[-1]))

    def train_until(self, kill: Kill, pause: float) -> int | None:
        """Train, kill, and return the step it began at; None: it died before that."""
        with self.start(pause) as process:
            assert process.stdout and process.stderr
            began = None
            for event in events(process.stdout):
                if event["event"] == "started":
                    began = event["step"]
                if event["event"] == "step" and event["step"] >= kill.step:
                    break
            self.wait_for_files(kill.files, process)
            time.sleep(kill.seconds)
            process.kill()
            errors = process.stderr.read()
        assert (process.returncode, errors) == (-signal.SIGKILL, "")
        return began

    def wait_for_files(self, count: int, process: subprocess.Popen[str]) -> None:
        """Wait until the checkpoint being written has so many files."""
        end = time.monotonic() + LIMIT
        while process.poll() is None and len(self.half_written()) < count:
            assert time.monotonic() < end, f"no save with {count} files was seen"
            time.sleep(0.001)

    def half_written(self) -> list[Path]:
        """The files of a checkpoint that is not published yet."""
        return list((self.out / "checkpoints").glob(".tmp-*/*"))


def events(lines: Any) -> Iterator[dict[str, Any]]:
    """The events that a process prints, as they come."""
    for line in lines:
        yield json.loads(line)


def assert_killing_changes_nothing(
    folder: Path, settings: tuple[str, ...], kills: list[Kill], past_0: int
) -> None:
    """Train undisturbed and killed; the ends must be equal."""
    settings = (*settings, "--engine", "reference", "--set", "checkpoint_every=1")
    whole = Trainer(folder / "whole", settings)
    killed = Trainer(folder / "killed", settings)
    expected = whole.finish()
    began, inside = [], 0
    for kill in kills:
        began.append(killed.train_until(kill, pause=0.03))
        inside += bool(killed.half_written())
    result = killed.finish()

    restarts = [step for step in began[1:] if step]
    assert restarts == sorted(restarts) and len(restarts) >= past_0
    assert inside >= len(kills) // 3
    for name in ("losses", "samples", "heldout", "num_params", "engine", "dtype"):
        assert result[name] == expected[name], name
    assert len(result["losses"]) == kills[-1].step
    assert small.checkpoint_hashes(killed.out) == small.checkpoint_hashes(whole.out)
    assert (killed.out / "run.json").read_bytes() == (
        whole.out / "run.json"
    ).read_bytes()
    assert not killed.half_written()
    assert killed.finish() == {**result, "run": str(killed.out)}


def test_a_run_killed_five_times_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    data = tmp_path / "words.txt"
    data.write_text("\n".join(small.names()), encoding="utf-8")
    sizes = ("n_embd=4", "n_head=2", "block_size=6", "eval_docs=20")
    settings = [word for size in sizes for word in ("--set", size)]
    assert_killing_changes_nothing(
        tmp_path,
        ("--data", str(data), "--steps", "12", *settings),
        spread(5, 12),
        past_0=3,
    )


@pytest.mark.full
def test_a_run_killed_twenty_times_ends_like_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    settings = ("--steps", "60", "--set", "eval_docs=50")
    assert_killing_changes_nothing(tmp_path, settings, spread(20, 60), past_0=15)
