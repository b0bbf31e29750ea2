"""Checkpoints: the same bytes everywhere, complete or absent, verified when read."""

import array
import json
import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from glassgpt import checkpoint
from glassgpt.checkpoint import (
    FILES,
    MANIFEST,
    Tensor,
    decode_tensors,
    encode_tensors,
    load,
    newest,
    publish,
    step_name,
    steps,
)
from glassgpt.errors import CheckpointError

ALL_FILES = (*FILES, MANIFEST)


def tensor(*numbers: float, kind: str = "d") -> Tensor:
    return Tensor((len(numbers),), array.array(kind, numbers))


def save(folder: Path, step: int, shift: float = 0.0, **options: Any) -> Path:
    model = {"wte": tensor(step + shift, 2.0), "lm_head": tensor(0.1)}
    state = {"step": step, "rng": [1, 2, 3], "loss": 1 / 3}
    return publish(folder, step, model, {"m.wte": tensor(0.5, 0.25)}, state, **options)


def contents(path: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in path.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def fails(action: Any, *words: str) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        action()
    text = str(caught.value)
    assert all(word in text for word in words), text
    assert "\n" not in text
    assert caught.value.remedy
    return caught.value


def test_a_saved_checkpoint_is_read_back_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "checkpoints", 7)
    found = load(path)
    assert path.name == "step-000000007"
    assert (found.step, found.path) == (7, path)
    assert found.model == {"lm_head": tensor(0.1), "wte": tensor(7.0, 2.0)}
    assert found.optimizer == {"m.wte": tensor(0.5, 0.25)}
    assert found.state == {"step": 7, "rng": [1, 2, 3], "loss": 1 / 3}


def test_the_step_is_added_to_a_state_that_lacks_it(tmp_path: Path) -> None:
    path = publish(tmp_path, 3, {}, {}, {"order": "shuffle"})
    assert load(path).state == {"order": "shuffle", "step": 3}


@pytest.mark.parametrize("state", [{"step": 4}, {"a": math.nan}, {"a": {1, 2}}])
def test_a_state_that_cannot_be_kept_is_refused(
    tmp_path: Path, state: dict[str, Any]
) -> None:
    fails(lambda: publish(tmp_path, 3, {}, {}, state), "invalid state: step")
    assert names(tmp_path) == []


floats = st.floats(width=64) | st.sampled_from([5e-324, -0.0, math.inf, math.nan])
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    kind, shape = draw(st.sampled_from("df")), draw(shapes)
    count = math.prod(shape)
    words = st.binary(min_size=1, max_size=1)
    width = array.array(kind).itemsize
    raw = draw(st.lists(floats, min_size=count, max_size=count) | words)
    values = array.array(kind)
    if isinstance(raw, bytes):
        values.frombytes(raw * (count * width))
    else:
        values.extend(
            raw if kind == "d" else [1e-45 if x == 5e-324 else 0.5 for x in raw]
        )
    return Tensor(shape, values)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), tensors(), max_size=4))
def test_tensors_come_back_bit_for_bit(state: dict[str, Tensor]) -> None:
    state.pop("__metadata__", None)
    found = decode_tensors(encode_tensors(state))
    assert list(found) == sorted(state)
    for name, wanted in state.items():
        assert found[name].shape == wanted.shape
        assert found[name].values.typecode == wanted.values.typecode
        assert found[name].values.tobytes() == wanted.values.tobytes()


def test_the_order_of_the_names_does_not_change_the_bytes() -> None:
    one, two = tensor(1.0), tensor(2.0, kind="f")
    assert encode_tensors({"a": one, "b": two}) == encode_tensors({"b": two, "a": one})


def test_the_file_is_safetensors_with_one_metadata_key() -> None:
    data = encode_tensors({"wte": Tensor((1, 2), array.array("d", [1.5, -2.0]))})
    (length,) = struct.unpack("<Q", data[:8])
    assert json.loads(data[8 : 8 + length]) == {
        "__metadata__": {"format": "glassgpt"},
        "wte": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]},
    }
    assert data[8 + length :] == struct.pack("<2d", 1.5, -2.0)


@pytest.mark.parametrize(
    ("shape", "kind"), [((2,), "d"), ((-1, -3), "d"), ((3,), "i"), ((), "f")]
)
def test_a_tensor_refuses_a_shape_or_type_that_does_not_fit(
    shape: tuple[int, ...], kind: str
) -> None:
    fails(lambda: Tensor(shape, array.array(kind, [1, 2, 3])), "invalid tensor")


