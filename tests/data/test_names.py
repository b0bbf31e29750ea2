"""The built-in names are the ones their source note describes."""

import hashlib
import importlib.util
import string
from pathlib import Path

from glassgpt.data import catalog
from glassgpt.data.documents import read

RAW = catalog.BUILT_IN_PATH.read_bytes()
NOTE = catalog.BUILT_IN_PATH.with_name("names.source.md").read_text(encoding="utf-8")
SHA256 = "bd02dfd33179e23ec2dd093cbd4de619834f75d660ef1ae04d3127e7a0110053"
TOOL = Path(__file__).parents[2] / "tools" / "build_names.py"
GIRLS = 18_148


def test_there_are_as_many_names_as_promised() -> None:
    corpus = read("names")
    assert len(corpus.documents) == 32_257
    assert corpus.distinct == 29_693
    assert corpus.blank == 0
    assert len(RAW) == 229_804


def test_names_are_lower_case_ascii_letters_and_line_ends() -> None:
    assert set(RAW.decode("ascii")) == {*string.ascii_lowercase, "\n"}
    assert RAW.endswith(b"\n")


def test_the_sha256_is_the_one_in_the_source_note_and_the_list() -> None:
    assert hashlib.sha256(RAW).hexdigest() == SHA256
    assert f"`{SHA256}`" in NOTE
    assert catalog.DATASETS[0].sha256 == SHA256


def test_the_note_gives_the_counts() -> None:
    for number in ("32,257", "29,693", "229,804", f"{GIRLS:,}"):
        assert number in NOTE


def test_the_note_gives_the_package_and_integrity_of_the_tool() -> None:
    spec = importlib.util.spec_from_file_location("build_names", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert f"`{tool.INTEGRITY}`" in NOTE
    name, version = tool.PACKAGE.split("@")
    assert f"`{name}`, version {version}" in NOTE


def test_girls_names_come_first_and_no_list_repeats_a_name() -> None:
    names = read("names").documents
    girls, boys = names[:GIRLS], names[GIRLS:]
    assert girls[:3] == ("emma", "olivia", "ava")
    assert boys[:3] == ("liam", "noah", "william")
    assert len(set(girls)) == len(girls)
    assert len(set(boys)) == len(boys)
