"""glassgpt train, and plain glassgpt: what they print and what they leave."""

import json
import re
from pathlib import Path

import pytest
from support import small
from support.commands import ENGINE, TINY, Call, Done, glassgpt

from glassgpt.data.catalog import BUILT_IN_PATH
from glassgpt.training.events import Event, Started
from glassgpt.training.loop import train
from glassgpt.training.session import Session

SIZES = [
    [word for key, value in sizes.items() for word in ("--set", f"{key}={value}")]
    for sizes in small.SIZES
]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(small.names()), encoding="utf-8")
    return path


CUT = "block_size 6 cuts 21,445 of 32,257 documents"


def test_train_prints_a_line_a_step_and_twenty_samples(call: Call) -> None:
    done = call("train", "--steps", 6, *TINY)
    assert done.status == 0
    steps = [line for line in done.lines if line.startswith("step ")]
    assert [re.sub(r"\d\.\d{4}$", "X", line) for line in steps] == [
        f"step {n} / 6 | loss X" for n in range(1, 7)
    ]
    samples = [line for line in done.lines if line.startswith("sample ")]
    assert [re.sub(r": [a-z]{0,6}$", "", line) for line in samples] == [
        f"sample {k}" for k in range(1, 21)
    ]
    assert done.error == (
        f"{CUT}: --set block_size=16, or --set doc_mode=chunk",
        f"step 5: 6 training steps on the {ENGINE} engine",
    )
    assert done.lines[-2] == (
        "counting triples (trigram) still predicts better: try more steps, it has seen "
        "6 of 29,693 documents"
    )
    assert done.lines[-1] == "run: runs/step5-1"


def test_train_names_each_new_run_with_the_next_number(call: Call) -> None:
    sizes = ("--steps", 2, "--set", "eval_docs=20", "--set", "block_size=6")
    for preset, expected in [(5, "step5-1"), (5, "step5-2"), (0, "step0-1")]:
        done = call("train", "--step", preset, *sizes)
        assert done.lines[-1] == f"run: runs/{expected}"
    assert call("runs").status == 0


@pytest.mark.parametrize("step", range(6))
def test_train_runs_every_step(step: int, call: Call) -> None:
    done = call("train", "--step", step, "--steps", 3, *SIZES[step], "--json")
    assert done.status == 0
    record = done.of("started")[0]
    assert record["model"]["step"] == step and len(done.of("step")) == 3


def test_train_json_is_all_json_and_ends_with_the_result(call: Call) -> None:
    done = call("train", "--steps", 6, *TINY, "--json")
    assert (done.status, done.err) == (0, "")
    *events, result = done.json
    assert result["event"] == "result" and result["run"] == "runs/step5-1"
    assert result["losses"] == [e["loss"] for e in events if e["event"] == "step"]
    assert len(result["losses"]) == 6
    assert (result["engine"], result["dtype"]) == (ENGINE, "float64")
    assert result["num_params"] == 2 * 27 * 4 + 6 * 4 + 4 * 4 * 4 + 2 * 4 * 16
    assert len(result["samples"]) == 20
    assert all(set(sample) == {"text", "known"} for sample in result["samples"])
    assert result["train_seconds"] > 0
    assert 2 < result["heldout_loss"] < 4
    assert [event["event"] for event in events[:2]] == ["note", "started"]
    assert events[1]["seconds"] >= 0


def test_train_does_what_every_flag_says(call: Call, words: Path) -> None:
    flags = ("--preset", "step4", "--data", "words.txt", "--engine", "reference")
    numbers = ("--steps", 4, "--seed", 7, "--holdout", 0.5, "--set", "n_embd=8")
    done = call("train", *flags, *numbers, "--out", "here/mine", "--json")
    assert done.status == 0
    kept = json.loads((words.parent / "here/mine/run.json").read_text())
    assert (kept["data"], kept["engine"]) == (str(words), "reference")
    assert (kept["model"]["step"], kept["model"]["n_embd"]) == (4, 8)
    train = kept["train"]
    assert (train["num_steps"], train["seed"], train["holdout"]) == (4, 7, 0.5)
    heldout = done.of("result")[0]["heldout"]
    assert 20 <= heldout["documents"] < 40


