"""check, show, data, runs and export: what each prints and leaves."""

import functools
import json
import os
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
import safetensors
from support.commands import ENGINE, Call

import glassgpt
from glassgpt import lessons
from glassgpt.cli import check as check_module
from glassgpt.data.documents import read
from glassgpt.gradcheck import TOLERANCE, check_step


def test_check_prints_the_largest_difference_of_each_matrix(call: Call) -> None:
    done = call("check", "--step", 1, "--engine", "reference")
    assert (done.status, done.err) == (0, "")
    first, *rows = done.lines
    assert first == "step 1: on " + ", ".join(check_step(0, read("names")).documents)
    assert [row.split()[0] for row in rows] == ["wte", "mlp_fc1", "mlp_fc2"]
    assert all(re.search(r"  reference \d\.\de-\d\d$", row) for row in rows)
    assert sum(int(row.split()[1]) for row in rows) == 200


def test_check_json_holds_the_differences(call: Call) -> None:
    done = call("check", "--step", 1, "--engine", "reference", "--json")
    (found,) = done.json
    assert found["passed"] and found["tolerance"] == TOLERANCE
    assert len(found["documents"]) == 3
    for matrix in found["matrices"]:
        assert 0 < matrix["largest"]["reference"] < 1e-8


def test_check_of_step_0_says_that_it_counts(call: Call) -> None:
    assert call("check", "--step", 0).lines == ["step 0: no gradients, it counts"]