def test_a_tensor_of_another_type_is_refused_by_name() -> None:
    data = array.array("q", [1])
    spec = safetensors.TensorSpec(
        dtype="int64", shape=[1], data_ptr=data.buffer_info()[0], data_len=8
    )
    foreign = bytes(safetensors.serialize({"ids": spec}))
    fails(lambda: decode_tensors(foreign), "invalid tensor: ids", "I64")


@settings(deadline=None)
@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda b: bytes(8) + b))
def test_bytes_that_are_not_safetensors_are_refused(data: bytes) -> None:
    fails(lambda: decode_tensors(data), "invalid safetensors")


@settings(deadline=None)
@given(st.data())
def test_a_damaged_header_is_refused_or_read_without_another_error(
    data: st.DataObject,
) -> None:
    whole = bytearray(encode_tensors({"a": tensor(1.0, 2.0), "b": tensor(3.0)}))
    at = data.draw(st.integers(0, len(whole) - 25))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        decode_tensors(bytes(whole))
    except CheckpointError as error:
        assert error.remedy


SAVE_IN_ANOTHER_PROCESS = """
import array, sys
from pathlib import Path
from glassgpt.checkpoint import Tensor, publish
names = {"wte", "wpe", "lm_head", "layer0.attn_wq", "layer0.mlp_fc1"}
model = {n: Tensor((2,), array.array("d", [len(n), 1 / 3])) for n in names}
state = {n: {m: 0.1 for m in names} for n in names}
publish(Path(sys.argv[1]), 5, model, model, state)
"""


def run_python(code: str, *arguments: object, **env: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


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

    monkeypatch.setattr(checkpoint, "write_file", lossy)
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


def flip(file: Path, at: int, mask: int) -> None:
    data = bytearray(file.read_bytes())
    data[at % len(data)] ^= mask
    file.write_bytes(bytes(data))


def cut(file: Path, at: int) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: at % len(data)])


@pytest.fixture(scope="module")
def two_saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    save(folder, 10)
    save(folder, 20)
    return folder


def damaged_copy(folder: Path, step: int = 20) -> tuple[Path, Path]:
    copy = folder.with_name(folder.name + "-copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy, copy / step_name(step)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(ALL_FILES),
    at=st.integers(0, 100_000),
    mask=st.integers(0, 255),
)
def test_any_changed_byte_or_lost_tail_is_found_and_the_one_before_is_used(
    two_saved: Path, name: str, at: int, mask: int
) -> None:
    folder, path = damaged_copy(two_saved)
    if mask:
        flip(path / name, at, mask)
    else:
        cut(path / name, at)
    fails(lambda: load(path), "invalid checkpoint")
    warnings: list[str] = []
    found = newest(folder, warnings.append)
    assert found is not None
    assert found.step == 10
    assert len(warnings) == 1
    assert "step 20 is left out" in warnings[0]
    assert "\n" not in warnings[0]


def rewrite_manifest(path: Path, **changes: Any) -> None:
    manifest = json.loads((path / MANIFEST).read_bytes())
    manifest.update(changes)
    text = json.dumps(manifest, sort_keys=True, indent=2) + "\n"
    (path / MANIFEST).write_text(text, newline="\n")


def rename(path: Path) -> None:
    path.rename(path.with_name(step_name(21)))
    path.symlink_to(path.with_name(step_name(21)))


def outside(path: Path) -> None:
    files = json.loads((path / MANIFEST).read_bytes())["files"]
    rewrite_manifest(path, files={**files, "../x": files[FILES[0]]})


def swap(path: Path) -> None:
    one, two = (path / name for name in FILES[:2])
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)


DAMAGE = {
    "state.json is missing": lambda p: (p / "state.json").unlink(),
    "manifest.json is missing": lambda p: (p / MANIFEST).unlink(),
    "notes.txt is foreign": lambda p: (p / "notes.txt").write_text("mine"),
    "state.json has": lambda p: (p / "state.json").write_bytes(b"{}"),
    "sha256": lambda p: flip(p / FILES[0], -1, 1),
    "model.safetensors": swap,
    "saved as step-000000020 and then renamed": rename,
    "not a manifest": outside,
    "format 2, not 1": lambda p: rewrite_manifest(p, format=2),
    "saved as step-000000019": lambda p: rewrite_manifest(p, step=19),
}


