"""A folder full of things that can go wrong: files, runs, checkpoints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from glassgpt import train
from glassgpt.data.prepared.job import Job
from glassgpt.data.prepared.prepare import prepare

FILES = {
    "empty.txt": b"",
    "blank.txt": b"\n \t\r\n\xc2\xa0\n",
    "binary.txt": b"emma\nol\x00ivia\n",
    "utf16.txt": "emma\nolivia\n".encode("utf-16"),
    "latin1.txt": b"emma\nzo\xeb\n",
    "huge-line.txt": b"a" * 1_000_001,
    "vocabulary.txt": "\n".join(map(chr, range(0x4E00, 0x4E00 + 5000))).encode(),
    "one-character.txt": b"a",
    "one-document.txt": b"emma\n",
    "words.txt": b"emma\nolivia\nava\n",
    "capitals.txt": b"\n".join(b"Emma%d" % n for n in range(40)),
    "mine.json": b"mine",
    "good.jsonl": b'{"text": "emma"}\n{"text": "ava"}\n',
    "torn.jsonl": b'{"text": "emma"}\n\n{"text": "av\n',
    "other.jsonl": b'{"text": "emma"}\n{"body": "ava", "n": 1}\n',
    "number.jsonl": b'{"text": "emma"}\n{"text": 7}\n',
    "list.jsonl": b"[1]\n",
    "surrogate.jsonl": b'{"text": "\\ud800"}\n',
}
LAST = "checkpoints/step-000000006"


def fill(folder: Path, trained: Path) -> None:
    """The files, a good run, and runs with one fault each."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "folder" / "other.txt").write_text("emma\n")
    shutil.copytree(trained, folder / "run")
    text = folder / "small.txt"
    text.write_text("ab\nba\n")
    train(text, step=0, steps=2, out=folder / "small")
    for name, damage in DAMAGES.items():
        damage(Path(shutil.copytree(trained, folder / name)))
    prepare(Job((str(folder / "capitals.txt"),), "bytes", shard=60), folder / "ready")
    prepare(Job((str(folder / "words.txt"),), shard=8), folder / "other")
    for name, damage in FAULTS.items():
        damage(Path(shutil.copytree(folder / "ready", folder / name)))
    prepare(Job((str(folder / "capitals.txt"),), "bytes"), folder / "moved")
    train(folder / "moved", step=0, steps=2, out=folder / "on-moved")
    shutil.rmtree(folder / "moved")
    shutil.copytree(folder / "ready", folder / "moved")


def _alone(run: Path) -> Path:
    """The last checkpoint of a run, which has no other any more."""
    shutil.rmtree(run / "checkpoints/step-000000003")
    return run / LAST


def _truncate(run: Path) -> None:
    file = _alone(run) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100])


def _flip(run: Path) -> None:
    file = _alone(run) / "optimizer.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 4
    file.write_bytes(data)


def _rename(run: Path) -> None:
    _alone(run).rename(run / "checkpoints/step-000000009")


def _put_a_foreign_file(run: Path) -> None:
    (_alone(run) / "weights.bin").write_bytes(b"theirs")


def _take_a_file_away(run: Path) -> None:
    (_alone(run) / "state.json").unlink()


def _take_all_away(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")


def _change(**changes: object) -> Callable[[Path], None]:
    def damage(run: Path) -> None:
        path = run / "run.json"
        facts = json.loads(path.read_bytes())
        facts |= {name: value for name, value in changes.items() if value is not None}
        kept = {name: facts[name] for name in facts if changes.get(name, 0) is not None}
        path.write_text(json.dumps(kept))

    return damage


def _tear(run: Path) -> None:
    path = run / "run.json"
    path.write_bytes(path.read_bytes()[:99])


def _record_of_another_run(run: Path) -> None:
    path = run / "run.json"
    facts = json.loads(path.read_bytes())
    facts["train"]["seed"] = 7
    path.write_text(json.dumps(facts))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "truncated": _truncate,
    "flipped": _flip,
    "renamed": _rename,
    "foreign": _put_a_foreign_file,
    "incomplete": _take_a_file_away,
    "without": _take_all_away,
    "torn": _tear,
    "no-data": _change(data=None),
    "odd-data": _change(data=3),
    "no-model": _change(model=None),
    "odd-model": _change(model={"step": 9}),
    "odd-tokenizer": _change(tokenizer={"kind": "letters"}),
    "odd-format": _change(format=99),
    "other-record": _record_of_another_run,
    "other-data": _change(data_sha256="0" * 64),
}


def _cut_a_shard(ready: Path) -> None:
    file = ready / "tokens-000001.bin"
    file.write_bytes(file.read_bytes()[:-2])


def _flip_a_shard(ready: Path) -> None:
    file = ready / "ends-000001.bin"
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)


def _swap_shards(ready: Path) -> None:
    one, other = ready / "tokens-000001.bin", ready / "tokens-000002.bin"
    assert one.stat().st_size == other.stat().st_size
    one.rename(ready / "aside")
    other.rename(one)
    (ready / "aside").rename(other)


def _put_in(name: str, source: str) -> Callable[[Path], None]:
    def damage(ready: Path) -> None:
        shutil.copy(ready.parent / source, ready / name)

    return damage


def _take(name: str) -> Callable[[Path], None]:
    return lambda ready: (ready / name).unlink()


def _edit_the_manifest(ready: Path) -> None:
    path = ready / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"blank": 0', b'"blank": 1'))


def _of_later(ready: Path) -> None:
    path = ready / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 9'))


FAULTS: dict[str, Callable[[Path], None]] = {
    "shard-cut": _cut_a_shard,
    "shard-flipped": _flip_a_shard,
    "shard-swapped": _swap_shards,
    "shard-gone": _take("ends-000002.bin"),
    "shard-more": _put_in("tokens-000099.bin", "words.txt"),
    "shard-theirs": _put_in("tokens-000000.bin", "other/tokens-000000.bin"),
    "tokenizer-theirs": _put_in("tokenizer.json", "other/tokenizer.json"),
    "manifest-theirs": _put_in("manifest.json", "other/manifest.json"),
    "manifest-gone": _take("manifest.json"),
    "manifest-torn": _put_in("manifest.json", "mine.json"),
    "manifest-edited": _edit_the_manifest,
    "manifest-later": _of_later,
}
