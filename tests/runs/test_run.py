"""The Python face: train, sample, keep, load."""

import shutil
import signal
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import small
from support.small import TINY, same

import glassgpt
from glassgpt import CheckpointError, DataError, GlassGPTError, Run, UsageError
from glassgpt.errors import Interrupted
from glassgpt.training.events import Noted, Stepped


def test_a_run_has_its_losses_samples_and_record(run: Run) -> None:
    assert len(run.losses) == 6 and len(run.samples) == 20
    assert run.config.train.num_steps == 6
    assert run.config.model.n_embd == 4
    assert run.config.model.vocab_size == len(set("".join(small.names()))) + 1
    assert run.heldout_loss == pytest.approx(run.losses[-1], abs=0.5)
    assert run.corpus.documents == tuple(small.names())


def test_strings_a_path_and_any_iterable_train_the_same(run: Run, data: Path) -> None:
    assert same(glassgpt.train(data, **TINY), run)
    assert same(glassgpt.train(str(data), **TINY), run)
    assert same(glassgpt.train(iter(small.names()), **TINY), run)


def test_the_default_is_the_built_in_names() -> None:
    run = glassgpt.train(step=0, steps=2)
    assert run.corpus.name == "names" and len(run.corpus.documents) == 32_257
    assert run.config.model.vocab_size == 27


def test_events_reach_the_listener() -> None:
    heard = small.Heard()
    glassgpt.train(small.names(), step=0, steps=2, on_event=heard)
    assert heard.names() == ["Started 0", "Stepped 1", "Stepped 2", "Evaluated 2"]


@pytest.mark.parametrize("step", range(6))
def test_a_saved_run_comes_back_the_same(step: int, tmp_path: Path, data: Path) -> None:
    run = glassgpt.train(data, step=step, steps=4, **small.SIZES[step])
    assert run.save(tmp_path / "kept") == tmp_path / "kept"
    again = glassgpt.load(tmp_path / "kept")
    assert same(again, run)
    assert again.sample(5, seed=9) == run.sample(5, seed=9)
    assert again.evaluate() == run.evaluate()
    assert again.engine.buffers() == run.engine.buffers()


def test_saving_what_was_loaded_gives_the_same_files(tmp_path: Path, run: Run) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    run.save(first)
    glassgpt.load(str(first)).save(second)
    files = [p.relative_to(first) for p in first.rglob("*") if p.is_file()]
    assert len(files) >= 6
    for file in files:
        assert (second / file).read_bytes() == (first / file).read_bytes()


def test_out_keeps_the_run_as_save_does(tmp_path: Path, data: Path) -> None:
    run = glassgpt.train(data, out=tmp_path / "out", **TINY)
    run.save(tmp_path / "saved")
    assert same(glassgpt.load(tmp_path / "out"), run)
    out, saved = tmp_path / "out", tmp_path / "saved"
    assert small.checkpoint_hashes(out) == small.checkpoint_hashes(saved)
    assert (out / "log.jsonl").read_bytes() == (saved / "log.jsonl").read_bytes()


def stopping_at(at: int) -> Any:
    """A listener that sends this process Ctrl-C once a step is done."""

    def listen(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == at:
            signal.raise_signal(signal.SIGINT)

    return listen


@pytest.mark.parametrize("again", [{}, {**TINY, "step": 5}])
def test_a_stopped_run_is_gone_on_with_and_ends_as_an_undisturbed_one(
    tmp_path: Path, run: Run, again: dict[str, Any]
) -> None:
    with pytest.raises(Interrupted):
        stop = {"on_event": stopping_at(3), "engine": "reference"}
        glassgpt.train(small.names(), out=tmp_path / "run", **stop, **TINY)
    heard = small.Heard()
    kept = {"out": tmp_path / "run", "resume": True}
    ended = glassgpt.train(small.names(), **kept, on_event=heard, **again)
    assert heard.names()[:2] == ["Started 3", "Stepped 4"]
    whole = glassgpt.train(small.names(), engine="reference", **TINY)
    assert same(ended, whole) and ended.corpus.documents == tuple(small.names())
    whole.save(tmp_path / "whole")
    last = "step-000000006/model.safetensors"
    hashes = [
        small.checkpoint_hashes(tmp_path / name)[last] for name in ("run", "whole")
    ]
    assert hashes[0] == hashes[1]


def test_a_finished_run_is_given_back_and_left_as_it_was(
    tmp_path: Path, data: Path
) -> None:
    run = glassgpt.train(data, out=tmp_path / "run", **TINY)
    before = small.checkpoint_hashes(tmp_path / "run")
    heard = small.Heard()
    for documents in (None, data, str(data)):
        again = glassgpt.train(
            documents, out=tmp_path / "run", resume=True, on_event=heard
        )
        assert same(again, run) and again.engine.weights() == run.engine.weights()
    assert not heard and small.checkpoint_hashes(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"steps": 7}, "invalid num_steps: 7; the run has 6"),
        ({"step": 4}, "invalid step: step4; the run is of step5"),
        ({"documents": "names"}, "invalid --data: names; the run has documents from"),
        ({"documents": ["anna"]}, "invalid --data: documents from Python; the run has"),
        ({"out": None}, "missing out"),
    ],
)
def test_to_go_on_with_another_run_is_refused(
    given: dict[str, Any], line: str, tmp_path: Path, run: Run
) -> None:
    run.save(tmp_path / "run")
    documents = {"documents": small.names(), "out": tmp_path / "run", **given}
    with pytest.raises(UsageError) as caught:
        glassgpt.train(**documents, resume=True)
    assert str(caught.value).startswith(line) and caught.value.remedy


