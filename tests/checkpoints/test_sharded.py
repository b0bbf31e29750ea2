"""A checkpoint of several parts: whole or not there, and read as one."""

import json
import threading
from array import array
from pathlib import Path

import pytest

from glassgpt import checkpoints
from glassgpt.checkpoints import Snapshot, sharded
from glassgpt.checkpoints.manifest import file_names
from glassgpt.checkpoints.tensors import Tensor, encode_tensors, tensor_chunks
from glassgpt.errors import CheckpointError

STEP = 7


def tensor(*values: float) -> Tensor:
    return Tensor((1, len(values)), array("d", values))


PARTS = [
    ({"wte": tensor(1, 2), "lm_head": tensor(3)}, {"m.lm_head": tensor(4)}),
    ({"wpe": tensor(5)}, {"m.wte": tensor(6, 7), "m.wpe": tensor(8)}),
    ({}, {}),
]


def publish(folder: Path, size: int = 3, **state: object) -> Path:
    sharded.begin(folder, STEP)
    for rank in reversed(range(size)):
        sharded.write_part(folder, STEP, rank, size, *PARTS[rank])
    sharded.finish(folder, STEP, size, state)
    return folder / checkpoints.step_name(STEP)


@pytest.mark.parametrize("size", [1, 3])
def test_parts_are_read_as_one(size: int, tmp_path: Path) -> None:
    path = publish(tmp_path, size, data="x")
    saved = checkpoints.load(path)
    weights: dict[str, Tensor] = {}
    buffers: dict[str, Tensor] = {}
    for some_weights, some_buffers in PARTS[:size]:
        weights |= some_weights
        buffers |= some_buffers
    assert (saved.weights, saved.buffers) == (weights, buffers)
    assert saved.state == {"data": "x", "step": STEP}
    names = {file.name for file in path.iterdir()}
    assert names == {*file_names(size), "manifest.json"}
    assert checkpoints.looks_whole(path)
    assert not list(tmp_path.glob(".tmp-*"))


def test_one_part_has_the_bytes_of_a_checkpoint_of_one_process(tmp_path: Path) -> None:
    one = publish(tmp_path / "parts", 1, data="x")
    other = checkpoints.publish(
        tmp_path / "whole", Snapshot(STEP, *PARTS[0], {"data": "x"})
    )
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes()


def test_the_leader_waits_for_the_last_part(tmp_path: Path) -> None:
    sharded.begin(tmp_path, STEP)
    sharded.write_part(tmp_path, STEP, 0, 2, *PARTS[0])
    thread = threading.Thread(target=sharded.finish, args=(tmp_path, STEP, 2, {}))
    thread.start()
    assert checkpoints.steps(tmp_path) == []
    sharded.write_part(tmp_path, STEP, 1, 2, *PARTS[1])
    thread.join(timeout=60)
    assert checkpoints.steps(tmp_path) == [STEP]


def test_publishing_the_same_again_changes_nothing_and_another_is_refused(
    tmp_path: Path,
) -> None:
    path = publish(tmp_path)
    before = (path / "manifest.json").stat().st_ino
    publish(tmp_path)
    assert (path / "manifest.json").stat().st_ino == before
    with pytest.raises(CheckpointError, match="it is there with other contents"):
        publish(tmp_path, data="other")
    assert (path / "manifest.json").stat().st_ino == before


def test_a_part_that_cannot_be_written_is_told_to_the_leader(tmp_path: Path) -> None:
    sharded.begin(tmp_path, STEP)
    staging = next(tmp_path.glob(".tmp-*"))
    (staging / file_names(2)[1]).mkdir()  # in the way of the weights
    sharded.write_part(tmp_path, STEP, 0, 2, *PARTS[0])
    with pytest.raises(CheckpointError) as one:
        sharded.write_part(tmp_path, STEP, 1, 2, *PARTS[1])
    with pytest.raises(CheckpointError) as other:
        sharded.finish(tmp_path, STEP, 2, {})
    assert str(one.value) == str(other.value)
    assert checkpoints.steps(tmp_path) == []


@pytest.mark.parametrize("name", file_names(3)[:-1])
def test_a_part_that_is_cut_swapped_or_gone_is_one_clear_error(
    name: str, tmp_path: Path
) -> None:
    path = publish(tmp_path)
    file = path / name
    data = file.read_bytes()
    other = next(f for f in path.glob("*.safetensors") if f.read_bytes() != data)
    for wrong in (data[:-1], other.read_bytes()):
        file.write_bytes(wrong)
        with pytest.raises(CheckpointError, match=rf"^invalid checkpoint: .*{name}"):
            checkpoints.load(path)
    file.unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        checkpoints.load(path)


def test_a_tensor_in_two_files_is_refused(tmp_path: Path) -> None:
    sharded.begin(tmp_path, STEP)
    for rank in range(2):
        sharded.write_part(tmp_path, STEP, rank, 2, *PARTS[0])
    sharded.finish(tmp_path, STEP, 2, {})
    with pytest.raises(CheckpointError, match="is in two of its files"):
        checkpoints.load(tmp_path / checkpoints.step_name(STEP))


def test_chunks_of_tensors_are_the_bytes_of_the_format() -> None:
    wide, flat = tensor(1, 2, 3), Tensor((2, 1), array("f", [1, 2]))
    empty = Tensor((0, 3), array("f"))
    cases: list[dict[str, Tensor]] = [
        *({}, {"a": wide}, {"b": flat, "a": empty}),
        {"z": wide, "a": flat, "k": wide, "b": empty},
    ]
    for tensors in cases:
        assert b"".join(tensor_chunks(tensors)) == encode_tensors(tensors)


def test_the_best_stay_besides_the_last(tmp_path: Path) -> None:
    losses = {1: 2.5, 2: 2.1, 3: None, 4: 2.3, 5: 2.1, 6: 2.9}
    for step, loss in losses.items():
        state = {} if loss is None else {"heldout_loss": loss}
        snapshot = Snapshot(step, {}, {}, state)
        checkpoints.publish(tmp_path, snapshot, keep_last=1, keep_best=2)
    assert checkpoints.steps(tmp_path) == [2, 5, 6]
    state = json.loads((tmp_path / "step-000000002/state.json").read_text())
    assert state["heldout_loss"] == 2.1
