"""Comparing lessons: one data set, one order, one held-out set, each its own record."""

import json
import random
import shlex
from typing import Any

import pytest

import glassgpt
from glassgpt import data
from glassgpt.comparison.experiment import (
    NUM_SAMPLES,
    TEMPERATURE,
    Comparison,
    compare,
    heldout_loss,
    memory,
    records,
)
from glassgpt.comparison.notes import notes, summary, written
from glassgpt.data.documents import Corpus
from glassgpt.data.loader import CorpusLoader
from glassgpt.errors import DivergedError, UsageError
from glassgpt.training.events import Event, Noted, Started, Stepped

NUM_STEPS = 6
SIZES = {"n_embd": "4", "n_head": "2", "block_size": "6", "eval_docs": "20"}
NAMES = tuple(data.load("names").documents[:60])
ENGINE = "reference"


def reads(step: int, key: str) -> bool:
    return {"n_embd": step > 0, "n_head": step > 3}.get(key, True)


def compared(
    only: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
    documents: tuple[str, ...] = NAMES,
    listen: Any = lambda event: None,
    **settings: str,
) -> Comparison:
    """Lessons at tiny sizes on the reference engine."""
    corpus = data.load_corpus(documents)
    sizes = {k: v for k, v in SIZES.items() if any(reads(step, k) for step in only)}
    given = {**sizes, **settings}
    return compare(corpus, only, given, ENGINE, listen, seed=7, num_steps=NUM_STEPS)


@pytest.fixture(scope="module")
def every() -> Comparison:
    """All six; tests only read it."""
    return compared()


def test_each_lesson_has_the_losses_that_it_has_alone(every: Comparison) -> None:
    for outcome in every.outcomes:
        sizes = {k: int(v) for k, v in SIZES.items() if reads(outcome.step, k)}
        alone = glassgpt.train(
            NAMES, step=outcome.step, steps=NUM_STEPS, engine=ENGINE, seed=7, **sizes
        )
        assert outcome.losses == alone.losses
        assert alone.heldout_loss == heldout_loss(outcome)


def test_all_lessons_are_measured_on_the_same_documents(every: Comparison) -> None:
    heldout, trained = [], []
    for outcome in every.outcomes:
        train = outcome.record.train
        course = CorpusLoader(every.corpus, train, random.Random(train.seed))
        heldout.append(course.heldout())
        trained.append(course.trained())
    assert len(heldout[0]) == 20
    assert heldout == heldout[:1] * 6
    assert trained == trained[:1] * 6
    assert not set(heldout[0]) & set(trained[0])


def test_steps_1_and_2_are_one_group_and_the_others_stand_alone(
    every: Comparison,
) -> None:
    steps = [[outcome.step for outcome in group] for group in every.groups()]
    assert steps == [[0], [1, 2], [3], [4], [5]]
    assert any("Steps 1 and 2 give the same numbers" in note for note in notes(every))


def test_the_best_has_the_lowest_held_out_loss(every: Comparison) -> None:
    assert every.best is not None
    assert heldout_loss(every.best) == min(map(heldout_loss, every.outcomes))
    assert f"step {every.best.step}, {every.best.title}" in summary(every)


def test_all_write_at_one_temperature_from_the_same_seed(every: Comparison) -> None:
    alone = glassgpt.train(
        NAMES, step=0, steps=NUM_STEPS, engine=ENGINE, seed=7, block_size=6
    )
    expected = alone.sample(NUM_SAMPLES, temperature=TEMPERATURE, seed=7)
    assert [sample.text for sample in every.outcomes[0].samples] == expected
    assert expected != alone.sample(NUM_SAMPLES, temperature=1.0, seed=7)
    known = {s.text: s.known for o in every.outcomes for s in o.samples}
    assert known == {text: text in NAMES for text in known}


def test_only_some_are_trained_once_each_and_in_order() -> None:
    assert [o.step for o in compared((3, 0, 3)).outcomes] == [0, 3]


def test_a_setting_goes_to_the_lessons_that_read_it() -> None:
    given = {"n_embd": "8", "beta1": "0.5", "n_head": "2"}
    found = {r.model.step: r for r in records([0, 3, 4, 5], given)}
    assert [found[step].model.n_embd for step in (0, 3, 4, 5)] == [16, 8, 8, 8]
    assert [found[step].model.n_head for step in (3, 4, 5)] == [1, 2, 2]
    assert [found[step].train.beta1 for step in (4, 5)] == [0.85, 0.5]


