"""The programs read documents by the written rule that the package reads them by.

One difference is stated there: the package puts each document into NFC.
"""

import ast
import json
import random
import tempfile
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import CASES
from support.documents import case_bytes

from glassgpt.data.documents import parse_documents
from glassgpt.errors import DataError
from glassgpt.lessons import FILES, lesson

TABLE = json.loads((CASES / "documents.json").read_text(encoding="utf-8"))
READABLE = [case for case in TABLE["documents"] if "error" not in case]
# what the rule speaks of, close together
odd = st.text("ab\n\r\t \u00a0\ufeff\u0085\u2003\u2028e\u0301\u00e9\x0b\x1c")
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(step: int, file: Path) -> dict[str, Any]:
    """Run a program's data and tokenizer sections and return their names."""
    nodes = [
        node
        for section in ("data", "tokenizer")
        for node in lesson(step).nodes(section)
    ]
    program = SimpleNamespace(argv=[FILES[step], str(file)])
    space = {
        **{"Path": Path, "random": random.Random(42), "sys": program},
        **{"__file__": FILES[step], "print": lambda _: None},
    }
    space["random"].seed = lambda number: None
    exec(compile(ast.Module(nodes, []), FILES[step], "exec"), space)
    return space


def check_is_read_alike(raw: bytes, file: Path) -> None:
    """The program's documents, composed, are the package's in the lesson's order."""
    file.write_bytes(raw)
    expected = list(parse_documents(raw, "here").documents)
    random.Random(42).shuffle(expected)
    found = read(5, file)
    assert [unicodedata.normalize("NFC", doc) for doc in found["docs"]] == expected
    assert found["chars"] == sorted(set("".join(found["docs"])))


@pytest.mark.parametrize("case", READABLE, ids=[case["name"] for case in READABLE])
def test_a_program_reads_the_documents_that_the_package_reads(
    case: dict[str, Any], tmp_path: Path
) -> None:
    check_is_read_alike(case_bytes(case), tmp_path / "documents")


@given(text=odd | texts)
@example(text="\ufeff\ufeffanna\r\r\n\ufeffbob\r")
@example(text="\u1e9b\u0323\n\u2000anna\u2001")
def test_they_differ_in_nothing_but_nfc_on_any_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_is_read_alike(text.encode(), Path(folder) / "documents")
        except DataError as error:
            assert "no document" in str(error)


@pytest.mark.parametrize("step", range(5))
def test_all_programs_read_documents_with_the_same_code(step: int) -> None:
    for section in ("data", "tokenizer"):
        assert code(step, section) == code(5, section)


def code(step: int, section: str) -> list[str]:
    return [ast.dump(node) for node in lesson(step).nodes(section)]


def test_there_are_cases_enough_to_mean_something() -> None:
    assert len(READABLE) >= 40
