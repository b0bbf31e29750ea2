"""The programs read documents by the written rule that the package reads them by."""

import ast
import json
import random
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from support import CASES
from support.documents import case_bytes

from glassgpt.data.documents import parse_documents
from glassgpt.lessons import FILES, lesson

TABLE = json.loads((CASES / "documents.json").read_text(encoding="utf-8"))
READABLE = [case for case in TABLE["documents"] if "error" not in case]


def read(step: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a program's data and tokenizer sections and return their names."""
    nodes = [
        node
        for section in ("data", "tokenizer")
        for node in lesson(step).nodes(section)
    ]
    monkeypatch.setattr(sys, "argv", [FILES[step], str(file)])
    space = {
        **{"Path": Path, "random": random.Random(42), "sys": sys},
        **{"unicodedata": unicodedata, "__file__": FILES[step]},
    }
    space["random"].seed = lambda number: None
    exec(compile(ast.Module(nodes, []), FILES[step], "exec"), space)
    return space


@pytest.mark.parametrize("case", READABLE, ids=[case["name"] for case in READABLE])
def test_a_program_reads_the_documents_that_the_package_reads(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "documents"
    file.write_bytes(case_bytes(case))
    expected = list(parse_documents(case_bytes(case), case["name"]).documents)
    random.Random(42).shuffle(expected)
    found = read(5, file, monkeypatch)
    assert found["docs"] == expected
    assert found["chars"] == sorted(set("".join(expected)))


@pytest.mark.parametrize("step", range(5))
def test_all_programs_read_documents_with_the_same_code(step: int) -> None:
    for section in ("data", "tokenizer"):
        assert code(step, section) == code(5, section)


def code(step: int, section: str) -> list[str]:
    return [ast.dump(node) for node in lesson(step).nodes(section)]


def test_there_are_cases_enough_to_mean_something() -> None:
    assert len(READABLE) >= 40