def test_a_folder_without_a_run_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"missing run\.json"):
        glassgpt.train(out=tmp_path, resume=True)


def test_a_folder_that_is_taken_is_refused_before_training(
    tmp_path: Path, run: Run
) -> None:
    run.save(tmp_path / "kept")
    before = small.checkpoint_hashes(tmp_path / "kept")
    heard = small.Heard()
    with pytest.raises(UsageError, match="already holds a run"):
        glassgpt.train(small.names(), out=tmp_path / "kept", on_event=heard, **TINY)
    with pytest.raises(UsageError, match="already holds a run"):
        run.save(tmp_path / "kept")
    assert not heard
    assert small.checkpoint_hashes(tmp_path / "kept") == before


def test_a_copied_folder_loads(tmp_path: Path, run: Run) -> None:
    shutil.copytree(run.save(tmp_path / "kept"), tmp_path / "copy")
    assert same(glassgpt.load(tmp_path / "copy"), run)


def test_a_damaged_newest_checkpoint_gives_the_one_before(tmp_path: Path) -> None:
    documents, heard = small.names(), small.Heard()
    run = glassgpt.train(documents, out=tmp_path, checkpoint_every=2, **TINY)
    file = tmp_path / "checkpoints/step-000000006/state.json"
    file.write_bytes(file.read_bytes()[:-2])
    again = glassgpt.load(tmp_path, heard)
    assert "step 6 is left out" in heard.of(Noted)[0].text
    assert again.losses == run.losses[:4]
    assert (again.samples, again.heldout_loss, again.result) == ([], None, None)


def test_a_folder_without_a_checkpoint_is_told(tmp_path: Path, run: Run) -> None:
    run.save(tmp_path / "kept")
    shutil.rmtree(tmp_path / "kept" / "checkpoints")
    with pytest.raises(CheckpointError, match=r"^missing checkpoint in ") as caught:
        glassgpt.load(tmp_path / "kept")
    assert "--resume" in caught.value.remedy
    with pytest.raises(GlassGPTError, match="unknown run"):
        glassgpt.load(tmp_path / "nowhere")


def test_the_same_seed_writes_the_same_and_another_does_not(run: Run) -> None:
    assert run.sample(8) == run.sample(8) == run.sample(8, seed=42)
    assert run.sample(8, seed=1) == run.sample(8, seed=1) != run.sample(8)
    assert run.sample(8)[:3] == run.sample(3)


def test_the_temperature_is_the_lessons_unless_it_is_given(run: Run) -> None:
    assert run.sample(8) == run.sample(8, temperature=0.5)
    assert run.sample(8) != run.sample(8, temperature=2.0)
    assert len(set(run.sample(8, temperature=0))) == 1


def test_a_prompt_begins_every_sample_and_its_inner_and_last_spaces_count(
    run: Run,
) -> None:
    found = run.sample(5, prompt=" em")
    assert all(text.startswith("em") for text in found) and len(found) == 5
    assert found == run.sample(5, prompt="em")
    composed = glassgpt.train(["é", "e", "é"], step=0, steps=2)
    assert composed.sample(1, prompt="e\u0301")[0].startswith("é")
    spaced = glassgpt.train(["her", "he is"] * 40, steps=30)
    for prompt in ("he ", "he i"):
        texts = spaced.sample(8, prompt=prompt, temperature=1)
        assert all(text.startswith(prompt) for text in texts)


