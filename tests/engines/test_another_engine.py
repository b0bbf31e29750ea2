"""A fourth engine is eight methods and a row in the table of candidates."""

import random
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support import small

import glassgpt
from glassgpt import engines, gradcheck
from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, SamplingConfig
from glassgpt.engines.base import Batch, Engine, Tokens
from glassgpt.engines.decoding import Decoder
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import Interrupted
from glassgpt.training.events import Event, Stepped
from glassgpt.training.session import Session


class Borrowed(Engine):
    """An engine that computes nothing itself: it asks the reference."""

    name = "borrowed"

    def __init__(self, record: Record, rng: random.Random) -> None:
        super().__init__(record, rng)
        self._lesson = ReferenceEngine(record, rng)

    @classmethod
    def check(cls, record: Record) -> None:
        ReferenceEngine.check(record)

    def weights(self) -> dict[str, Tensor]:
        return self._lesson.weights()

    def buffers(self) -> dict[str, Tensor]:
        return self._lesson.buffers()

    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        self._lesson.restore(weights, buffers)

    def token_losses(self, tokens: Tokens) -> list[float]:
        return self._lesson.token_losses(tokens)

    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        return self._lesson.gradients(tokens)

    def train_step(self, step: int, batch: Batch) -> float:
        return self._lesson.train_step(step, batch)

    def decoder(self) -> Decoder:
        return self._lesson.decoder()


@pytest.fixture(autouse=True)
def fourth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that makes it one of the engines."""
    row = engines.Candidate(lambda: Borrowed)
    monkeypatch.setitem(engines.CANDIDATES, "borrowed", row)


def session(name: str, step: int = 5, **settings: Any) -> Session:
    chosen = {"holdout": 0.6, "eval_every": 2, "checkpoint_every": 2, **settings}
    return Session(small.record(step, **chosen), small.corpus(), name)


def test_eight_methods_are_all_that_it_writes() -> None:
    assert len(Engine.__abstractmethods__) == 8
    own = {name for name in vars(Borrowed) if not name.startswith("_")} - {"name"}
    assert own == Engine.__abstractmethods__


@pytest.mark.parametrize("step", [0, 2, 5])
def test_it_trains_measures_and_saves_as_the_engine_behind_it(
    step: int, tmp_path: Path
) -> None:
    ours, theirs = session("borrowed", step), session("reference", step)
    mine = small.train_in(tmp_path / "ours", ours)
    expected = small.train_in(tmp_path / "theirs", theirs)
    assert mine.losses == expected.losses
    assert mine.samples == expected.samples
    assert mine.evaluation == expected.evaluation is not None
    hashes = [small.checkpoint_hashes(tmp_path / name) for name in ("ours", "theirs")]
    assert hashes[0] == hashes[1] != {}


def test_it_goes_on_from_where_it_was_stopped(tmp_path: Path) -> None:
    whole = small.train_in(tmp_path / "whole", session("borrowed"))

    def stop(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match="stopped at step 3 of 6, and saved"):
        small.train_in(tmp_path / "part", session("borrowed"), stop)
    resumed = small.resume_in(tmp_path / "part", session("borrowed"))
    assert (resumed.losses, resumed.samples) == (whole.losses, whole.samples)


def test_it_is_named_as_any_other_and_writes_names() -> None:
    run, other = (
        glassgpt.train(
            small.names(), step=1, engine=name, **small.SIZES[1], num_steps=3
        )
        for name in ("borrowed", "reference")
    )
    assert run.engine.name == "borrowed"
    assert run.sample(5) == other.sample(5)
    hot = {"temperature": 0.9, "top_k": 3, "together": True}
    assert run.sample(5, **hot) == other.sample(5, **hot)


def test_what_it_does_not_write_follows_from_what_it_does() -> None:
    begun = session("borrowed")
    ours, theirs, bos = begun.engine, session("reference").engine, begun.tokenizer.bos
    tokens, other = [bos, 0, 1, 2, bos], [bos, 3, bos]
    assert ours.loss(tokens) == approx(theirs.loss(tokens), rel=1e-12)
    assert ours.sum_of_losses([tokens, other]) == theirs.sum_of_losses([tokens, other])
    assert ours.perturbed_loss(tokens, "wte", 3, 0.1) == approx(
        theirs.perturbed_loss(tokens, "wte", 3, 0.1), rel=1e-12
    )
    assert ours.weights() == theirs.weights()
    slopes = [e.finite_differences(tokens, "wpe", [0, 5], 1e-5) for e in (ours, theirs)]
    assert slopes[0] == approx(slopes[1], abs=1e-9)
    for row, logits in zip(ours.logits(tokens), theirs.logits(tokens), strict=True):
        shift = row[0] - logits[0]
        assert row == approx([logit + shift for logit in logits], abs=1e-12)
    assert ours.seconds_a_step([tokens]) > 0
    assert ours.metrics() == {} and ours.group.is_leader and not ours.saves_behind
    config, seeds = SamplingConfig(0.8), [random.Random(2), random.Random(2)]
    batches = [
        e.generate_batch([bos], 4, config, rng)
        for e, rng in zip((ours, theirs), seeds, strict=True)
    ]
    assert batches[0] == batches[1] and len(batches[0]) == 256


def test_its_gradients_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "SAMPLE", 12)
    found = gradcheck.check_step(2, small.corpus(["ab", "ba", "b"]), engine="borrowed")
    assert found.passed
    assert {*found.matrices[0].largest} == {"reference", "borrowed"}


def test_an_engine_that_lacks_a_method_cannot_be_made() -> None:
    class Mute(Engine):
        weights = buffers = restore = token_losses = gradients = train_step = check = (
            lambda self, *given: {}
        )

    with pytest.raises(TypeError, match=r"abstract method '?decoder"):
        Mute(small.record(5), random.Random(1))