def test_an_optimiser_that_is_set_decides_which_settings_are_read() -> None:
    counting, sgd = records([0, 4], {"beta1": "0.5", "optimizer": "adam"})
    assert (sgd.train.optimizer, sgd.train.beta1) == ("adam", 0.5)
    assert counting.train.optimizer == "sgd"


@pytest.mark.parametrize(
    ("steps", "settings", "named"),
    [
        ([0, 3], {"n_embbd": "8"}, "n_embbd"),
        ([0], {"n_embd": "8"}, "n_embd"),
        ([0, 4], {"beta1": "0.5"}, "beta1"),
        ([3], {"vocab_size": "5"}, "vocab_size"),
        ([4], {"n_head": "3"}, "n_head"),
        ([6], {}, "step: 6"),
        ([], {}, "steps"),
    ],
)
def test_what_no_lesson_can_read_is_refused_by_name(
    steps: list[int], settings: dict[str, str], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        records(steps, settings)


def test_a_lesson_that_diverges_is_kept_and_the_others_go_on() -> None:
    heard: list[Event] = []
    found = compared((0, 1), listen=heard.append, learning_rate="1e300")
    counting, descent = found.outcomes
    assert counting.evaluation and not counting.diverged
    assert descent.diverged and descent.evaluation is None and not descent.samples
    assert 1 <= len(descent.losses) < NUM_STEPS
    assert descent.smoothed is None
    told = [event.text for event in heard if isinstance(event, Noted)]
    assert any("step 1" in text and str(descent.diverged) in text for text in told)
    assert any(str(descent.diverged) in note for note in notes(found))
    assert found.best is counting


def test_when_every_lesson_diverges_there_is_nothing_to_compare() -> None:
    with pytest.raises(DivergedError):
        compared((1, 3), learning_rate="1e300")


def test_a_note_that_all_give_is_heard_once_and_steps_are_heard_of_each() -> None:
    heard: list[Event] = []
    found = compared((0, 1), documents=NAMES[:10], listen=heard.append)
    kinds = [type(event) for event in heard]
    assert kinds.count(Noted) == 1
    assert kinds.count(Started) == 2
    assert kinds.count(Stepped) == 2 * NUM_STEPS
    assert found.best is None and found.evaluation is None
    assert "Too few documents" in summary(found)


def test_documents_longer_than_the_block_are_told_of(every: Comparison) -> None:
    long = tuple(f"{name}{name}" for name in NAMES)
    assert any("longer than the block" in n for n in notes(compared((0, 3), long)))
    short = tuple(name[:4] for name in data.load("names").documents[:300])
    told = notes(compared((0, 3), short))
    assert not any("longer than the block" in note for note in told)


def test_the_command_gives_the_same_records(every: Comparison) -> None:
    words = shlex.split(every.command())
    assert words[:2] == ["glassgpt", "compare"]
    flags = dict(zip(words[2::2], words[3::2], strict=True))
    assert flags["--seed"] == "7" and flags["--steps"] == "6"
    assert "--only" not in flags
    assert {word for word in words if "=" in word} == {
        f"{key}={value}" for key, value in SIZES.items()
    }


def test_the_command_quotes_a_path_and_names_the_steps() -> None:
    corpus = Corpus("my words.txt", NAMES, 0, "0" * 64)
    found = compare(corpus, (0,), SIZES_OF_0, ENGINE, num_steps=2)
    assert "--data 'my words.txt'" in found.command()
    assert "--only 0" in found.command()


SIZES_OF_0 = {"block_size": "6", "eval_docs": "20"}


def test_a_comparison_is_json_with_every_loss(every: Comparison) -> None:
    plain = json.loads(json.dumps(every.to_json(), allow_nan=False))
    assert [step["losses"] for step in plain["steps"]] == [
        outcome.losses for outcome in every.outcomes
    ]
    assert plain["data_sha256"] == every.corpus.sha256
    assert list(plain["baselines"]) == [
        "uniform", "letter", "bigram", "trigram", "place",
    ]  # fmt: skip


def test_the_average_reaches_over_a_twentieth_of_a_long_run() -> None:
    assert memory(1000) == pytest.approx(1 - 1 / 50)
    assert memory(20_000) == pytest.approx(1 - 1 / 1000)
    assert memory(1) == memory(200) == pytest.approx(0.9)


def test_a_loss_that_is_missing_is_a_dash() -> None:
    assert (written(None), written(2.5)) == ("-", "2.5000")
