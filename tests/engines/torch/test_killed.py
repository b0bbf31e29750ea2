"""Two processes, killed again and again, end like two that nobody touched.

SIGKILL takes one of them, and torchrun starts both again; or it takes all, torchrun
too, and the same command is given again. Either way training goes on from the newest
checkpoint by itself.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import slow_disk, small

LIMIT = 300.0
RESTARTS = 100


class Torchrun:
    """A run folder, and torchrun with two processes that train in it."""

    def __init__(self, out: Path, flags: list[str], pause: float = 0.0) -> None:
        self._out, self._flags, self._pause = out, flags, pause
        self._process: subprocess.Popen[str] | None = None
        self.began: list[int] = []
        self.result: dict[str, Any] = {}

    def start(self) -> None:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += ["--nproc-per-node=2", f"--max-restarts={RESTARTS}"]
        command += ["-m", "glassgpt", "train", "--json", "--out", str(self._out)]
        env = {**os.environ, **slow_disk(self._pause), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [*command, *self._flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """What the leader says, whoever that is by now."""
        assert self._process and self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{") and line.endswith("}\n"):  # not cut by a kill
                event = json.loads(line)
                if event["event"] == "started":
                    self.began.append(event["step"])
                if event["event"] == "result":
                    self.result = event
                yield event

    def train_to(self, step: int) -> None:
        """Go on until a step is done."""
        for event in self.events():
            if event["event"] == "step" and event["step"] >= step:
                return

    def workers(self) -> list[int]:
        """The processes that train."""
        assert self._process
        place = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in place.read_text().split()]

    def kill_one(self, number: int) -> None:
        """Kill a process that trains; torchrun notices."""
        os.kill(self.workers()[number], signal.SIGKILL)

    def kill_all(self) -> None:
        """Kill everything, and begin again by hand."""
        assert self._process
        for pid in [self._process.pid, *self.workers()]:
            os.kill(pid, signal.SIGKILL)
        self._process.communicate(timeout=LIMIT)
        self.start()

    def finish(self) -> None:
        assert self._process
        with self._process:
            for _ in self.events():
                pass
        assert self._process.returncode == 0


def assert_killing_changes_nothing(
    folder: Path, steps: int, kills: int, past_0: int, shard: str
) -> None:
    words, rng = folder / "words.txt", random.Random(kills)
    words.write_text("\n".join(small.names(90)))
    sizes = {"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 6, "batch_docs": 3}
    sizes |= {"eval_docs": 20, "checkpoint_every": 1}
    flags = ["--data", str(words), "--steps", str(steps), "--set", f"shard={shard}"]
    flags += [x for k, v in sizes.items() for x in ("--set", f"{k}={v}")]
    whole = Torchrun(folder / "whole", flags)
    whole.start()
    whole.finish()
    killed = Torchrun(folder / "killed", flags, pause=0.02)
    killed.start()
    for number in range(kills):
        killed.train_to(2 + (number + 1) * (steps - 3) // kills)
        time.sleep(rng.uniform(0, 0.1))
        if number % 3 == 2:
            killed.kill_all()
        else:
            killed.kill_one(rng.randrange(2))
    killed.finish()
    assert sum(step > 0 for step in killed.began[1:]) >= past_0
    assert killed.began == sorted(killed.began)
    for name in ("losses", "samples", "heldout"):
        assert killed.result[name] == whole.result[name], name
    hashes = small.checkpoint_hashes(folder / "killed")
    assert hashes == small.checkpoint_hashes(folder / "whole")
    assert hashes


@pytest.mark.full
def test_three_kills_change_nothing(tmp_path: Path) -> None:
    assert_killing_changes_nothing(tmp_path, 16, kills=3, past_0=3, shard="none")


@pytest.mark.soak
def test_five_kills_of_shared_weights_change_nothing(tmp_path: Path) -> None:
    assert_killing_changes_nothing(tmp_path, 24, kills=5, past_0=4, shard="full")


@pytest.mark.soak
@pytest.mark.parametrize("shard", ["none", "full"])
def test_twenty_kills_change_nothing(shard: str, tmp_path: Path) -> None:
    assert_killing_changes_nothing(tmp_path, 66, kills=20, past_0=15, shard=shard)
