"""Two processes that train together end where one alone ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support import small
from support import torchrun as program

import glassgpt
from glassgpt import checkpoints
from glassgpt.checkpoints.run_folder import RunFolder

LIMIT = 600
PROGRAM = Path(program.__file__)
TINY: dict[str, Any] = {
    **{"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 6, "batch_docs": 5},
    **{"doc_mode": "chunk", "eval_docs": 20, "checkpoint_every": 4, "num_steps": 10},
}


def torchrun(*command: object, restarts: int = 0) -> "subprocess.Popen[str]":
    """Start two processes with torchrun on this machine."""
    flags = ("--standalone", "--nproc-per-node=2", f"--max-restarts={restarts}")
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *flags, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=LIMIT)
    return process.returncode, out, errors


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two processes have made of every way to train."""
    out = tmp_path_factory.mktemp("many") / "found.json"
    status, _, errors = finish(torchrun(PROGRAM, out))
    assert status == 0, errors
    return dict(json.loads(out.read_text()))


@pytest.mark.parametrize("shard", ["none", "full"])
@pytest.mark.parametrize("way", program.WAYS)
def test_two_processes_train_as_one(
    shard: str, way: str, together: dict[str, Any]
) -> None:
    steps = 20 if way == "float32" else 5
    alone, found = program.outcome("none", way, steps), together[f"{shard}: {way}"]
    if way == "float32":
        assert found["losses"] == approx(alone["losses"], abs=1e-5)
        return
    assert found["losses"] == approx(alone["losses"], rel=1e-9)
    assert found["norm"] == approx(alone["norm"], rel=1e-9)
    assert found["evaluated"] == approx(alone["evaluated"], rel=1e-9)
    for name, values in alone["weights"].items():
        # Adam divides by the gradient's size: what is nearly 0 shows its rounding
        assert found["weights"][name] == approx(values, rel=1e-7, abs=1e-9), name


def test_from_python_too_one_process_makes_the_folder_and_all_train_in_it(
    together: dict[str, Any],
) -> None:
    losses = together["kept"]["losses"]
    assert len(losses) == 4 and together["kept"]["again"] == losses


@pytest.mark.full
@pytest.mark.parametrize("shard", ["none", "full"])
def test_what_two_processes_saved_loads_in_one_and_in_the_kernel(
    shard: str, tmp_path: Path
) -> None:
    words, out = tmp_path / "words.txt", tmp_path / "run"
    words.write_text("\n".join(small.names(120)))
    command = ("-m", "glassgpt", "train", "--json", "--data", words, "--out", out)
    flags = [x for k, v in TINY.items() for x in ("--set", f"{k}={v}")]
    flags += ["--set", f"shard={shard}"]
    status, printed, errors = finish(torchrun(*command, *flags))
    assert status == 0, errors
    events = [json.loads(line) for line in printed.splitlines()]
    assert [e["event"] for e in events].count("result") == 1, "one process talks"
    saved = checkpoints.load(out / "checkpoints" / "step-000000010")
    assert len(list(saved.path.glob("model-*-of-00002.safetensors"))) == 2
    run = glassgpt.load(out)
    assert run.engine.name == "kernel" and run.losses == events[-1]["losses"]
    assert run.engine.weights() == saved.weights
    assert run.evaluate().loss == approx(events[-1]["heldout_loss"], rel=1e-9)  # type: ignore[union-attr]
    expected = glassgpt.train(words, engine="torch", **TINY)
    assert run.losses == approx(expected.losses, rel=1e-9)


@pytest.mark.full
def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    words, out = tmp_path / "words.txt", tmp_path / "run"
    words.write_text("\n".join(small.names(120)))
    flags = [x for k, v in TINY.items() for x in ("--set", f"{k}={v}")]
    command = ("-m", "glassgpt", "train", "--data", words, "--out", out, *flags)
    command += ("--steps", 600)
    stopped = torchrun(*command)
    while not (out / "checkpoints").exists() and stopped.poll() is None:
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    status, _, errors = finish(stopped)
    assert status != 0
    (line,) = (x for x in errors.splitlines() if x.startswith("stopped at step "))
    assert line.endswith(" of 600, and saved")
    assert f"Go on with: glassgpt train --resume --out {out}" in errors
    last = checkpoints.steps(out / "checkpoints")[-1]
    assert f"step {last} of" in line
    status, printed, errors = finish(torchrun(*command, "--json"))
    assert status == 0, errors
    assert json.loads(printed.splitlines()[0])["step"] == last
    losses = json.loads(printed.splitlines()[-1])["losses"]
    alone = {**TINY, "num_steps": 600}
    expected = glassgpt.train(words, engine="torch", **alone).losses
    assert losses == approx(expected, rel=1e-7)


@pytest.mark.full
def test_a_process_that_ends_ends_the_others_with_one_line(tmp_path: Path) -> None:
    words, out = tmp_path / "words.txt", tmp_path / "run"
    words.write_text("\n".join(small.names(60)))
    command = ("-m", "glassgpt", "train", "--data", words, "--out", out)
    status, _, errors = finish(torchrun(*command, "--set", "init_std=1e200"))
    assert status != 0
    ours = [line for line in errors.splitlines() if line.startswith("invalid ")]
    assert len(ours) == 1 and "at step 1" in ours[0]
    status, _, errors = finish(torchrun("-m", "glassgpt", "train", "--data", words))
    assert "missing --out with several processes" in errors
    assert errors.count("missing --out") == 1
    assert not RunFolder.open(out).read_log()
