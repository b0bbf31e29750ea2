"""The parts of the display by themselves: lines, JSON, the bar, the inspection."""

import io
import json

import pytest
from rich.console import Console
from support import small

from glassgpt.cli.view import output, progress
from glassgpt.cli.view.inspection import inspection_lines
from glassgpt.cli.view.progress import Bar, JsonLines, PlainLines, announcement
from glassgpt.data.inspection import inspect
from glassgpt.evaluation import Evaluation
from glassgpt.sampling import Sample
from glassgpt.training.events import Evaluated, Noted, Saved, Started, Stepped

EVALUATION = Evaluation(2.5, 30, 200, {"uniform": 3.3, "letter": 2.9})
Captured = pytest.CaptureFixture[str]


def begun(num_steps: int = 4, step: int = 0, seconds: float = 0.0) -> Started:
    return Started(small.record(5, num_steps=num_steps), "reference", step, seconds)


def inspected(*documents: str, block_size: int = 16) -> list[str]:
    found = inspect(small.corpus(list(documents)), block_size)
    return list(inspection_lines(found))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, ""),
        (5.0, ""),
        (5.1, ", about 5 seconds"),
        (99.4, ", about 99 seconds"),
        (100.0, ", about 2 minutes"),
        (5999.0, ", about 100 minutes"),
        (360000.0, ", about 100 hours"),
    ],
)
def test_the_announcement_tells_the_time_of_a_long_run(
    seconds: float, words: str
) -> None:
    line = "step 5: 4 training steps on the reference engine"
    assert announcement(begun(seconds=seconds)) == line + words


def test_the_announcement_counts_the_steps_that_are_left() -> None:
    said = announcement(begun(num_steps=2000, step=500))
    assert said.startswith("step 5: 1,500 training steps")


def test_plain_lines_are_those_of_a_lesson(capsys: Captured) -> None:
    show = PlainLines()
    for event in (
        *(begun(), Stepped(1, 3.25), Noted("a note"), Stepped(2, 3.0)),
        *(Evaluated(2, EVALUATION), Saved(2), Stepped(3, 2.0), Stepped(4, 1.5)),
        Evaluated(4, EVALUATION),
    ):
        show(event)
    written = capsys.readouterr()
    assert written.out.splitlines() == [
        "step 1 / 4 | loss 3.2500",
        "step 2 / 4 | loss 3.0000",
        "step 2 | held-out loss 2.5000",
        "step 3 / 4 | loss 2.0000",
        "step 4 / 4 | loss 1.5000",
    ]
    assert written.err.splitlines() == [announcement(begun()), "a note"]


def test_a_long_run_prints_its_first_line_about_twenty_and_its_last(
    capsys: Captured,
) -> None:
    show = PlainLines()
    show(begun(num_steps=2999))
    for step in range(1, 3000):
        show(Stepped(step, 1.0))
    lines = capsys.readouterr().out.splitlines()
    assert 20 <= len(lines) <= 23
    assert lines[0].startswith("step 1 /") and lines[-1].startswith("step 2999 /")


