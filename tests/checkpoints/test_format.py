"""Checkpoints: the same bytes everywhere, published whole, the old ones removed."""

import math
import os
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import (
    ALL_FILES,
    contents,
    fails,
    names,
    run_python,
    save,
    tensor,
)

from glassgpt.checkpoints import (
    Snapshot,
    load,
    newest,
    publish,
    step_name,
    steps,
)
from glassgpt.checkpoints.manifest import FILES


def test_a_saved_checkpoint_is_read_back_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "checkpoints", 7)
    found = load(path)
    assert path.name == "step-000000007"
    assert (found.step, found.path) == (7, path)
    assert found.weights == {"lm_head": tensor(0.1), "wte": tensor(7.0, 2.0)}
    assert found.buffers == {"m.wte": tensor(0.5, 0.25)}
    assert found.state == {"step": 7, "rng": [1, 2, 3], "loss": 1 / 3}


def test_the_step_is_added_to_a_state_that_lacks_it(tmp_path: Path) -> None:
    path = publish(tmp_path, Snapshot(3, {}, {}, {"order": "shuffle"}))
    assert load(path).state == {"order": "shuffle", "step": 3}


@pytest.mark.parametrize("state", [{"step": 4}, {"a": math.nan}, {"a": {1, 2}}])
def test_a_state_that_cannot_be_kept_is_refused(
    tmp_path: Path, state: dict[str, Any]
) -> None:
    snapshot = Snapshot(3, {}, {}, state)
    fails(lambda: publish(tmp_path, snapshot), "invalid state: step")
    assert names(tmp_path) == []


SAVE_IN_ANOTHER_PROCESS = """
import array, sys
from pathlib import Path
from glassgpt.checkpoints import Snapshot, Tensor, publish
names = {"wte", "wpe", "lm_head", "layer0.attn_wq", "layer0.mlp_fc1"}
model = {n: Tensor((2,), array.array("d", [len(n), 1 / 3])) for n in names}
state = {n: {m: 0.1 for m in names} for n in names}
publish(Path(sys.argv[1]), Snapshot(5, model, model, state))
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    saved = []
    for seed in ("1", "2"):
        folder = tmp_path / ("of-another-name" * int(seed))
        with run_python(
            SAVE_IN_ANOTHER_PROCESS, folder, PYTHONHASHSEED=seed
        ) as process:
            assert process.wait() == 0
        saved.append(contents(folder / step_name(5)))
    assert saved[0] == saved[1]
    assert sorted(saved[0]) == sorted(ALL_FILES)


def test_saving_the_same_state_again_leaves_what_is_there(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    before = (path / FILES[0]).stat()
    assert save(tmp_path, 1) == path
    after = (path / FILES[0]).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_state_at_the_same_step_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    before = contents(path)
    fails(lambda: save(tmp_path, 1, shift=0.5), "other contents")
    assert contents(path) == before
    assert names(tmp_path) == [path.name]


def test_a_damaged_one_is_moved_aside_and_kept(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    for k in (1, 2):
        (path / FILES[0]).write_bytes(b"damage %d" % k)
        assert save(tmp_path, 1) == path
        aside = tmp_path / f"{path.name}.damaged-{k}"
        assert (aside / FILES[0]).read_bytes() == b"damage %d" % k
    assert load(path).step == 1
    assert steps(tmp_path) == [1]


@pytest.mark.parametrize(
    ("keep_last", "left"), [(1, [5]), (2, [4, 5]), (3, [3, 4, 5]), (0, [1, 2, 3, 4, 5])]
)
def test_only_older_checkpoints_beyond_keep_last_go(
    tmp_path: Path, keep_last: int, left: list[int]
) -> None:
    for step in range(1, 6):
        save(tmp_path, step, keep_last=keep_last)
    assert names(tmp_path) == [step_name(step) for step in left]


def test_pruning_leaves_a_newer_checkpoint_alone(tmp_path: Path) -> None:
    for step in (1, 2, 9, 3):
        save(tmp_path, step, keep_last=2)
    assert steps(tmp_path) == [2, 3, 9]


def test_nothing_is_pruned_when_the_new_one_does_not_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2):
        save(tmp_path, step)

    def lossy(path: Path, data: bytes) -> None:
        path.write_bytes(data[:-1] if path.name == FILES[1] else data)

    monkeypatch.setattr("glassgpt.checkpoints.format.write_file", lossy)
    fails(lambda: save(tmp_path, 3, keep_last=1), "does not read back")
    warnings: list[str] = []
    found = newest(tmp_path, warnings.append)
    assert found is not None
    assert found.step == 2
    assert load(tmp_path / step_name(1)).step == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_every_byte_is_on_the_disk_before_the_checkpoint_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 1)
    synced: list[tuple[str, bool]] = []
    fsync, final = os.fsync, tmp_path / step_name(2)

    def watched(handle: int) -> None:
        fsync(handle)
        target = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((target.name, final.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    save(tmp_path, 2)
    assert synced == [
        *((name, False) for name in ALL_FILES),
        (".tmp-step-000000002", False),
        (tmp_path.name, True),
    ]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    for name in (step_name(1), step_name(9)):
        left = tmp_path / f".tmp-{name}"
        left.mkdir()
        (left / FILES[0]).write_bytes(b"half")
    path = save(tmp_path, 1)
    assert names(tmp_path) == [path.name]