def test_another_seed_gives_other_names_and_the_same_seed_the_same(call: Call) -> None:
    def samples(seed: int) -> list[str]:
        done = call("train", "--steps", 3, *TINY, "--seed", seed)
        return [line for line in done.lines if line.startswith("sample ")]

    assert samples(1) == samples(1) != samples(2)


def test_a_name_wins_over_a_file_that_is_called_the_same(call: Call) -> None:
    done = call("train", "--step", 0, "--steps", 2, "--out", "first")
    Path("names").write_text("zz\nzy\n")
    named = call("train", "--step", 0, "--steps", 2, "--data", "names", "--out", "a")
    filed = call("train", "--step", 0, "--steps", 2, "--data", "./names", "--out", "b")
    assert named.lines[:2] == done.lines[:2] != filed.lines[:2]


def test_few_documents_are_no_error_and_a_line_names_holdout(call: Call) -> None:
    Path("few.txt").write_text("emma\nolivia\nava\n")
    done = call("train", "--steps", 3, *TINY, "--data", "few.txt", "--json")
    assert done.status == 0 and done.of("result")[0]["heldout_loss"] is None
    assert any("left out of training" in note["text"] for note in done.of("note"))


def test_a_file_of_one_character_trains(call: Call) -> None:
    Path("one.txt").write_bytes(b"a")
    done = call("train", "--steps", 3, *TINY, "--data", "one.txt", "--json")
    assert done.status == 0
    assert {c for s in done.of("result")[0]["samples"] for c in s["text"]} <= {"a"}


def test_documents_may_come_through_a_pipe(tmp_path: Path) -> None:
    """Not a file of its own: `train --data /dev/stdin`, `<(...)` in a shell."""
    text = BUILT_IN_PATH.read_text()
    args = ("train", "--step", 0, "--steps", 2, "--data", "/dev/stdin", "--json")
    done = glassgpt(*args, cwd=tmp_path, stdin=text)
    assert done.status == 0
    assert done.of("result")[0]["heldout"]["documents"] == 500


def announced(monkeypatch: pytest.MonkeyPatch, call: Call, seconds: float) -> Done:
    """A training of two steps that says it will take so many seconds a step."""
    monkeypatch.setattr(Session, "seconds_a_step", lambda self: seconds)
    return call("train", "--step", 0, "--steps", 2)


def test_a_long_run_says_so_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    said = f"step 0: 2 training steps on the {ENGINE} engine"
    assert announced(monkeypatch, call, 0.1).error == (said,)
    assert announced(monkeypatch, call, 400).error == (f"{said}, about 13 minutes",)
    assert announced(monkeypatch, call, 9e4).error == (f"{said}, about 50 hours",)


def test_the_time_that_a_run_takes_is_in_proportion_to_its_steps() -> None:
    """A hundred thousand times the steps: no machine is that much faster at once."""

    def expected(num_steps: int) -> float:
        heard = small.Heard()

        def stop(event: Event) -> None:
            heard(event)
            if isinstance(event, Started):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(small.session(2, num_steps=num_steps), stop)
        return float(heard.of(Started)[0].seconds)

    assert 0 < expected(10) < expected(1_000_000)


@pytest.mark.full
def test_plain_glassgpt_trains_step_5_and_says_what_to_do_next(tmp_path: Path) -> None:
    done = glassgpt(cwd=tmp_path, timeout=1200)
    assert done.status == 0
    assert "step 1000 / 1000 | loss" in done.out
    assert sum(line.startswith("sample ") for line in done.lines) == 20
    assert "glassgpt sample runs/step5-1" in done.out


def test_plain_glassgpt_says_what_to_do_next(
    monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    from glassgpt import config

    short = config.preset("step5").with_settings(num_steps=3, n_embd=4, eval_docs=20)
    monkeypatch.setattr(config, "preset", {"step5": short}.__getitem__)
    done = call()
    assert done.status == 0
    where = done.lines.index("What to do next:")
    for line in done.lines[where + 1 :]:
        command, *words = re.split(r"  +", line.strip())[0].split()
        assert command == "glassgpt"
        if words[0] in ("sample", "eval", "show"):
            assert call(*words).status == 0