def test_a_run_of_many_seconds_says_once_how_many_are_left(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = {"s": 100.0}
    monkeypatch.setattr(progress.time, "monotonic", lambda: now["s"])
    show = PlainLines()
    show(begun(num_steps=1000))
    for step in range(1, 101):
        now["s"] += 0.125
        show(Stepped(step, 1.0))
    said = [line for line in capsys.readouterr().err.splitlines() if "left" in line]
    assert said == ["step 40: about 2 minutes left"]


def test_json_lines_are_one_object_for_each_event(capsys: Captured) -> None:
    show = JsonLines()
    endless = Evaluation(float("inf"), 30, 200, {})
    for event in (
        *(begun(), Stepped(1, 3.25), Saved(1), Noted("é")),
        *(Evaluated(1, EVALUATION), Evaluated(1, endless)),
    ):
        show(event)
    written = capsys.readouterr()
    first, *rest = map(json.loads, written.out.splitlines())
    assert first["event"] == "started" and first["train"]["num_steps"] == 4
    assert rest[:3] == [
        {"event": "step", "step": 1, "loss": 3.25},
        {"event": "saved", "step": 1},
        {"event": "note", "text": "é"},
    ]
    assert rest[3]["heldout"]["loss"] == 2.5 and rest[4]["heldout"]["loss"] is None
    assert written.err == ""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What Rich draws, on a terminal of 100 columns without colour."""
    drawn = io.StringIO()
    console = Console(
        file=drawn, force_terminal=True, width=100, color_system=None, markup=False
    )
    monkeypatch.setattr(progress, "console", lambda: console)
    return drawn


def test_the_bar_ends_full_with_the_smoothed_loss(screen: io.StringIO) -> None:
    with Bar() as show:
        show(begun())
        for step, loss in enumerate([4.0, 3.0, 2.0, 1.0], start=1):
            show(Stepped(step, loss))
    last = screen.getvalue().split("\r")[-1]
    assert "step 4 / 4 " in last and "━" * 24 in last
    assert "loss 2.4" in last  # the mean, later losses counting a little more


def test_the_bar_goes_on_from_where_a_run_was(screen: io.StringIO) -> None:
    with Bar() as show:
        show(begun(num_steps=4, step=3))
        show(Stepped(4, 2.0))
    assert "step 4 / 4 " in screen.getvalue()


def test_the_bar_leaves_room_for_notes_and_measurements(screen: io.StringIO) -> None:
    with Bar() as show:
        show(Noted("before [it] began"))
        show(begun())
        show(Evaluated(2, EVALUATION))
        show(Evaluated(4, EVALUATION))
    text = screen.getvalue()
    assert "before [it] began" in text
    assert "step 2: held-out loss 2.5000 (30 documents, 200 tokens)" in text
    assert "step 4: held-out" not in text  # it comes after the samples


def test_a_bar_that_never_began_ends_quietly(screen: io.StringIO) -> None:
    with pytest.raises(ValueError, match="first"), Bar():
        raise ValueError("first")


def test_the_display_suits_the_output() -> None:
    for json_wanted, terminal, kind in (
        (True, True, JsonLines),
        (True, False, JsonLines),
        (False, False, PlainLines),
        (False, True, Bar),
    ):
        with progress.display(json_wanted, terminal) as listen:
            assert isinstance(listen, kind)


def test_known_samples_are_counted_and_named_once(capsys: Captured) -> None:
    samples = [Sample("emma", True), Sample("zzyx", False), Sample("emma", True)]
    output.say_known(samples)
    output.say_known([Sample("zzyx", False)])
    output.say_known([Sample("unmarked", None)])
    output.say_known([])
    assert capsys.readouterr().out.splitlines() == [
        "new: 1 of 3; known: emma",
        "new: 1 of 1",
    ]


def test_a_piped_sample_is_written_as_it_is(capsys: Captured) -> None:
    output.say_sample(3, Sample("a\x1bb", False))
    assert capsys.readouterr().out == "sample 3: a\x1bb\n"


def test_an_evaluation_reads_as_words() -> None:
    loss, baselines = output.evaluation_lines(EVALUATION)
    assert loss.startswith("held-out loss 2.5000 (30 documents, 200 tokens)")
    assert loss.endswith(": as good as choosing among 12.2 tokens")
    assert baselines == "baselines: uniform 3.3000, letter 2.9000"


def test_an_inspection_counts_documents_lines_and_letters() -> None:
    lines = inspected("ab", "ab", "a b", "b")
    assert lines[:3] == [
        "4 documents in texts",
        "  distinct 3, blank lines dropped 0",
        "  repeated 1: ab x2",
    ]
    assert "vocabulary: 3 characters, and BOS" in lines
    assert "  space 1      a 3          b 4" in lines
    assert "length: 1 to 3 characters, mean 2.0, median 2.0" in lines
    assert lines[-1] == "block_size 16 cuts none of them"


def test_the_histogram_has_a_row_for_each_length() -> None:
    lines = inspected("a", "aa", "bb", "cccc")
    start = next(n for n, line in enumerate(lines) if line.startswith("length:"))
    assert [line.split() for line in lines[start + 1 : start + 5]] == [
        ["1", "#" * 20, "1"],
        ["2", "#" * 40, "2"],
        ["3", "0"],
        ["4", "#" * 20, "1"],
    ]


def test_a_wide_histogram_has_at_most_twenty_rows_that_hold_all() -> None:
    lines = inspected(*("a" * n for n in range(1, 1002, 10)))
    rows = [line for line in lines if " to " in line and "#" in line]
    assert 10 <= len(rows) <= 20
    assert sum(int(row.split()[-1]) for row in rows) == 101


def test_what_a_block_cuts_is_told_with_the_remedy() -> None:
    lines = inspected("abcdef", "ab", block_size=4)
    assert lines[-1] == (
        "block_size 4 cuts 1 documents, and drops 2 characters; "
        "--set block_size=7 cuts none"
    )


def test_odd_characters_are_named_and_never_printed_raw() -> None:
    lines = inspected("emma", "a\x1b[31mb", "c\u200bd", "\u202ereversed")
    assert not {c for line in lines for c in line if not c.isprintable()}
    text = "\n".join(lines)
    assert r"odd: \x1b U+001B control character, in 1 documents" in text
    assert r"odd: \u200b U+200B zero width space, in 1 documents" in text
    assert r"odd: \u202e U+202E right-to-left override" in text


def test_a_name_with_control_characters_is_escaped() -> None:
    corpus = small.corpus(["emma"])
    found = inspect(type(corpus)("bad\x1b[2Jname", *list(vars(corpus).values())[1:4]))
    assert next(inspection_lines(found)) == r"1 documents in bad\x1b[2Jname"
