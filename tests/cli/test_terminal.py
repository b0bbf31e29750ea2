"""In a terminal: a progress bar, marks on samples, colour, and no more than that."""

import re
import sys
from pathlib import Path

import pytest
from support.commands import ENGINE, TINY, glassgpt, in_terminal, without_colour

from glassgpt.data.documents import read
from glassgpt.lessons import lesson

RED = "\x1b[1;31m"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="not run: no pseudo-terminals there"
)


def test_training_shows_a_bar_the_loss_and_marked_samples(tmp_path: Path) -> None:
    args = ("train", "--steps", 30, *TINY)
    status, drawn = in_terminal(*args, cwd=tmp_path)
    assert status == 0
    text = without_colour(drawn)
    cut, announced, *_ = text.splitlines()
    assert cut.startswith("block_size 6 cuts ")
    assert announced == f"step 5: 30 training steps on the {ENGINE} engine"
    assert "step 30 / 30 ━" in text and re.search(r"loss \d\.\d{4}", text)
    assert "█" in text  # the curve
    samples = re.findall(r"^(sample \d+: \w*) +(new|known)$", text, re.M)
    assert len(samples) == 20
    known = set(read("names").documents)
    for line, mark in samples:
        assert (mark == "known") == (line.split(": ")[1].strip() in known)
    assert "step 1 / 30 | loss" not in text  # those lines are for a pipe
    plain = glassgpt(*args, cwd=tmp_path)
    assert [line for line, _ in samples] == [
        line.rstrip() for line in plain.lines if line.startswith("sample ")
    ]


def test_no_color_is_respected(tmp_path: Path) -> None:
    for args in (("train", "--steps", 3, *TINY), ("show", 4, "--diff", 3), ("show", 9)):
        _, drawn = in_terminal(*args, cwd=tmp_path, NO_COLOR="1")
        codes = {code for code in _COLOUR.findall(drawn) if re.search("[34]", code)}
        assert not codes
        _, drawn = in_terminal(*args, cwd=tmp_path)
        assert _COLOUR.findall(drawn)


def test_an_error_is_red_and_its_remedy_is_not(tmp_path: Path) -> None:
    status, drawn = in_terminal("train", "--step", 9, cwd=tmp_path)
    assert status == 2
    assert f"{RED}unknown step: 9" in drawn
    line, remedy = without_colour(drawn).splitlines()
    assert (line, remedy) == ("unknown step: 9", "Choose from 0, 1, 2, 3, 4, 5.")
    assert f"\n{remedy}" in drawn


def test_an_error_keeps_brackets_and_colons(tmp_path: Path) -> None:
    _, drawn = in_terminal("eval", "[red]:smile:[/red]", cwd=tmp_path)
    assert "unknown run: [red]:smile:[/red]" in without_colour(drawn)


def test_a_note_with_brackets_is_shown_as_it_is(tmp_path: Path) -> None:
    run = tmp_path / "[bold]"
    args = ("train", "--steps", 6, "--set", "checkpoint_every=3", *TINY, "--out", run)
    assert glassgpt(*args, cwd=tmp_path).status == 0
    (run / "checkpoints/step-000000006/state.json").unlink()
    args = ("train", "--resume", "--out", "[bold]")
    status, drawn = in_terminal(*args, cwd=tmp_path)
    assert status == 0
    assert "[bold]/checkpoints/step-000000006" in without_colour(drawn)


def test_show_has_colours_in_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    status, drawn = in_terminal("show", 0, cwd=tmp_path)
    assert status == 0 and _COLOUR.search(drawn)
    shown = [line.rstrip() for line in without_colour(drawn).splitlines()]
    assert shown == [line.rstrip() for line in lesson(0).source.splitlines()]
    assert "\x1b" not in glassgpt("show", 0, cwd=tmp_path).out


def test_a_difference_is_green_and_red_in_a_terminal(tmp_path: Path) -> None:
    _, drawn = in_terminal("show", 4, "--diff", 3, cwd=tmp_path)
    assert re.search(r"\x1b\[9?2;49m\+\+\+ step4_transformer.py", drawn)
    assert re.search(r"\x1b\[9?1;49m--- step3_attention.py", drawn)
    assert "\x1b" not in glassgpt("show", 4, "--diff", 3, cwd=tmp_path).out


def test_json_in_a_terminal_is_json_all_the_same(tmp_path: Path) -> None:
    _, drawn = in_terminal("train", "--steps", 2, *TINY, "--json", cwd=tmp_path)
    assert "\x1b" not in drawn
    assert all(line.startswith("{") for line in drawn.splitlines())


def test_check_counts_in_a_terminal_and_leaves_no_trace(tmp_path: Path) -> None:
    status, drawn = in_terminal("check", "--step", 1, cwd=tmp_path)
    assert status == 0
    last = without_colour(drawn).rstrip().splitlines()[-1]
    assert last.lstrip().startswith("mlp_fc2  ")
    assert "FAILED" not in drawn and "NOT" not in drawn


def test_control_characters_in_documents_do_not_reach_a_terminal(
    tmp_path: Path,
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J"
    (tmp_path / "evil.txt").write_text(f"{evil}\n" * 3)
    data = ("--data", "evil.txt", "--out", "run")
    args = ("train", "--step", 0, "--steps", 3, "--set", "block_size=99", *data)
    for command in (
        args,
        ("sample", "run", "-n", 3),
        ("eval", "run", "--text", evil),
        ("data", "inspect", "evil.txt"),
        ("sample", "run", "--prompt", "\x1b]9"),
    ):
        _, drawn = in_terminal(*command, cwd=tmp_path)
        assert "\x1b]" not in drawn and "\x1b[2J" not in drawn and "\x07" not in drawn
        assert "x1b" in drawn
