"""Reading documents: the shared cases, the rule's properties, and bad input."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glassgpt.data.documents import (
    Corpus,
    clean,
    parse_documents,
    read,
    require_characters,
)
from glassgpt.errors import DataError

CASES_FILE = Path(__file__).parents[1] / "cases" / "documents.json"
TABLE = json.loads(CASES_FILE.read_text(encoding="utf-8"))
CASES, TRIMMED = TABLE["documents"], TABLE["trimmed"]
PAGE = (CASES_FILE.parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def raw_of(case: dict[str, Any]) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    if "range" in case:
        first, count = case["range"]
        return "".join(map(chr, range(first, first + count))).encode()
    text: str = case["text"] * case.get("repeat", 1)
    return text.encode()


def parsed(text: str) -> Corpus | None:
    """The corpus, or None where the text holds no document."""
    try:
        return parse_documents(text.encode(), "here")
    except DataError as error:
        assert "no document" in str(error) or "it is UTF-" in str(error)
        return None


def test_there_are_seventy_cases_with_different_names() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) == 70


@pytest.mark.parametrize(
    "case", [c for c in CASES if "error" not in c], ids=lambda case: case["name"]
)
def test_a_good_case_is_read_as_written(case: dict[str, Any]) -> None:
    corpus = parse_documents(raw_of(case), "here")
    assert corpus.blank == case["blank"]
    if "documents" in case:
        assert list(corpus.documents) == case["documents"]
    else:
        assert [len(text) for text in corpus.documents] == case["lengths"]
    if "vocabulary" in case:
        assert "".join(corpus.characters) == case["vocabulary"]
    else:
        assert len(corpus.characters) == case["vocabulary_size"]


@pytest.mark.parametrize(
    "case", [c for c in CASES if "error" in c], ids=lambda case: case["name"]
)
def test_a_bad_case_is_refused_with_its_word_and_a_remedy(case: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        require_characters(parse_documents(raw_of(case), "here.txt"))
    message = str(caught.value)
    assert message.startswith("invalid data: here.txt; ")
    assert case["error"] in message
    assert caught.value.remedy
    assert "\n" not in message + caught.value.remedy


def test_every_word_of_the_cases_stands_in_the_written_rule() -> None:
    for word in {case["error"] for case in CASES if "error" in case}:
        assert f"`{word}`" in PAGE


def test_the_trimmed_characters_are_those_of_the_shared_list() -> None:
    assert [c for c in map(chr, range(0x110000)) if not clean(c)] == TRIMMED


def test_every_python_trims_the_characters_of_the_shared_list(python: str) -> None:
    code = "print([c for c in range(0x110000) if chr(c).isspace()])"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == [ord(c) for c in TRIMMED]


def test_the_written_rule_names_every_trimmed_character() -> None:
    (trimming,) = re.findall(r"\*\*Trimming\.\*\*(.*?)^4\.", PAGE, re.M | re.S)
    ends = re.findall(r"U\+([0-9A-F]{4})(?:\s+to U\+([0-9A-F]{4}))?", trimming)
    named = [range(int(a, 16), int(b or a, 16) + 1) for a, b in ends]
    assert [chr(c) for span in named for c in span] == TRIMMED


def test_a_file_with_a_cr_after_each_name_holds_that_many_names() -> None:
    assert parse_documents(b"anna\r" * 300, "here").documents == ("anna",) * 300


def test_utf_32_is_named_by_its_byte_order_mark() -> None:
    for encoding in ("utf-32-le", "utf-32-be"):
        with pytest.raises(DataError, match="UTF-32"):
            parse_documents("\ufeffanna\n".encode(encoding), "here")


def test_a_byte_that_is_no_utf_8_is_given_with_its_line() -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        for end in (b"\n", b"\r\n", b"\r"):
            raw = mark + end.join([b"anna", b"bob", b"ren\xe9", b""])
            with pytest.raises(DataError, match="byte 0xe9 in line 3"):
                parse_documents(raw, "here")


@given(texts)
@example("\ufeff\ufeffanna\n\ufeffbob")
def test_documents_written_one_a_line_are_read_back_whatever_they_hold(
    text: str,
) -> None:
    if corpus := parsed(text):
        for end in ("\n", "\r\n", "\r"):
            # the first may begin with a byte order mark: another goes before it
            written = "\ufeff" + "".join(one + end for one in corpus.documents)
            again = parse_documents(written.encode(), "here")
            assert again.documents == corpus.documents
            assert again.sha256 == corpus.sha256
            assert again.blank == 0


@given(st.lists(st.text("ab \t\r\n\u00a0\ufeff\u0085\u2003\u2028e\u0301")))
def test_no_document_is_blank_or_untrimmed_or_holds_a_line_end(
    lines: list[str],
) -> None:
    if corpus := parsed("\n".join(lines)):
        for document in corpus.documents:
            assert document == clean(document) != ""
            assert not {"\n", "\r"} & {*document}


def test_the_sha256_does_not_change_with_line_ends_blanks_and_spaces() -> None:
    plain = parse_documents(b"anna\nbob\n", "a")
    other = parse_documents(b"\xef\xbb\xbfanna  \r\n\r\n\tbob", "b")
    assert plain.sha256 == other.sha256 == hashlib.sha256(b"anna\nbob").hexdigest()
    assert parse_documents(b"bob\nanna\n", "c").sha256 != plain.sha256


def test_distinct_counts_duplicates_once() -> None:
    assert parse_documents(b"bob\nanna\nbob\n", "here").distinct == 2


def test_a_file_of_one_character_is_a_corpus(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_bytes(b"a")
    assert read(str(file)).documents == ("a",)


def test_a_name_wins_over_a_file_that_is_called_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names").write_bytes(b"mine\n")
    monkeypatch.chdir(tmp_path)
    assert len(read("names").documents) == 32_257
    assert read("./names").documents == ("mine",)


def test_a_corpus_keeps_the_name_it_was_asked_for_by(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes(b"word\n")
    assert read(str(file)).name == str(file)
    assert read("names").name == "names"


def refused(given: str) -> DataError:
    with pytest.raises(DataError) as caught:
        read(given)
    assert "\n" not in str(caught.value) + caught.value.remedy
    assert caught.value.remedy
    return caught.value


def test_an_unknown_name_is_missing_and_the_nearest_is_named() -> None:
    error = refused("nmaes")
    assert str(error) == "missing data: nmaes"
    assert error.remedy.startswith("Did you mean names?")


def test_a_missing_file_is_missing_and_its_neighbour_is_named(tmp_path: Path) -> None:
    (tmp_path / "my-words.txt").write_bytes(b"word\n")
    error = refused(str(tmp_path / "my-wrods.txt"))
    assert str(error).startswith("missing data: ")
    assert "my-words.txt?" in error.remedy


@pytest.mark.parametrize("given", ["", "a\0b", "no/such/folder/file", "a\nb"])
def test_what_can_be_no_path_is_missing(given: str) -> None:
    assert str(refused(given)).startswith("missing data: ")


def test_a_path_below_a_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\n")
    assert str(refused(str(tmp_path / "file" / "below"))).startswith("missing data: ")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert str(refused(str(tmp_path))).endswith("; it is a folder")


def test_a_name_that_is_too_long_is_refused() -> None:
    assert "it cannot be read: file name too long" in str(refused("x" * 5_000))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="not run: no /dev/zero")
def test_an_endless_device_is_refused_unread() -> None:
    assert str(refused("/dev/zero")).endswith("; it is not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not run: no pipes here")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = "import sys; open(sys.argv[1], 'wb').write(b'anna\\n')"
    with subprocess.Popen([sys.executable, "-c", writer, str(pipe)]):
        assert read(str(pipe)).documents == ("anna",)


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret.txt"
    file.write_bytes(b"anna\n")
    file.chmod(0)
    if os.access(file, os.R_OK):  # root may read everything
        monkeypatch.setattr(Path, "read_bytes", _denied)
    assert "it cannot be read: permission denied" in str(refused(str(file)))


def _denied(path: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))
