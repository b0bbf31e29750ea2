"""The documents of a run: moved, changed, copied, given again, or no list of lines."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from support import small
from support.small import TINY, same

import glassgpt
from glassgpt import DataError, Run, UsageError


def test_a_run_whose_data_is_gone_samples_and_says_what_it_needs_and_takes_it(
    tmp_path: Path, data: Path
) -> None:
    run = glassgpt.train(data, out=tmp_path / "out", **TINY)
    moved = data.rename(tmp_path / "elsewhere.txt")
    again = glassgpt.load(tmp_path / "out")
    assert again.sample(5) == run.sample(5)
    with pytest.raises(DataError, match=r"missing data: .*words\.txt") as caught:
        assert again.corpus
    assert "--data FILE, in Python documents=" in caught.value.remedy
    for documents in (moved, str(moved), small.names(), run.corpus):
        again = glassgpt.load(tmp_path / "out", documents=documents)
        assert again.evaluate() == run.evaluate()
        assert again.known == run.known
    with pytest.raises(UsageError, match="and these are others") as refused:
        glassgpt.load(tmp_path / "out", documents=["emma"])
    assert refused.value.remedy


def test_a_folder_that_moves_with_its_data_beside_it_finds_it(
    tmp_path: Path, data: Path
) -> None:
    (tmp_path / "old/runs").mkdir(parents=True)
    data = data.rename(tmp_path / "old/words.txt")
    run = glassgpt.train(data, out=tmp_path / "old/runs/one", **TINY)
    (tmp_path / "old").rename(tmp_path / "new")
    again = glassgpt.load(tmp_path / "new/runs/one")
    assert again.evaluate() == run.evaluate()
    (tmp_path / "new/words.txt").write_text("emma\n")
    with pytest.raises(DataError, match="missing data"):
        glassgpt.load(tmp_path / "new/runs/one").evaluate()


def test_a_run_from_a_list_keeps_its_documents_and_can_be_copied(
    tmp_path: Path, run: Run
) -> None:
    glassgpt.train(small.names(), out=tmp_path / "out", **TINY)
    run.save(tmp_path / "saved")
    for name in ("out", "saved"):
        shutil.copytree(tmp_path / name, tmp_path / "friend" / name)
        copy = tmp_path / "friend" / name
        again = glassgpt.load(copy)
        assert again.corpus.documents == tuple(small.names())
        assert again.evaluate() == run.evaluate()
        assert again.sample(5, new_only=True) == run.sample(5, new_only=True)
        assert same(glassgpt.train(out=copy, resume=True), run)
        (copy / "documents.txt").write_text("other\n")
        with pytest.raises(DataError, match="missing data: documents from Python"):
            glassgpt.load(copy).evaluate()
        assert glassgpt.load(copy, documents=small.names()).evaluate() == run.evaluate()


@pytest.mark.parametrize(
    ("documents", "line"),
    [
        (
            ["anna", "two\nlines"],
            r"invalid documents[1]: two\nlines; it has a line end",
        ),
        (["a\rb"], r"invalid documents[0]: a\rb; it has a line end"),
        ({"anna": 1}, "invalid documents: {'anna': 1}; it is a dict"),
        ("anna\nbob\n" * 999, r"invalid documents: anna\nbob\nanna\n"),
        ("anna " * 999, "invalid data: anna anna"),
        ([1, 2], "invalid documents: [1, 2]; sequence item 0: expected str"),
    ],
)
def test_a_text_that_is_no_list_of_lines_is_refused_with_what_to_do(
    documents: Any, line: str
) -> None:
    with pytest.raises(DataError) as caught:
        glassgpt.train(documents, step=0, steps=1)
    assert str(caught.value).startswith(line) and len(str(caught.value)) < 300
    assert caught.value.remedy


def test_a_run_whose_data_has_changed_says_so(tmp_path: Path, data: Path) -> None:
    glassgpt.train(data, out=tmp_path / "out", **TINY)
    data.write_text("other\nwords\n")
    again = glassgpt.load(tmp_path / "out")
    for action in (again.evaluate, lambda: again.sample(1, new_only=True)):
        with pytest.raises(DataError, match="not those that this run was trained on"):
            action()
    assert len(again.sample(2)) == 2


def test_other_line_ends_and_blank_lines_are_no_change(
    tmp_path: Path, data: Path
) -> None:
    run = glassgpt.train(data, out=tmp_path / "out", **TINY)
    data.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(small.names()).encode())
    assert glassgpt.load(tmp_path / "out").evaluate() == run.evaluate()


def test_a_relative_path_is_found_from_another_folder(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    glassgpt.train("words.txt", step=0, steps=2, out="out")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    assert len(glassgpt.load("../out").corpus.documents) == 60
