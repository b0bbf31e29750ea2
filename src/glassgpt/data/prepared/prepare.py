"""Files become a prepared folder, by a job that goes on after a kill.

All is written into a folder beside the one asked for. After each shard, `progress.json`
says how far the files are read: whoever comes again begins there and makes the same
shards. At the end the folder is renamed: it is there whole, or not at all.
"""

import glob
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from glassgpt import tokenizers
from glassgpt.data.documents import nothing
from glassgpt.data.prepared import manifest as manifests
from glassgpt.data.prepared.encoding import Encoded, Encoder, Ids, Numbers, encoder_of
from glassgpt.data.prepared.job import Job, learn
from glassgpt.data.prepared.manifest import (
    MANIFEST,
    TOKENIZER,
    File,
    Manifest,
    Shard,
    ends_name,
    id_width,
    ids_name,
)
from glassgpt.data.prepared.pieces import Piece, Position, require_length
from glassgpt.errors import DataError, GlassGPTError, Interrupted, invalid
from glassgpt.files import (
    TEMPORARY,
    json_bytes,
    make_folder,
    reason,
    replace_file,
    sync_folder,
    write_file,
)

PROGRESS = "progress.json"
_LOCK = ".lock"


@dataclass(frozen=True)
class Progress:
    """How far a preparation is: a part of the bytes to read, and what came of them."""

    doing: str
    done: float
    documents: int = 0
    tokens: int = 0


@dataclass
class State:
    """What is finished: shards, and the position that the next one begins at."""

    tokenizer: File
    source: int = 0
    position: Position = field(default_factory=Position)
    blank: int = 0
    shards: list[Shard] = field(default_factory=list)

    @property
    def documents(self) -> int:
        """The documents in the shards."""
        return sum(shard.documents for shard in self.shards)

    @property
    def tokens(self) -> int:
        """The ids in the shards."""
        return sum(shard.tokens for shard in self.shards)


Listener = Callable[[Progress], None]


def prepare(job: Job, out: Path, listen: Listener = lambda _: None) -> Manifest:
    """Prepare the files of a job in the folder `out`, and return what it holds.

    Stopped at any moment, the same call goes on where it was, and makes the same bytes.
    On a folder that is ready already it does nothing. Raises UsageError for a folder
    that holds something else, DataError for files that cannot be prepared.
    """
    check_place(out)
    job.survey(lambda done: listen(Progress("checking", done)))
    if out.exists() and any(out.iterdir()):
        return _there(job, out)
    staging = out.parent / f"{TEMPORARY}{out.name}-{job.sha256[:12]}"
    try:
        make_folder(staging)
        with _locked(staging, out):
            manifest = _Preparation(job, staging, listen).run()
            _publish(staging, manifest, out)
    except KeyboardInterrupt:
        remedy = "The same command again goes on from there."
        raise Interrupted("stopped, and kept what is ready", remedy) from None
    except OSError as error:
        remedy = "Make room or choose another --out; the same command again goes on."
        raise invalid("--out", out, reason(error), remedy, DataError) from error
    return manifest


def check_place(out: Path) -> None:
    """Raise UsageError where `out` cannot become a prepared folder."""
    remedy = "Choose a new or an empty folder with --out."
    if not out.name:
        raise invalid("--out", out, "it has no name", remedy)
    if out.exists() and not out.is_dir():
        raise invalid("--out", out, "a file is in the way", remedy)
    if out.is_dir() and any(out.iterdir()) and not manifests.is_prepared(out):
        raise invalid("--out", out, "it holds other files", remedy)


def _there(job: Job, out: Path) -> Manifest:
    """The manifest of a folder that this job has made before."""
    found = manifests.read_manifest(out)
    if found.plan != job.to_json():
        why = "it holds data prepared from other files, or in another way"
        raise invalid("--out", out, why, "Choose another folder with --out.")
    manifests.verify(out, found)
    _remove_stagings(out)
    return found


class _Waiting:
    """Encoded documents that no shard holds yet."""

    def __init__(self) -> None:
        self.documents = 0
        self.tokens = 0
        self._ids: list[Ids] = []
        self._ends: list[Numbers] = []

    def add(self, encoded: Encoded) -> None:
        """Documents more, if there are any."""
        if len(encoded.ids):
            self._ids.append(encoded.ids)
            self._ends.append(encoded.ends + self.tokens)
            self.documents += len(encoded.ends)
            self.tokens += len(encoded.ids)

    def ids(self) -> bytes:
        """The token ids, one after another."""
        return bytes(np.concatenate(self._ids).tobytes())

    def ends(self) -> bytes:
        """Where each document ends, as 4 bytes."""
        return bytes(np.concatenate(self._ends).astype("<u4").tobytes())


