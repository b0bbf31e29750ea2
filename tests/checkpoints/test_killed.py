"""A save that is killed, stopped, or finds no room leaves the checkpoint before it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support import slow_disk
from support.checkpoints import ALL_FILES, names, run_python, save, tensor

from glassgpt.checkpoints import Snapshot, load, newest, publish, step_name, steps

SAVE_SLOWLY = """
import array, sys
from pathlib import Path
from glassgpt.checkpoints import Snapshot, Tensor, publish
for step in range(2, 10_000):
    model = {"wte": Tensor((1,), array.array("d", [step]))}
    print(step, flush=True)
    publish(Path(sys.argv[1]), Snapshot(step, model, model, {}), keep_last=2)
"""


def kill(process: subprocess.Popen[bytes]) -> int:
    """End it at once, and give back the last step that it began to save."""
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert process.stdout is not None
    return max(map(int, process.stdout.read().split()))


def assert_only_whole_ones(folder: Path, begun: int) -> None:
    found = newest(folder, pytest.fail)
    assert found is not None
    assert found.step in (begun - 1, begun)
    for step in steps(folder):
        whole = load(folder / step_name(step))
        assert whole.weights == {"wte": tensor(step)}
    save(folder, 10_000)
    assert not [name for name in names(folder) if name.startswith(".tmp-")]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("written", ALL_FILES)
def test_a_kill_between_two_files_leaves_the_one_before(
    tmp_path: Path, written: str
) -> None:
    publish(tmp_path, Snapshot(1, {"wte": tensor(1.0)}, {}, {}))
    file = tmp_path / ".tmp-step-000000002" / written
    with run_python(SAVE_SLOWLY, tmp_path, **slow_disk(0.4)) as process:
        while not file.exists() and process.poll() is None:
            time.sleep(0.002)
        assert kill(process) == 2
    assert file.exists()
    assert steps(tmp_path) == [1]
    assert_only_whole_ones(tmp_path, 2)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", [0, 3, 7, 12, 18])
def test_a_kill_at_any_moment_leaves_whole_checkpoints_only(
    tmp_path: Path, moment: int
) -> None:
    publish(tmp_path, Snapshot(1, {"wte": tensor(1.0)}, {}, {}))
    with run_python(SAVE_SLOWLY, tmp_path) as process:
        while not (tmp_path / step_name(2)).exists() and process.poll() is None:
            time.sleep(0.002)
        time.sleep(moment / 1000)
        begun = kill(process)
    assert_only_whole_ones(tmp_path, begun)


SAVE_ON_A_FULL_DISK = """
import array, resource, signal, sys
from pathlib import Path
from glassgpt.checkpoints import Snapshot, Tensor, publish
from glassgpt.errors import CheckpointError
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
model = {"wte": Tensor((1000,), array.array("d", [2.0] * 1000))}
try:
    publish(Path(sys.argv[1]), Snapshot(2, model, {}, {}), keep_last=1)
except CheckpointError as error:
    print(error, error.remedy, sep="\\n")
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no RLIMIT_FSIZE")
def test_a_disk_that_is_full_is_told_and_spoils_nothing(tmp_path: Path) -> None:
    save(tmp_path, 1)
    with run_python(SAVE_ON_A_FULL_DISK, tmp_path) as process:
        out, err = process.communicate()
    assert err == b""
    message, remedy = out.decode().splitlines()
    assert message.startswith("invalid checkpoint folder: ")
    assert "Make room" in remedy
    assert names(tmp_path) == [step_name(1)]
    assert load(tmp_path / step_name(1)).step == 1


def test_an_interrupted_save_cleans_up_after_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("glassgpt.checkpoints.format.write_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, 1)
    assert names(tmp_path) == []
