"""Every format of prepared data, read in pieces from any place."""

import io
import json
from pathlib import Path

import pytest

from glassgpt.data.prepared.encoding import documents
from glassgpt.data.prepared.pieces import Position
from glassgpt.data.prepared.readers import READERS, pieces

TEXTS = [f"document {n} of \u00e9{'x' * (n % 7)}" for n in range(60)]


def as_parquet() -> bytes:
    pyarrow = pytest.importorskip("pyarrow", reason="not run: no pyarrow")
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": TEXTS}), file, row_group_size=7)
    return file.getvalue()


# a file of each format with these texts in the field `text`; a new one adds its own
FILES = {
    "lines": lambda: "\n".join(TEXTS).encode(),
    "whole": lambda: TEXTS[0].encode(),
    "jsonl": lambda: "\n".join(json.dumps({"text": t}) for t in TEXTS).encode(),
    "parquet": as_parquet,
}


def test_every_format_is_tried_here() -> None:
    assert list(FILES) == list(READERS)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_a_file_is_read_on_from_where_any_piece_ended(
    kind: str, size: int, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(FILES[kind]())
    read = list(pieces(str(file), kind, "text", Position(), size))
    found = [text for piece in read for text in documents(piece)[0]]
    assert found == (TEXTS[:1] if kind == "whole" else TEXTS)
    for k, piece in enumerate(read):
        assert list(pieces(str(file), kind, "text", piece.end, size)) == read[k + 1 :]
