"""The loop: what it tells, what it writes, and that nothing else sways it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import small

from glassgpt.checkpoints import load
from glassgpt.checkpoints.run_folder import RunFolder
from glassgpt.config import preset
from glassgpt.errors import CheckpointError, DivergedError
from glassgpt.evaluation import Evaluation
from glassgpt.training.advice import next_to_try
from glassgpt.training.events import Evaluated, Noted, Saved, Started, Stepped
from glassgpt.training.interrupts import stop_requests
from glassgpt.training.loop import train, train_steps
from glassgpt.training.recorder import save
from glassgpt.training.result import Result
from glassgpt.training.session import Session

STEPS = range(6)
LAST = "checkpoints/step-000000006"
PARTS = ("manifest.json", "model.safetensors", "optimizer.safetensors", "state.json")


def test_events_come_in_the_order_of_what_happens(tmp_path: Path) -> None:
    heard = small.Heard()
    session = small.session(num_steps=4, checkpoint_every=2, eval_every=2)
    small.train_in(tmp_path / "run", session, heard)
    assert heard.names() == [
        *("Started 0", "Stepped 1", "Stepped 2", "Evaluated 2", "Saved 2"),
        *("Stepped 3", "Stepped 4", "Saved 4", "Evaluated 4"),
    ]


def test_training_takes_no_time_while_somebody_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = {"now": 0.0}
    monkeypatch.setattr("time.perf_counter", lambda: clock["now"])

    def slow(event: object) -> None:
        clock["now"] += 1.0

    session = small.session(num_steps=4)
    batches = session.batches

    def prepared(first_step: int, count: int) -> list[list[list[int]]]:
        clock["now"] += 0.25 * count
        return batches(first_step, count)

    monkeypatch.setattr(session, "batches", prepared)
    assert train(session, slow).train_seconds == 4 * 0.25
    assert clock["now"] > 5


def test_the_start_tells_the_record_the_engine_and_a_time() -> None:
    heard = small.Heard()
    session = small.session()
    train(session, heard)
    (started,) = heard.of(Started)
    assert (started.record, started.engine) == (session.record, "reference")
    assert started.record.model.vocab_size == len(session.corpus.characters) + 1
    assert started.seconds > 0


def test_the_events_hold_the_losses_of_the_result() -> None:
    heard = small.Heard()
    result = train(small.session(eval_every=3), heard)
    assert [event.loss for event in heard.of(Stepped)] == result.losses
    assert heard.of(Evaluated)[-1].evaluation == result.evaluation
    assert [event.step for event in heard.of(Evaluated)] == [3, 6]


@pytest.mark.parametrize("step", STEPS)
def test_losses_do_not_depend_on_saving_and_measuring(
    step: int, tmp_path: Path
) -> None:
    plain = train(small.session(step))
    for every in (0, 1, 4):
        session = small.session(step, checkpoint_every=every, eval_every=every)
        result = small.train_in(tmp_path / str(every), session)
        assert (result.losses, result.samples) == (plain.losses, plain.samples)
        assert result.evaluation == plain.evaluation


def test_training_lowers_the_loss_on_one_document() -> None:
    losses = train(small.session(5, documents=["anna"] * 3, num_steps=30)).losses
    assert losses[-1] < 0.5 * losses[0]


def test_the_run_folder_holds_what_the_design_says(tmp_path: Path) -> None:
    session = small.session(checkpoint_every=2)
    small.train_in(tmp_path, session)
    found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    kept = ("checkpoints/step-000000004", LAST)
    expected = {f"{folder}/{part}" for folder in kept for part in PARTS}
    assert found - {".lock"} == {"run.json", "log.jsonl", *expected}
    assert load(tmp_path / LAST).weights == session.engine.weights()


def test_the_record_is_written_before_the_work_begins(tmp_path: Path) -> None:
    session, seen = small.session(), []

    def listen(event: object) -> None:
        if isinstance(event, Started):
            seen.append({path.name for path in tmp_path.iterdir()} - {".lock"})

    small.train_in(tmp_path, session, listen)
    assert seen == [{"run.json"}]
    written = json.loads((tmp_path / "run.json").read_bytes())
    assert {key: written[key] for key in ("model", "train")} == session.record.to_json()
    assert written["data_sha256"] == session.corpus.sha256


def test_the_log_has_a_line_a_step_the_measurements_and_the_result(
    tmp_path: Path,
) -> None:
    heard = small.Heard()
    result = small.train_in(tmp_path, small.session(eval_every=4), heard)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    steps = [{"step": k, "loss": loss} for k, loss in enumerate(result.losses, start=1)]
    measured = {"step": 4, "heldout_loss": heard.of(Evaluated)[0].evaluation.loss}
    expected = [*steps[:4], measured, *steps[4:], result.log_entry()]
    assert [json.loads(line) for line in lines] == expected
    assert Result.from_log(expected) == result


def test_checkpoints_come_when_they_are_due_and_at_the_end(tmp_path: Path) -> None:
    heard = small.Heard()
    session = small.session(num_steps=7, checkpoint_every=3)
    small.train_in(tmp_path, session, heard)
    assert [event.step for event in heard.of(Saved)] == [3, 6, 7]


def test_the_log_that_leads_to_a_checkpoint_is_on_the_disk_with_it(
    tmp_path: Path,
) -> None:
    lines = []

    def listen(event: object) -> None:
        if isinstance(event, Saved):
            lines.append((tmp_path / "log.jsonl").read_bytes().count(b"\n"))

    small.train_in(tmp_path, small.session(checkpoint_every=2), listen)
    assert lines == [2, 4, 6]


def test_a_session_that_is_saved_in_two_folders_is_in_both(tmp_path: Path) -> None:
    session = small.session()
    train_steps(session)
    hashes, logs = [], []
    for name in ("a", "b"):
        folder = RunFolder.create(tmp_path / name, session.facts())
        with folder.lock():
            save(session, folder)
        hashes.append(small.checkpoint_hashes(folder.path))
        logs.append(RunFolder.open(folder.path).read_log())
    assert len(hashes[0]) == len(PARTS) and hashes[0] == hashes[1]
    assert [entry["loss"] for entry in logs[0]] == session.losses
    assert logs[0] == logs[1]


def test_few_documents_are_noted_and_give_no_heldout_loss() -> None:
    heard = small.Heard()
    result = train(small.session(documents=small.names(25)), heard)
    assert result.evaluation is None
    assert result.to_json()["heldout_loss"] is None
    note, missed = heard.of(Noted)
    started = "19 documents are left out of training, and a held-out loss takes 20: "
    assert note.text.startswith(started + "--holdout 0.")
    assert missed.text.startswith("no held-out loss: ")
    assert heard.names()[:3] == ["Noted", "Started 0", "Stepped 1"]


@pytest.mark.parametrize(
    ("count", "holdout"), [(150, 0.1), (150, 0.0), (30, 0.5), (25, 0.0)]
)
def test_the_share_that_is_advised_gives_a_heldout_loss(
    count: int, holdout: float
) -> None:
    texts = [f"{a}{b}" for a in "abcdefghijklmno" for b in "pqrstuvwxy"][:count]
    few = small.session(documents=texts, num_steps=count, holdout=holdout)
    assert few.evaluate() is None
    (note,) = few.notes()
    words = note.split("--holdout ")[1].split()
    share = float(words[0])
    enough = small.session(documents=texts, num_steps=count, holdout=share)
    assert enough.evaluate() and not enough.notes()
    less = small.session(documents=texts, num_steps=count, holdout=share - 0.01)
    assert less.evaluate() is None


def test_what_the_block_cuts_is_said_before_training_and_what_to_do_cuts_none() -> None:
    texts = [f"word number {a}{b}" for a in "abcdefghij" for b in "klmnop"]
    cut = small.session(3, documents=texts)
    line = "block_size 6 cuts 60 of 60 documents: --set block_size=15, or "
    assert cut.notes() == [f"{line}--set doc_mode=chunk"]
    for settings in ({"block_size": 15}, {"doc_mode": "chunk"}):
        assert not small.session(3, documents=texts, **settings).notes()
    for step in (0, 1, 2):  # they read documents whole
        assert not small.session(step, documents=texts).notes()
    (said,) = small.session(3, ["éé" * 9] * 9 + texts, tokenizer="bytes").notes()
    assert said.startswith("block_size 6 cuts 69 of 69 documents: --set block_size=37")


def test_a_step_takes_as_many_documents_as_the_batch_says() -> None:
    documents, seen = small.names(), []
    session = small.session(documents=documents, num_steps=3, batch_docs=2)
    real = session.engine.train_step

    def train_step(step: int, batch: list[list[int]]) -> float:
        seen.append([session.tokenizer.decode(tokens) for tokens in batch])
        return real(step, batch)

    session.engine.train_step = train_step  # type: ignore[method-assign]
    train(session)
    order = [session.loader.batch(step) for step in range(3)]
    assert seen == order
    assert sorted(text for batch in order for text in batch) == sorted(
        session.loader.trained()
    )


@pytest.mark.parametrize("rate", [1e6, 1e300])
@pytest.mark.parametrize("step", [1, 5])
def test_a_loss_that_is_no_number_stops_before_the_save(
    step: int, rate: float, tmp_path: Path
) -> None:
    sizes = {"learning_rate": rate, "schedule": "constant", "checkpoint_every": 1}
    heard = small.Heard()
    with pytest.raises(DivergedError) as caught:
        small.train_in(tmp_path, small.session(step, **sizes), heard)
    done = len(heard.of(Stepped))
    assert done == caught.value.step >= 1
    assert f"at step {done + 1}" in str(caught.value)
    assert f"learning_rate={rate / 3:.3g}" in caught.value.remedy
    assert load(tmp_path / f"checkpoints/step-{done:09d}").step == done
    log = RunFolder.open(tmp_path).read_log()
    assert log.pop() == {"step": done + 1, "diverged": True}
    assert [entry["loss"] for entry in log] == [e.loss for e in heard.of(Stepped)]


def test_a_run_that_diverged_says_so_again_when_it_goes_on(tmp_path: Path) -> None:
    sizes = {"learning_rate": 1e6, "schedule": "constant", "checkpoint_every": 1}
    with pytest.raises(DivergedError) as first:
        small.train_in(tmp_path, small.session(**sizes))
    with pytest.raises(DivergedError) as second:
        small.resume_in(tmp_path, small.session(**sizes))
    assert str(second.value) == str(first.value)


def test_a_divergence_after_the_last_measurement_is_no_crash() -> None:
    result = train(small.session(num_steps=1, learning_rate=1e6))
    assert result.evaluation is not None and result.evaluation.loss == float("inf")
    assert result.to_json()["heldout_loss"] is None


def test_a_checkpoint_of_another_record_is_refused(tmp_path: Path) -> None:
    small.train_in(tmp_path, small.session())
    for other in (small.session(seed=1), small.session(documents=small.names(59))):
        weights = other.engine.weights()
        with pytest.raises(CheckpointError, match="invalid checkpoint: step 6") as told:
            small.resume_in(tmp_path, other)
        assert told.value.remedy
        assert other.engine.weights() == weights


_TRAIN = """
import sys, glassgpt
glassgpt.train(sys.argv[1], step=5, steps=3, n_embd=4, n_head=2, block_size=6,
               checkpoint_every=1, eval_docs=20, keep_last=0, out=sys.argv[2])
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for hash_seed in ("1", "2"):
        home = tmp_path / hash_seed
        home.mkdir()
        data = home / f"words{hash_seed}.txt"
        data.write_text("\n".join(small.names()))
        subprocess.run(
            [sys.executable, "-c", _TRAIN, data, "run"],
            cwd=home,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
        )
        found.append(small.checkpoint_hashes(home / "run"))
    assert len(found[0]) == 3 * len(PARTS)
    assert found[0] == found[1]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_requests() as asked_to_stop:
            signal.raise_signal(signal.SIGINT)
            assert not asked_to_stop()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_triples_predict_better_a_line_names_what_to_try() -> None:
    worse = Evaluation(2.4, 500, 3000, {"trigram": 2.3})
    better = Evaluation(2.2, 500, 3000, {"trigram": 2.3})
    usual = preset("step5")
    line = "counting triples (trigram) still predicts better: "
    assert next_to_try(worse, usual, 1000, 1000) == (
        f"{line}try --set batch_docs=8 --set n_embd=32"
    )
    wide = usual.with_settings(n_embd=32)
    assert next_to_try(worse, wide, 1000, 1000) == f"{line}try --set batch_docs=8"
    assert next_to_try(worse, wide.with_settings(batch_docs=8), 1000, 1000) == ""
    assert next_to_try(worse, usual, 480, 480).startswith(
        f"{line}480 different documents "
    )
    assert next_to_try(worse, preset("step1"), 1000, 1000) == (
        f"{line}steps 3 to 5 look further back"
    )
    assert next_to_try(better, usual, 1000, 1000) == ""
    early = next_to_try(worse, usual.with_settings(num_steps=30), 30, 1000)
    assert early == f"{line}try more steps, it has seen 30 of 1,000 documents"


def test_what_is_advised_does_predict_better() -> None:
    corpus, losses = small.corpus(small.names(1000)), []
    plain = preset("step5").with_settings(holdout=0.2)
    for record in (plain, plain.with_settings(n_embd=32, batch_docs=8)):
        session = Session(record, corpus)
        train_steps(session)
        found = session.evaluate()
        assert found
        losses.append(found.loss)
        if record is plain:
            said = next_to_try(found, record, session.distinct_trained(), 1000)
            assert said.endswith("try --set batch_docs=8 --set n_embd=32")
    assert losses[1] < losses[0] - 0.1