class _Preparation:
    """One preparation, in a folder that nobody else writes to."""

    def __init__(self, job: Job, staging: Path, listen: Listener) -> None:
        self._job = job
        self._staging = staging
        self._listen = listen
        self._waiting = _Waiting()

    def run(self) -> Manifest:
        """All shards, from where an earlier job stopped, and the manifest."""
        state = self._begun() or self._begin()
        tokenizer = tokenizers.from_json(self._json(TOKENIZER))
        encoder = encoder_of(tokenizer, f"<u{id_width(tokenizer.vocab_size)}")
        for source in range(state.source, len(self._job.files)):
            start = state.position if source == state.source else Position()
            for piece in self._job.pieces(source, start):
                self._take(state, encoder, source, piece)
        self._write_shard(state, len(self._job.files), Position())
        if not state.shards:
            raise nothing(self._job.files[0], state.blank)
        manifest = Manifest(
            self._job.to_json(),
            state.documents,
            state.tokens,
            state.blank,
            tokenizer.vocab_size,
            state.tokenizer,
            tuple(state.shards),
        )
        replace_file(self._staging / MANIFEST, manifest.encoded())
        return manifest

    def _begin(self) -> State:
        """Learn the tokenizer: nothing else is ready yet."""
        doing = "counting characters" if self._job.tokenizer == "char" else "learning"
        self._listen(Progress(doing, 0.0))
        tokenizer = learn(self._job, lambda s: self._listen(Progress(doing, s)))
        data = json_bytes(tokenizer.to_json())
        replace_file(self._staging / TOKENIZER, data)
        state = State(File.of(data))
        self._keep(state)
        return state

    def _begun(self) -> State | None:
        """What an earlier job finished; None where there is nothing to go on from."""
        try:
            found = self._json(PROGRESS)
            state = State(
                File(**found["tokenizer"]),
                found["source"],
                Position(**found["position"]),
                found["blank"],
                [manifests.shard_from_json(shard) for shard in found["shards"]],
            )
            manifests.require_ends(self._staging, state.tokenizer, state.shards)
        except (OSError, ValueError, LookupError, TypeError, GlassGPTError):
            return None
        return state

    def _take(self, state: State, encoder: Encoder, source: int, piece: Piece) -> None:
        """The documents of a piece; a shard is written when it is full."""
        encoded = encoder.encode(piece)
        if piece.lines is not None:
            require_length(encoded.longest, self._job.files[source])
        state.blank += encoded.blank
        self._waiting.add(encoded)
        if self._waiting.tokens >= self._job.shard:
            self._write_shard(state, source, piece.end)
        fraction = self._job.fraction(source, piece.end)
        documents = state.documents + self._waiting.documents
        tokens = state.tokens + self._waiting.tokens
        self._listen(Progress("preparing", fraction, documents, tokens))

    def _write_shard(self, state: State, source: int, position: Position) -> None:
        """Write what waits, through to the disk, and then that it is there."""
        if self._waiting.documents:
            number, waiting = len(state.shards), self._waiting
            self._waiting = _Waiting()
            ids = self._write(ids_name(number), waiting.ids())
            ends = self._write(ends_name(number), waiting.ends())
            state.shards.append(Shard(waiting.documents, waiting.tokens, ids, ends))
        state.source, state.position = source, position
        self._keep(state)

    def _write(self, name: str, data: bytes) -> File:
        write_file(self._staging / name, data)
        return File.of(data)

    def _keep(self, state: State) -> None:
        sync_folder(self._staging)
        replace_file(self._staging / PROGRESS, json_bytes(asdict(state)))

    def _json(self, name: str) -> Any:
        return json.loads((self._staging / name).read_bytes())


def _publish(staging: Path, manifest: Manifest, out: Path) -> None:
    """Give the folder its name, with nothing in it but what its manifest names."""
    names = {MANIFEST, *(name for name, _ in manifest.files())}
    for item in staging.iterdir():
        if item.name not in names:
            item.unlink()
    sync_folder(staging)
    if out.is_dir():
        out.rmdir()  # it is empty
    staging.rename(out)
    sync_folder(out.parent)
    _remove_stagings(out)


def _remove_stagings(out: Path) -> None:
    for path in out.parent.glob(f"{TEMPORARY}{glob.escape(out.name)}-*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(staging: Path, out: Path) -> Iterator[None]:
    lock = FileLock(staging / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        why = "another process is preparing it"
        remedy = "Let it end, or choose another folder with --out."
        raise invalid("--out", out, why, remedy, DataError) from None
    try:
        yield
    finally:
        lock.release()