@pytest.mark.parametrize("words", DAMAGE)
def test_damage_is_named_with_its_file(two_saved: Path, words: str) -> None:
    _, path = damaged_copy(two_saved)
    assert load(path).step == 20
    DAMAGE[words](path)
    fails(lambda: load(path), "invalid checkpoint", words)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"files": {}}'],
)
def test_a_manifest_of_something_else_is_refused(
    two_saved: Path, manifest: bytes
) -> None:
    _, path = damaged_copy(two_saved)
    (path / MANIFEST).write_bytes(manifest)
    fails(lambda: load(path), "not a manifest of glassgpt")


def test_a_state_of_another_step_is_refused_though_its_sha256_agrees(
    two_saved: Path,
) -> None:
    _, path = damaged_copy(two_saved)
    (path / "state.json").write_bytes(b'{"step":10}\n')
    files = json.loads((path / MANIFEST).read_bytes())["files"]
    size, sha256 = checkpoint._entry(b'{"step":10}\n')
    files["state.json"] = {"size": size, "sha256": sha256}
    rewrite_manifest(path, files=files)
    fails(lambda: load(path), "state.json is not of step 20")


def test_a_file_and_an_absent_folder_are_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / step_name(1)).write_text("a file")
    fails(lambda: load(tmp_path / step_name(1)), "it is a file")
    fails(lambda: load(tmp_path / step_name(2)), "missing checkpoint")


def test_a_file_that_the_desktop_leaves_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    (path / ".DS_Store").write_bytes(b"finder")
    assert load(path).step == 1


def test_no_checkpoint_is_none_and_no_warning(tmp_path: Path) -> None:
    assert newest(tmp_path / "absent", pytest.fail) is None
    (tmp_path / "step-12").mkdir()
    (tmp_path / "step-000000012.damaged-1").mkdir()
    (tmp_path / ".tmp-step-000000012").mkdir()
    assert steps(tmp_path) == []
    assert newest(tmp_path, pytest.fail) is None


def test_when_all_are_damaged_there_is_a_warning_for_each(two_saved: Path) -> None:
    folder, _ = damaged_copy(two_saved)
    for step in (10, 20):
        (folder / step_name(step) / FILES[1]).unlink()
    warnings: list[str] = []
    assert newest(folder, warnings.append) is None
    assert ["step 20" in warnings[0], "step 10" in warnings[1]] == [True, True]


SAVE_SLOWLY = """
import array, sys
from pathlib import Path
from glassgpt.checkpoint import Tensor, publish
for step in range(2, 10_000):
    model = {"wte": Tensor((1,), array.array("d", [step]))}
    print(step, flush=True)
    publish(Path(sys.argv[1]), step, model, model, {}, keep_last=2)
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
        assert whole.model == {"wte": tensor(step)}
    save(folder, 10_000)
    assert not [name for name in names(folder) if name.startswith(".tmp-")]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("written", ALL_FILES)
def test_a_kill_between_two_files_leaves_the_one_before(
    tmp_path: Path, written: str
) -> None:
    publish(tmp_path, 1, {"wte": tensor(1.0)}, {}, {})
    file = tmp_path / ".tmp-step-000000002" / written
    with run_python(SAVE_SLOWLY, tmp_path, GLASSGPT_TEST_SLOW_SAVE="0.4") as process:
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
    publish(tmp_path, 1, {"wte": tensor(1.0)}, {}, {})
    with run_python(SAVE_SLOWLY, tmp_path) as process:
        while not (tmp_path / step_name(2)).exists() and process.poll() is None:
            time.sleep(0.002)
        time.sleep(moment / 1000)
        begun = kill(process)
    assert_only_whole_ones(tmp_path, begun)


SAVE_ON_A_FULL_DISK = """
import array, resource, signal, sys
from pathlib import Path
from glassgpt.checkpoint import Tensor, publish
from glassgpt.errors import CheckpointError
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
model = {"wte": Tensor((1000,), array.array("d", [2.0] * 1000))}
try:
    publish(Path(sys.argv[1]), 2, model, {}, {}, keep_last=1)
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

    monkeypatch.setattr(checkpoint, "write_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, 1)
    assert names(tmp_path) == []
