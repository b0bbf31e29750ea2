"""`glassgpt data prepare`: what it says, and how it fails while files are read."""

import errno
import sys
from pathlib import Path

import pytest
from support.bad_files import FILES
from support.commands import TINY, Call, in_terminal, without_colour

from glassgpt.data.prepared import prepare

SAVE = "Save it as plain UTF-8 text, one document a line."


@pytest.mark.parametrize(
    ("words", "line", "remedy"),
    [
        ("empty.txt", "no document: it is empty", "Put one document on each line."),
        (
            "blank.txt",
            "no document: every line is blank",
            "Put one document on each line.",
        ),
        ("binary.txt", "binary: a zero byte at offset 7", SAVE),
        ("utf16.txt", "it is UTF-16", SAVE),
        ("latin1.txt", "not UTF-8: byte 0xeb in line 2", SAVE),
        ("latin1.txt --tokenizer bpe", "not UTF-8: byte 0xeb in line 2", SAVE),
        ("utf16.txt --whole", "it is UTF-16", SAVE),
        (
            "huge-line.txt",
            "too long: a document of 1,000,001 characters",
            "A line is a document; break them at 1,000,000 or sooner.",
        ),
        (
            "vocabulary.txt",
            "a vocabulary of 5,000 characters",
            "char takes 4,096; add --tokenizer bytes, or bpe.",
        ),
        (
            "torn.jsonl --jsonl",
            "line 3 is not JSON: unterminated string starting at",
            "Each line must be one JSON object; or leave out --jsonl.",
        ),
        (
            "other.jsonl --jsonl",
            "line 2 has no text",
            "Name one with --field: body, n.",
        ),
        (
            "good.jsonl --jsonl --field body",
            "line 1 has no body",
            "Name one with --field: text.",
        ),
        (
            "number.jsonl --jsonl",
            "line 2, text is no text but 7",
            "Name a field that holds text with --field.",
        ),
        (
            "list.jsonl --jsonl",
            "line 1 has no text",
            "Each line must be one JSON object.",
        ),
        (
            "surrogate.jsonl --jsonl",
            "line 1, text holds a lone surrogate, which is no text",
            "Take the line out, or repair it.",
        ),
    ],
)
def test_a_bad_file_is_one_line_and_its_remedy(
    words: str, line: str, remedy: str, call: Call, tmp_path: Path
) -> None:
    file = words.split()[0]
    (tmp_path / file).write_bytes(FILES[file])
    tokenizer = [] if "vocab" in words or "bpe" in words else ["--tokenizer", "bytes"]
    done = call("data", "prepare", *words.split(), *tokenizer, "--out", "new")
    assert (done.status, done.error) == (1, (f"invalid data: {file}; {line}", remedy))
    assert not (tmp_path / "new").exists()


def test_blank_files_among_others_are_counted(call: Call, tmp_path: Path) -> None:
    for name in ("empty.txt", "blank.txt", "words.txt"):
        (tmp_path / name).write_bytes(FILES[name])
    files = ("empty.txt", "words.txt", "blank.txt")
    done = call("data", "prepare", *files, "--whole", "--out", "new")
    assert done.status == 0, done
    assert "1 documents, 17 tokens" in done.lines
    assert "blank ones dropped: 2" in done.lines


@pytest.mark.parametrize(
    ("extra", "module", "words"),
    [
        ("bpe", "tokenizers", "words.txt --tokenizer bpe"),
        ("parquet", "pyarrow", "words.txt --parquet"),
    ],
)
def test_an_extra_that_is_missing_is_named(
    extra: str,
    module: str,
    words: str,
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "words.txt").write_bytes(FILES["words.txt"])
    monkeypatch.setitem(sys.modules, module, None)
    done = call("data", "prepare", *words.split(), "--out", "new")
    line, remedy = done.error
    assert done.status == 1 and line.startswith(f"missing {module}, which ")
    assert remedy == f'Install it: pip install "glassgpt[{extra}]"'


def test_a_full_disk_is_an_error_and_what_was_done_stays(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.txt").write_bytes(FILES["words.txt"])
    words = ("data", "prepare", "words.txt", "--shard-tokens", "1", "--out", "new")
    write, written = prepare.write_file, 0

    def fill(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written > 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, data)

    monkeypatch.setattr(prepare, "write_file", fill)
    done = call(*words)
    assert done.error == (
        "invalid --out: new; no space left on device",
        "Make room or choose another --out; the same command again goes on.",
    )
    assert done.status == 1
    monkeypatch.setattr(prepare, "write_file", write)
    assert call(*words).status == 0


def test_a_folder_of_other_data_is_left_alone(call: Call, tmp_path: Path) -> None:
    for name in ("words.txt", "capitals.txt"):
        (tmp_path / name).write_bytes(FILES[name])
    assert call("data", "prepare", "words.txt", "--out", "new").status == 0
    done = call("data", "prepare", "capitals.txt", "--out", "new")
    why = "it holds data prepared from other files, or in another way"
    remedy = "Choose another folder with --out."
    assert (done.status, done.error) == (2, (f"invalid --out: new; {why}", remedy))
    assert call("data", "prepare", "words.txt", "--out", "new").status == 0


def test_json_tells_how_far_it_is_and_what_there_is(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(FILES["words.txt"])
    done = call("data", "prepare", "words.txt", "--out", "new", "--json")
    assert {line["event"] for line in done.json} == {"progress", "prepared"}
    (made,) = done.of("prepared")
    assert (made["documents"], made["tokens"], made["vocab_size"]) == (3, 16, 8)
    facts = call("data", "inspect", "new", "--json").json[0]
    assert facts["sha256"] == made["sha256"]
    assert (facts["shortest"], facts["longest"], facts["cut"]) == (3, 6, 0)
    told = call("data", "inspect", "new", "--block-size", "4").lines
    assert told[-1].startswith("block_size 4 cuts 2 documents, and drops 4 predic")


def test_a_terminal_shows_a_bar(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(FILES["words.txt"])
    words = ("data", "prepare", "words.txt", "--out", "new")
    status, drawn = in_terminal(*words, cwd=tmp_path)
    shown = without_colour(drawn)
    assert status == 0 and "100%" in shown and "16 tokens" in shown


def test_a_run_on_byte_pairs_samples_and_resumes(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_bytes(FILES["capitals.txt"])
    words = ("--tokenizer", "bpe", "--vocab-size", "270", "--out", "ready")
    assert call("data", "prepare", "words.txt", *words).status == 0
    run = ("--data", "ready", "--steps", "3", *TINY, "--out", "run")
    assert call("train", *run).status == 0
    assert call("train", "--resume", "--out", "run").status == 0
    assert call("eval", "run", "--data", "words.txt").status == 0
    assert call("eval", "run", "--text", "Emma é").status == 0
    for path in (tmp_path / "ready").iterdir():
        path.unlink()
    done = call("sample", "run", "-n", "3", "--prompt", "Em")
    assert done.status == 0 and len(done.lines) == 3, done
    assert "samples are not marked known or new" in done.err
