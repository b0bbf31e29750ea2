"""glassgpt sample: every flag, and the same samples for the same seed."""

import shutil
from pathlib import Path

import pytest
from support.commands import Call

from glassgpt import data


def texts(call: Call, *args: object) -> list[str]:
    done = call("sample", *args, "--json")
    assert (done.status, done.err) == (0, "")
    return [line["text"] for line in done.json]


def test_sample_prints_twenty_and_how_many_are_new(call: Call, trained: Path) -> None:
    done = call("sample", trained)
    assert (done.status, done.err) == (0, "")
    *samples, last = done.lines
    assert [line.split(": ")[0] for line in samples] == [
        f"sample {k}" for k in range(1, 21)
    ]
    assert last.startswith("new: ") and " of 20" in last


def test_the_same_seed_gives_the_same_samples(call: Call, trained: Path) -> None:
    assert texts(call, trained) == texts(call, trained, "--seed", 42)
    assert texts(call, trained, "--seed", 1) == texts(call, trained, "--seed", 1)
    assert texts(call, trained, "--seed", 1) != texts(call, trained, "--seed", 2)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_n_is_how_many(count: int, call: Call, trained: Path) -> None:
    assert len(texts(call, trained, "-n", count)) == count
    assert texts(call, trained, "--count", count) == texts(call, trained)[:count]


def test_temperature_0_writes_the_likeliest_again_and_again(
    call: Call, trained: Path
) -> None:
    assert len(set(texts(call, trained, "--temperature", 0))) == 1
    hot = texts(call, trained, "--temperature", 2, "-n", 5)
    assert hot != texts(call, trained, "--temperature", 0.05, "-n", 5)


def test_top_k_1_and_a_small_top_p_are_the_likeliest_too(
    call: Call, trained: Path
) -> None:
    likeliest = texts(call, trained, "--temperature", 0, "-n", 1)
    assert texts(call, trained, "--top-k", 1, "-n", 1) == likeliest
    assert texts(call, trained, "--top-p", 1e-9, "-n", 1) == likeliest
    assert texts(call, trained, "--top-k", 0, "--top-p", 1) == texts(call, trained)


def test_every_sample_begins_with_the_prompt(call: Call, trained: Path) -> None:
    found = texts(call, trained, "--prompt", "mar")
    assert len(set(found)) > 1 and all(text.startswith("mar") for text in found)


def test_new_only_and_unique_pass_over_the_others(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a\nb\n")
    trained = ("--step", 0, "--steps", 9, "--data", "words.txt", "--out", "run")
    assert call("train", *trained).status == 0
    lines = call("sample", "run", "-n", 30, "--json").json
    known = {line["text"] for line in lines if line["known"]}
    assert known == {"a", "b"}
    assert not known & set(texts(call, "run", "-n", 30, "--new-only"))
    different = texts(call, "run", "-n", 9, "--unique")
    assert len(set(different)) == 9


def test_fewer_samples_than_asked_for_are_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("a\n")
    small = ("--set", "block_size=1", "--data", "words.txt", "--out", "run")
    assert call("train", "--step", 0, "--steps", 1, *small).status == 0
    done = call("sample", "run", "--unique")
    assert done.status == 0
    assert done.error == ("2 of 20: a thousand draws brought no other",)


def test_samples_are_marked_against_the_data(call: Call, trained: Path) -> None:
    known = set(data.load("names").documents)
    lines = call("sample", trained, "-n", 300, "--temperature", 1, "--json").json
    assert [line["known"] for line in lines] == [one["text"] in known for one in lines]
    found = sorted({line["text"] for line in lines if line["known"]})
    plain = call("sample", trained, "-n", 300, "--temperature", 1).lines[-1]
    new = sum(not line["known"] for line in lines)
    assert plain == f"new: {new} of 300" + (
        f"; known: {', '.join(found)}" * bool(found)
    )


def test_a_run_whose_data_is_gone_samples_without_marks(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("emma\nava\n")
    made = ("--step", 0, "--steps", 2, "--data", "words.txt", "--out", "run")
    assert call("train", *made).status == 0
    (tmp_path / "words.txt").unlink()
    done = call("sample", "run", "-n", 2)
    assert done.status == 0 and len(done.lines) == 2
    assert done.error[0].startswith("missing data: ")
    done = call("sample", "run", "-n", 2, "--new-only")
    assert done.status == 1 and len(done.error) == 2


@pytest.mark.parametrize("command", ["sample", "eval", "export"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_taken(
    command: str, call: Call, trained: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    (run / "checkpoints/step-000000006/state.json").unlink()
    more = ("--to", "json", "model.json") if command == "export" else ()
    done = call(command, run, *more)
    assert done.status == 0
    assert len(done.error) == 1 and "state.json is missing" in done.error[0]
    assert done.error[0].endswith("step 6 is left out")


def test_together_writes_other_samples_the_same_for_the_same_seed(
    call: Call, trained: Path
) -> None:
    first = texts(call, trained, "--together", "-n", 300)
    assert len(first) == 300
    assert texts(call, trained, "--together", "-n", 7) == first[:7]
    assert texts(call, trained, "--together", "-n", 7, "--seed", 1) != first[:7]
    assert first != texts(call, trained, "-n", 300)
    begun = texts(call, trained, "--together", "--prompt", "mar")
    assert all(text.startswith("mar") for text in begun)
    once = texts(call, trained, "--together", "--unique", "-n", 40)
    assert len(set(once)) == 40