@pytest.mark.parametrize(
    ("step", "right", "wrong", "failed"),
    [
        (1, "dlogit * h[j]", "1.01 * dlogit * h[j]", ["mlp_fc2"]),
        pytest.param(
            *(2, "float(self.data > 0)", "0.99 * (self.data > 0)", ["wte", "mlp_fc1"]),
            marks=pytest.mark.full,
        ),
    ],
)
def test_check_fails_on_a_broken_lesson_and_names_the_matrix(
    step: int,
    right: str,
    wrong: str,
    failed: list[str],
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A copy of the lessons with one local gradient changed."""
    folder = Path(shutil.copytree(lessons.FOLDER, tmp_path / "lessons"))
    program = folder / lessons.FILES[step]
    source = program.read_text()
    assert source.count(right) == 1
    program.write_text(source.replace(right, wrong))
    broken = functools.partial(check_step, lessons=folder)
    monkeypatch.setattr(check_module, "check_step", broken)
    done = call("check", "--step", step)
    names = ", ".join(f"step {step} {name}" for name in failed)
    assert done.status == 1 and len(done.error) == 2
    assert done.error[0] == f"invalid gradient: {names}"
    assert [row.split()[0] for row in done.lines if "FAILED" in row] == failed


@pytest.mark.parametrize("step", range(6))
def test_show_prints_the_program_itself(step: int, call: Call) -> None:
    assert call("show", step).out == lessons.lesson(step).source


def test_show_diff_gives_the_reasons_and_then_the_lines(call: Call) -> None:
    done = call("show", 4, "--diff", 3)
    assert done.status == 0
    assert done.lines[0] == lessons.changes()[4]["summary"]
    assert "--- step3_attention.py" in done.lines
    after = done.lines[done.lines.index("+++ step4_transformer.py") + 1 :]
    assert after[0].startswith("@@ ")
    added = [line[1:] for line in after if line.startswith("+")]
    assert added and set(added) <= set(lessons.lesson(4).source.splitlines())


def test_show_diff_of_a_step_with_itself_is_empty(call: Call) -> None:
    assert call("show", 2, "--diff", 2).out.strip() == ""


def test_show_diff_between_distant_steps_has_lines_and_no_reasons(call: Call) -> None:
    assert call("show", 5, "--diff", 0).lines[0] == "--- step0_counting.py"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLASSGPT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_data_list_says_what_there_is_and_where_from(call: Call, cache: Path) -> None:
    done = call("data", "list")
    assert done.status == 0
    assert "names             32,257 documents  built in" in done.lines
    assert "karpathy-names    32,033 documents  not fetched" in done.lines
    named = {
        line["name"]: line["state"] for line in call("data", "list", "--json").json
    }
    assert named == {"names": "built in", "karpathy-names": "not fetched"}


def test_a_text_of_many_characters_is_described_and_trained_on_as_bytes(
    call: Call,
) -> None:
    big = "\n".join(chr(0x4E00 + n) + chr(0x4E01 + n) for n in range(0, 6000, 2))
    Path("big.txt").write_text(big, encoding="utf-8")
    train = ("train", "--data", "big.txt", "--steps", 2, "--out", "run")
    assert call(*train).error == (
        "invalid data: big.txt; a vocabulary of 6,000 characters",
        "Add --set tokenizer=bytes, or use at most 4,096 different ones.",
    )
    assert call(*train, "--set", "tokenizer=bytes").status == 0
    described = call("data", "inspect", "big.txt")
    assert described.status == 0
    assert "vocabulary: 6000 characters, and BOS" in described.out


def test_data_fetch_from_a_file_keeps_it_for_later(
    call: Call, cache: Path, karpathy_names: Path
) -> None:
    done = call("data", "fetch", "karpathy-names", "--from", karpathy_names)
    assert done.status == 0
    kept = cache / "karpathy-names.txt"
    assert done.lines[0] == f"karpathy-names: {kept}"
    assert kept.read_bytes() == karpathy_names.read_bytes()
    assert "fetched" in call("data", "list").lines[2]
    (found,) = call("data", "inspect", "karpathy-names", "--json").json
    assert found["documents"] == 32_033


def test_data_fetch_of_the_built_in_names_needs_no_network(call: Call) -> None:
    assert call("data", "fetch", "names").lines[0].startswith("names: ")


def test_data_inspect_tells_what_the_names_hold(call: Call) -> None:
    done = call("data", "inspect", "names")
    assert done.status == 0 and done.lines[0] == "32,257 documents in names"
    (found,) = call("data", "inspect", "names", "--json", "--block-size", 5).json
    assert found["documents"] == 32_257 and len(found["vocabulary"]) == 26
    assert found["cut"]["block_size"] == 5 and found["cut"]["documents"] > 20_000


def test_runs_lists_how_far_and_how_good(call: Call, trained: Path) -> None:
    shutil.copytree(trained, "runs/step5-10")
    shutil.copytree(trained, "runs/step5-9")
    shutil.copytree(trained, "runs/unfinished")
    shutil.rmtree("runs/unfinished/checkpoints/step-000000006")
    log = Path("runs/unfinished/log.jsonl")
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))
    Path("runs/other").mkdir()
    done = call("runs")
    assert done.status == 0
    names = [line.split()[0] for line in done.lines]
    expected = ["other", "step5-9", "step5-10", "unfinished"]
    assert names == [f"runs/{name}" for name in expected]
    date = datetime.fromtimestamp(Path("runs/step5-9/log.jsonl").stat().st_mtime)
    facts = re.split("  +", done.lines[1])
    assert facts[0] == "runs/step5-9" and facts[1] == "step 6 / 6"
    assert re.fullmatch(r"held-out \d\.\d{4}", facts[2])
    assert facts[3:] == [
        *("names", "432 weights", f"{ENGINE} engine", f"{date:%Y-%m-%d %H:%M}")
    ]
    assert "step 3 / 6" in done.lines[3]
    assert done.lines[3].endswith("glassgpt train --resume --out runs/unfinished")
    told = call("runs", "--json").json
    assert [one["finished"] for one in told] == [False, True, True, False]
    assert told[0]["problem"] and told[1]["data"] == "names"
    assert told[1]["num_params"] == 432 and told[1]["last_loss"] > 0


@pytest.mark.parametrize("name", ["log.jsonl", "run.json"])
def test_a_run_with_a_pipe_in_it_holds_up_no_list(
    name: str, call: Call, trained: Path
) -> None:
    for run in ("runs/a", "runs/b"):
        shutil.copytree(trained, run)
    Path("runs/a", name).unlink()
    os.mkfifo(Path("runs/a", name))
    broken, whole = call("runs").lines
    assert f"{name} cannot be read, it is not a regular file" in broken
    assert "step 6 / 6" in whole


def test_runs_without_any_says_how_to_make_one(call: Call) -> None:
    assert call("runs").lines == ["no run in runs. Train one with: glassgpt train"]


def test_export_as_safetensors_is_read_by_its_own_package(
    call: Call, trained: Path
) -> None:
    done = call("export", trained, "--to", "safetensors", "model.safetensors")
    size = Path("model.safetensors").stat().st_size
    assert (done.status, done.out) == (0, f"model.safetensors: {size:,} bytes\n")
    stored = dict(safetensors.deserialize(Path("model.safetensors").read_bytes()))
    weights = glassgpt.load(trained).engine.weights()
    assert set(stored) == set(weights)
    for name, tensor in weights.items():
        assert stored[name]["dtype"] == "F64"
        assert tuple(stored[name]["shape"]) == tensor.shape
        assert bytes(stored[name]["data"]) == tensor.values.tobytes()


def test_export_as_json_holds_record_vocabulary_and_weights(
    call: Call, trained: Path
) -> None:
    assert call("export", trained, "--to", "json", "model.json").status == 0
    found = json.loads(Path("model.json").read_text())
    run = glassgpt.load(trained)
    assert found["model"]["n_embd"] == 4 and found["train"]["num_steps"] == 6
    assert found["tokenizer"]["characters"] == "abcdefghijklmnopqrstuvwxyz"
    rows = found["weights"]["wte"]
    assert (len(rows), len(rows[0])) == (27, 4)
    flat = [x for row in rows for x in row]
    assert flat == run.engine.weights()["wte"].values.tolist()


@pytest.mark.parametrize("form", ["safetensors", "json"])
def test_export_replaces_a_file_only_with_force(
    form: str, call: Call, trained: Path
) -> None:
    Path("model").write_text("mine")
    done = call("export", trained, "--to", form, "model")
    assert done.status == 2 and Path("model").read_text() == "mine"
    assert done.error == (
        "invalid FILE: model; it is there already",
        "--force replaces it.",
    )
    assert call("export", trained, "--to", form, "model", "--force").status == 0
    assert Path("model").stat().st_size > 1000
