"""A damaged checkpoint is found and named, and the one before it is used."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.checkpoints import ALL_FILES, fails, save

from glassgpt.checkpoints import load, newest, step_name, steps
from glassgpt.checkpoints.manifest import FILES, MANIFEST, entry_of


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


@pytest.mark.skipif(os.name == "nt", reason="there is no mkfifo")
@pytest.mark.parametrize("name", ALL_FILES)
def test_a_pipe_or_a_file_without_end_is_found_unread(
    two_saved: Path, name: str
) -> None:
    folder, path = damaged_copy(two_saved)
    (path / name).unlink()
    for put in (os.mkfifo, lambda place: place.symlink_to("/dev/zero")):
        put(path / name)
        fails(lambda: load(path), "invalid checkpoint")
        warnings: list[str] = []
        found = newest(folder, warnings.append)
        assert found is not None and found.step == 10 and warnings
        (path / name).unlink()
    if name != MANIFEST:
        with (path / name).open("wb") as file:
            file.truncate(2**40)  # takes no room, and would fill the memory
        fails(lambda: load(path), "invalid checkpoint")


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
    size, sha256 = entry_of(b'{"step":10}\n')
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
