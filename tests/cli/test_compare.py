"""glassgpt compare: what it prints, what it writes, and what it refuses."""

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support.commands import (
    Call,
    glassgpt,
    in_terminal,
    snapshot,
    started,
    without_colour,
)

FAST = (
    *("--engine", "reference", "--steps", "6"),
    *("--set", "block_size=6", "--set", "eval_docs=20"),
)
SMALL = (*FAST, "--set", "n_embd=4")
STEPS = ("0 counting", "1 gradient descent", "2 autograd")
TITLES = (*STEPS, "3 attention", "4 transformer", "5 Adam")
# long enough to be stopped on the way, whatever the machine
LONG = ("compare", "--engine", "reference", "--only", "2", "--steps", "4000")


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A short file: reading it takes no time."""
    names = ["anna", "emma", "mia", "lena", "marie", "mara", "nora", "ida", "eva"]
    texts = [a + b for a in names for b in names]
    path = tmp_path / "words.txt"
    path.write_text("\n".join(texts))
    return path


def test_each_step_has_a_row_and_the_baselines_stand_beneath(
    call: Call, words: Path
) -> None:
    done = call("compare", *SMALL, "--data", words)
    assert done.status == 0, done.err
    head, *rows = done.lines[:7]
    assert head.split()[2:5] == ["first", "smoothed", "held-out"]
    assert [row.split("  ")[0] for row in rows] == list(TITLES)
    assert all("▁" <= row[20] <= "█" for row in rows)
    assert rows[1][20:].split()[1:5] == rows[2][20:].split()[1:5]
    baselines = next(line for line in done.lines if line.startswith("baselines:"))
    assert all(name in baselines for name in ("uniform", "letter", "trigram"))
    assert any("Steps 1 and 2 give the same numbers" in line for line in done.lines)
    assert "\x1b" not in done.out + done.err
    assert max(map(len, done.lines)) <= 88


def test_a_row_holds_what_train_and_eval_measure(call: Call, words: Path) -> None:
    row = call("compare", *FAST, "--data", words, "--only", "0").lines[1].split()
    alone = call("train", *FAST, "--data", words, "--step", "0", "--json")
    result = alone.of("result")[0]
    assert row[3] == f"{result['losses'][0]:.4f}"
    assert row[5] == f"{result['heldout_loss']:.4f}"
    assert row[6] == f"{result['heldout']['perplexity']:.1f}"


def test_json_is_a_line_for_each_step_and_one_for_the_whole(
    call: Call, words: Path
) -> None:
    done = call("compare", *SMALL, "--data", words, "--only", "5,1", "--json")
    steps, results = done.of("compared"), done.of("result")
    assert [line["event"] for line in done.json] == ["compared", "compared", "result"]
    assert [step["step"] for step in steps] == [1, 5]
    assert all(len(step["losses"]) == 6 for step in steps)
    assert all(step["heldout"]["documents"] == 20 for step in steps)
    assert results[0]["baselines"] == steps[0]["heldout"]["baselines"]
    assert results[0]["num_steps"] == 6 and done.err == ""


def test_in_a_terminal_one_bar_moves_and_the_table_stays(words: Path) -> None:
    status, drawn = in_terminal(
        "compare", *SMALL, "--data", words, "--only", "0,3", cwd=words.parent
    )
    assert status == 0
    kept = without_colour(drawn)
    assert kept.count("step         loss") == 1
    assert (
        "0 counting" in kept and "3 attention" in kept and "training steps" not in kept
    )


@pytest.mark.parametrize("ending", [".svg", ".html", ".json", ".SVG"])
def test_out_is_written_in_the_form_that_its_ending_says(
    call: Call, words: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"curves{ending}"
    done = call("compare", *FAST, "--data", words, "--only", "0", "--out", out)
    assert done.status == 0, done.err
    text = out.read_text(encoding="utf-8")
    assert done.lines[-1] == f"{out}: {len(text.encode()):,} bytes"
    if ending == ".json":
        assert json.loads(text)["steps"][0]["step"] == 0
    elif ending == ".html":
        assert text.startswith("<!doctype html>") and "</html>" in text
    else:
        assert ET.fromstring(text).tag.endswith("svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == [out.name, words.name]


def test_the_command_in_the_page_gives_the_same_numbers(
    call: Call, words: Path, tmp_path: Path
) -> None:
    out = tmp_path / "one.json"
    given = ("--holdout", "0.3", "--seed", "3", "--only", "0,3", "--set", "n_embd=4")
    assert call("compare", *FAST, "--data", words, *given, "--out", out).status == 0
    first = json.loads(out.read_text())
    assert [s["train"]["holdout"] for s in first["steps"]] == [0.3, 0.3]
    again = call(*first["command"].split()[1:], "--engine", "reference", "--json")
    assert [s["losses"] for s in again.of("compared")] == [
        s["losses"] for s in first["steps"]
    ]
    assert [s["heldout"] for s in again.of("compared")] == [
        s["heldout"] for s in first["steps"]
    ]


def test_a_file_that_is_there_is_replaced_only_with_force(
    call: Call, words: Path, tmp_path: Path
) -> None:
    out = tmp_path / "curves.svg"
    out.write_text("mine")
    given = ("compare", *FAST, "--data", words, "--only", "0", "--out", out)
    done = call(*given)
    assert done.status == 2 and "there already" in done.err and "--force" in done.err
    assert out.read_text() == "mine"
    assert call(*given, "--force").status == 0
    assert out.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("curves.png", (".png", ".svg, .html, .json")),
        ("curves", ("curves", ".svg, .html, .json")),
        ("folder.svg", ("folder.svg", "it is a folder")),
        ("nowhere/curves.svg", ("nowhere", "no such folder")),
        ("words.txt/curves.svg", ("words.txt", "no such folder")),
    ],
)
def test_an_out_that_cannot_be_is_refused_before_anything_is_read(
    call: Call, words: Path, tmp_path: Path, out: str, told: tuple[str, ...]
) -> None:
    (tmp_path / "folder.svg").mkdir()
    before = snapshot(tmp_path)
    done = call("compare", "--data", "missing.txt", "--out", tmp_path / out)
    assert done.status == 2 and len(done.error) == 2 and done.out == ""
    assert all(word in done.err for word in told)
    assert "missing.txt" not in done.err
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--only", "1,7"), "step: 7"),
        (("--only", ""), "step: "),
        (("--set", "n_embdd=4"), "n_embdd"),
        (("--set", "n_embd"), "--set: n_embd"),
        (("--only", "0", "--set", "n_embd=4"), "n_embd"),
        (("--engine", "abacus"), "engine: abacus"),
        (("--steps", "0"), "num_steps: 0"),
        (("--seed", "x"), "--seed: x"),
        (("--data", "missing.txt"), "missing.txt"),
    ],
)
def test_wrong_usage_is_one_line_and_one_remedy(
    call: Call, given: tuple[str, ...], told: str
) -> None:
    done = call("compare", *given)
    assert done.status in (1, 2) and done.out == ""
    assert len(done.error) == 2 and told in done.error[0]


def test_a_diverged_step_is_a_row_and_when_all_diverge_it_is_an_error(
    call: Call, words: Path
) -> None:
    given = ("compare", *FAST, "--data", words, "--set", "learning_rate=1e300")
    done = call(*given, "--only", "0,1")
    assert done.status == 0
    assert "diverged" in done.lines[2] and "diverged" not in done.lines[1]
    alone = call(*given, "--only", "1")
    assert alone.status == 1 and alone.out == "" and "learning_rate=" in alone.err


def test_when_the_disk_is_full_the_old_file_stays(
    call: Call, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "curves.svg"
    out.write_text("mine")
    monkeypatch.setattr("glassgpt.files.write_file", full)
    given = ("compare", *FAST, "--data", words, "--only", "0", "--out", out)
    done = call(*given, "--force")
    assert done.status == 1 and "no space left" in done.err
    assert out.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == [out.name, words.name]


def test_ctrl_c_leaves_nothing_behind(words: Path, tmp_path: Path) -> None:
    given = (*LONG, "--data", words, "--out", tmp_path / "curves.svg")
    with started(*given, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert "training steps" in process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped" in err
    assert [path.name for path in tmp_path.iterdir()] == [words.name]


def test_a_reader_who_has_seen_enough_is_no_error(words: Path) -> None:
    given = ("compare", *FAST, "--data", words, "--only", "0")
    piped = f"{' '.join(map(str, given))} | head -1"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m glassgpt {piped}"],
        capture_output=True,
        text=True,
        cwd=words.parent,
    )
    assert done.stdout.startswith("step") and "Traceback" not in done.stderr


def test_the_help_shows_examples_that_are_right(words: Path) -> None:
    done = glassgpt("compare", "--help", cwd=words.parent)
    assert done.status == 0
    assert "--only" in done.out and "glassgpt compare --out compare.html" in done.out