def test_numbers_of_numpy_are_taken_as_pythons(tmp_path: Path, run: Run) -> None:
    sizes = {name: np.int64(value) for name, value in TINY.items()}
    rate = {"learning_rate": np.float32(0.5), "seed": np.uint8(3), "step": np.int8(5)}
    found = glassgpt.train(small.names(), out=tmp_path / "run", **sizes, **rate)
    assert same(glassgpt.load(tmp_path / "run"), found)
    plain = glassgpt.train(small.names(), learning_rate=0.5, seed=3, **TINY)
    assert same(found, plain)
    chosen = {
        "temperature": np.float32(0.75),
        "top_k": np.int32(3),
        "seed": np.int64(7),
    }
    wanted = run.sample(3, temperature=0.75, top_k=3, seed=7)
    assert run.sample(np.int64(3), **chosen, top_p=np.float64(1)) == wanted
    assert run.evaluate(np.int64(25)) == run.evaluate(25)
    with pytest.raises(UsageError, match="it must be a whole number"):
        glassgpt.train(small.names(), steps=np.float64(2.5))


def test_samples_may_be_only_new_and_all_different() -> None:
    run = glassgpt.train(["a", "ab", "abba"] * 9, step=0, steps=27)
    found = run.sample(9, new_only=True, unique=True, temperature=2.0)
    assert len(found) == len(set(found)) == 9
    assert not {"a", "ab", "abba"} & set(found)
    known = frozenset(["a"])
    assert {s.known for s in run.write(50, known=known)} == {True, False}


@pytest.mark.parametrize(
    ("choices", "line"),
    [
        ({"n": -1}, "invalid n: -1; it is below 0"),
        ({"temperature": 3}, "invalid temperature: 3; "),
        ({"top_p": 0}, "invalid top_p: 0; "),
        ({"prompt": "E"}, "unknown character: 'E'"),
        ({"prompt": "emmaem"}, "invalid prompt: emmaem; "),
    ],
)
def test_choices_that_cannot_be_are_refused(
    run: Run, choices: dict[str, Any], line: str
) -> None:
    with pytest.raises(UsageError) as caught:
        run.sample(**choices)
    assert str(caught.value).startswith(line) and caught.value.remedy


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"step": 7}, "unknown preset: step7"),
        ({"engine": "referense"}, "unknown engine: referense"),
        ({"n_emdb": 8}, "unknown key: n_emdb"),
        ({"n_embd": 16, "n_head": 3}, "invalid n_head: 3; n_embd 16 is not a multiple"),
        ({"steps": 0}, "invalid num_steps: 0; "),
        ({"learning_rate": float("nan")}, "invalid learning_rate: nan; "),
        ({"learning_rate": "fast"}, "invalid learning_rate: fast; "),
        ({"seed": -1}, "invalid seed: -1; "),
        ({"vocab_size": 9}, "invalid key: vocab_size; "),
        ({"step": 0, "n_embd": 8}, "invalid n_embd: 8; step 0 has no use for it"),
        ({"beta1": 0.9, "optimizer": "sgd"}, "invalid beta1: 0.9; sgd has no use"),
        ({"holdout": 0.95}, "invalid holdout: 0.95; "),
        ({"steps": 5, "warmup_steps": 5}, "invalid warmup_steps: 5; "),
        ({"dtype": "float32", "engine": "reference"}, "invalid dtype: float32; "),
    ],
)
def test_settings_that_cannot_be_are_refused_and_write_nothing(
    settings: dict[str, Any], line: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        glassgpt.train(small.names(), out=tmp_path / "out", **settings)
    assert str(caught.value).startswith(line) and caught.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("documents", [[], ["", " \t"], "no-such-file.txt", "."])
def test_documents_that_cannot_be_are_refused(documents: Any) -> None:
    with pytest.raises(DataError) as caught:
        glassgpt.train(documents, step=0, steps=1)
    assert caught.value.remedy


def test_a_run_says_what_it_is(run: Run) -> None:
    last = f"{run.losses[-1]:.4f}"
    assert repr(run) == f"<Run of step 5: 6 steps, last loss {last}>"


def test_a_run_draws_itself_in_a_notebook(run: Run) -> None:
    picture = ET.fromstring(run._repr_html_())
    assert picture.tag.endswith("svg")
    assert "6 steps" in picture.attrib["aria-label"]
