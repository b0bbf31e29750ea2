"""Small prepared folders: `from prepared_support import ...`."""

import json
from pathlib import Path
from typing import Any

from glassgpt.data.prepared.dataset import PreparedData
from glassgpt.data.prepared.job import Job
from glassgpt.data.prepared.prepare import prepare

KINDS = ("char", "bytes", "bpe")
# the smallest that can be learned, in shards of a few documents
SMALL: dict[str, Any] = {"vocab_size": 280, "shard": 200}


def prepared(
    folder: Path, texts: list[str] | bytes, tokenizer: str = "char", **choices: Any
) -> PreparedData:
    """Documents, one a line, prepared below `folder`."""
    raw = texts if isinstance(texts, bytes) else "\r\n".join([*texts, ""]).encode()
    return of_file(folder, raw, tokenizer, **choices)


def of_file(
    folder: Path, raw: bytes, tokenizer: str = "char", **choices: Any
) -> PreparedData:
    """A file of these bytes, prepared below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "file").write_bytes(raw)
    job = Job((str(folder / "file"),), tokenizer, **{**SMALL, **choices})
    prepare(job, folder / "out")
    return PreparedData(folder / "out", str(folder / "out"))


def json_lines(*objects: object) -> bytes:
    """Objects as JSON, one a line."""
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def texts_of(data: PreparedData) -> list[str]:
    """All documents, one by one; those of a block together are the same."""
    found = [data.text(i) for i in range(len(data))]
    assert [text for block in data.blocks() for text in data.texts(block)] == found
    return found
