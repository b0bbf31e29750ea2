"""What is prepared is what the file holds, by the rule of docs/documents.md."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import CASES, small
from support.prepared import KINDS, json_lines, of_file, prepared, texts_of

from glassgpt.data.documents import Corpus, parse_documents
from glassgpt.data.prepared import pieces as read_pieces
from glassgpt.data.prepared.encoding import encoder_of, seen
from glassgpt.data.prepared.manifest import read_manifest
from glassgpt.data.prepared.pieces import Position, line_start
from glassgpt.data.prepared.readers import READERS, pieces
from glassgpt.errors import DataError
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
# what the rule speaks of, close together
odd = st.text("ab\n\r\t \u00a0\ufeff\u0085\u2003\u2028e\u0301\u00e9\U0001f600\x0b")
TABLE = (CASES / "documents.json").read_text(encoding="utf-8")
TRIMMED = json.loads(TABLE)["trimmed"]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def parsed(raw: bytes) -> Corpus | str:
    """The documents by data.py, or why there are none."""
    try:
        return parse_documents(raw, "file")
    except DataError as error:
        return str(error).partition("; ")[2]


def check_is_read_as(raw: bytes, kind: str, shard: int) -> None:
    expected = parsed(raw)
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = of_file(Path(folder), raw, kind, shard=shard)
        except DataError as error:
            assert str(error).partition("; ")[2] == expected
            return
        assert isinstance(expected, Corpus)
        assert texts_of(found) == list(expected.documents)
        assert found.manifest.blank == expected.blank
        together = [text for block in found.blocks() for text in found.texts(block)]
        assert together == list(expected.documents)
        for i, text in enumerate(expected.documents):
            assert found[i] == found.tokenizer.encode(text)
        if kind == "char":
            assert found.tokenizer == CharTokenizer(expected.characters)


@settings(max_examples=15)
@given(text=odd | texts, shard=st.sampled_from([3, 50]))
@example(text="", shard=1)
@example(text="\ufeff", shard=1)
@example(text=" \n\n", shard=1)
def test_prepared_documents_are_those_of_the_file(text: str, shard: int) -> None:
    check_is_read_as(text.encode(), "char", shard)


@settings(max_examples=5)
@given(text=odd | texts)
def test_byte_pairs_give_back_the_documents_of_the_file(text: str) -> None:
    check_is_read_as(text.encode(), "bpe", 20)


@given(text=odd | texts, size=st.sampled_from([1, 3, 50]))
@example(text="a\r\r\nb\r", size=1)
@example(text="a\r\nb\r\n", size=2)
@example(text="a\r\nb\r\n", size=3)
@example(text="aaaaa\rb\ncc\r\rd", size=3)
@example(text="\ufeffa\n\ufeffb\ufeff\n", size=3)
@example(text="\u0301a\n \u0301\n", size=1)
@example(text="\n".join(f"{c}a{c}a{c}" for c in TRIMMED), size=50)
def test_pieces_become_the_ids_of_the_documents_of_the_file(
    text: str, size: int
) -> None:
    expected = parsed(text.encode())
    if not isinstance(expected, Corpus):
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(text.encode())
        read = list(pieces(str(file), "lines", "", Position(), size))
    characters = seen(read)
    assert characters == expected.characters
    for tokenizer in (CharTokenizer(characters), ByteTokenizer()):
        encoder = encoder_of(tokenizer, "<u2")
        done = [encoder.encode(piece) for piece in read]
        ids = [i for one in done for i in one.ids.tolist()]
        wanted = [tokenizer.encode(document)[:-1] for document in expected.documents]
        assert ids == [i for document in wanted for i in document]
        lengths = [np.diff(one.ends, prepend=0).tolist() for one in done]
        assert [n for one in lengths for n in one] == list(map(len, wanted))
        assert sum(one.blank for one in done) == expected.blank
        assert max(one.longest for one in done) == max(map(len, expected.documents))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_piece_ends_where_a_line_does_whatever_ends_it(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_pieces, "LONGEST", 6)
    file, line = tmp_path / "file", f"abcd{end}"
    file.write_bytes(line.encode() * 50)
    for size in range(1, 20):
        read = list(pieces(str(file), "lines", "", Position(), size))
        counts = [(piece.lines or "").count("abcd") for piece in read]
        assert [piece.lines for piece in read] == [line * count for count in counts]
        done = [sum(counts[: n + 1]) for n in range(len(counts))]
        assert [piece.end for piece in read] == [
            Position(count * len(line), count) for count in done
        ]
    file.write_bytes(line.encode() * 2 + b"a" * 9)
    with pytest.raises(DataError, match="too long: line 3 has more than 6 bytes"):
        list(pieces(str(file), "lines", "", Position(), 1))


def test_a_line_starts_after_any_line_end_and_json_after_lf_alone(
    tmp_path: Path,
) -> None:
    file, raw = tmp_path / "file", b"ab\rc\r\n\r\rdef\n\ng"
    file.write_bytes(raw)
    starts = {"lines": [0, 3, 6, 7, 8, 12, 13, 14], "jsonl": [0, 6, 12, 13, 14]}
    for kind, places in starts.items():
        for offset in range(len(raw) + 1):
            expected = next(place for place in places if place >= offset)
            assert (
                line_start(str(file), READERS[kind].line_ends, offset).offset
                == expected
            )


def test_json_lines_may_hold_a_cr_between_their_parts(tmp_path: Path) -> None:
    file, raw = tmp_path / "file", b'{"text":\r"anna"}\n{"text": "bob"\r}\r\n'
    file.write_bytes(raw)
    for size in range(1, len(raw)):
        read = pieces(str(file), "jsonl", "text", Position(), size)
        assert [text for one in read for text in one.texts] == ["anna", "bob"]


@EVERY_KIND
def test_the_built_in_names_are_read_whatever_the_shards(
    kind: str, tmp_path: Path
) -> None:
    names = small.names(900)
    for shard in (200, 1 << 24):
        data = prepared(tmp_path / str(shard), names, kind, shard=shard)
        assert texts_of(data) == names
    assert len(read_manifest(tmp_path / "200" / "out").shards) > 10


@EVERY_KIND
def test_whole_files_are_documents_as_they_are(kind: str, tmp_path: Path) -> None:
    text = " first\r\n\n  second e\u0301\n"
    data = of_file(tmp_path, text.encode(), kind, kind="whole")
    assert texts_of(data) == [" first\r\n\n  second \u00e9\n"]


def test_json_lines_give_the_text_of_their_field(tmp_path: Path) -> None:
    raw = json_lines({"n": 1, "body": "a\nb "}, {"body": " \n"}, {"body": "é"})
    data = of_file(tmp_path, raw + b"\n", kind="jsonl", text_field="body")
    assert (texts_of(data), data.manifest.blank) == (["a\nb ", "é"], 1)


def test_parquet_gives_the_text_of_its_column(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="not run: no pyarrow")
    from pyarrow import parquet

    texts = [f"document {n}\n" * (n % 5) or None for n in range(500)]
    table = pyarrow.table({"n": list(range(500)), "text": texts})
    parquet.write_table(table, tmp_path / "file", row_group_size=60)
    raw = (tmp_path / "file").read_bytes()
    data = of_file(tmp_path, raw, kind="parquet", shard=500)
    assert texts_of(data) == [text for text in texts if text]
    with pytest.raises(DataError, match="no column body"):
        of_file(tmp_path / "other", raw, kind="parquet", text_field="body")
    with pytest.raises(DataError, match="it is no Parquet file"):
        of_file(tmp_path / "third", b"abc", kind="parquet")


@pytest.mark.parametrize("count", [65_535, 65_537])
def test_ids_are_as_wide_as_the_vocabulary_needs(count: int) -> None:
    from glassgpt.data.prepared.manifest import id_width

    assert id_width(count) == (2 if count <= 65_536 else 4)


def test_a_long_line_and_too_many_characters_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too long: a document of 1,000,001 char"):
        of_file(tmp_path / "long", b"a" * 1_000_001, "bytes", shard=1 << 24)
    many = "\n".join(map(chr, range(0x4E00, 0x4E00 + 5000))).encode()
    with pytest.raises(DataError, match="a vocabulary of 5,000 characters"):
        of_file(tmp_path / "many", many)
    assert len(of_file(tmp_path / "bytes", many, "bytes")) == 5000


@EVERY_KIND
def test_a_document_is_found_by_its_text(kind: str, tmp_path: Path) -> None:
    data = prepared(tmp_path, ["anna", "bob", "anne", "b"], kind)
    for text in ("anna", "bob", "anne", "b"):
        assert text in data
    for text in ("ann", "annan", "", "zoe", "a", "Ünn"):
        assert text not in data
    assert 3 not in data


@EVERY_KIND
def test_only_the_first_tokens_are_read_when_no_more_are_asked_for(
    kind: str, tmp_path: Path
) -> None:
    data = prepared(tmp_path, ["abcdefgh", "ab"], kind)
    for i in range(2):
        for most in (1, 3, 4, 9, 20):
            assert data.tokens(i, most) == data[i][:most]
    with pytest.raises(IndexError):
        data[2]
    with pytest.raises(IndexError):
        data[-1]
