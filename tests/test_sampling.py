"""Writing documents: the lesson's names, and what each choice does to them."""

import random
import re
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support import small
from support.lessons import run_program, shown_losses, shown_names, with_numbers

import glassgpt
from glassgpt.config import SamplingConfig
from glassgpt.engines.decoding import choose, keep_likely
from glassgpt.errors import GlassGPTError, UsageError
from glassgpt.lessons import FILES, lesson
from glassgpt.sampling import Sample, generate, sample
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer
from glassgpt.training.loop import train

PROBS = [0.1, 0.4, 0.2, 0.3]
ABC = CharTokenizer(tuple("abc"))
PLAIN = SamplingConfig(1.0)


class Scripted:
    """An engine whose probabilities follow a table, and which notes what it read."""

    turn = nullcontext()

    def __init__(self, block_size: int = 6, **rows: dict[str, float]) -> None:
        self.record = SimpleNamespace(model=SimpleNamespace(block_size=block_size))
        self.rows, self.read = rows, []

    def decoder(self) -> "Scripted":
        self.read.append("")
        return self

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        symbol = "abc|"[token_id]
        self.read[-1] += symbol
        row = self.rows.get("start" if symbol == "|" else symbol, {"end": 1.0})
        return [row.get(name, 0.0) for name in ("a", "b", "c", "end")]


def cycle(**settings: Any) -> Any:
    """An engine that writes abcabc… until the block is full."""
    rows = {"start": {"a": 1.0}, "a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"a": 1.0}}
    return Scripted(**rows, **settings)


def dice() -> Any:
    """An engine that writes one letter: a half of the time, b or c in a quarter."""
    return Scripted(start={"a": 0.5, "b": 0.25, "c": 0.25})


def texts(samples: Iterator[Sample]) -> list[str]:
    return [sample.text for sample in samples]


@pytest.mark.parametrize("step", range(6))
def test_the_samples_of_a_run_are_those_the_lesson_prints(
    step: int, tmp_path: Path
) -> None:
    sizes = {**small.SIZES[step], "num_steps": 5}
    program, data = tmp_path / FILES[step], tmp_path / "words.txt"
    program.write_text(with_numbers(lesson(step).source, **sizes), encoding="utf-8")
    data.write_text("\n".join(small.names()), encoding="utf-8")
    lines = run_program(program, data)
    run = glassgpt.train(data, step=step, **sizes)
    assert run.samples == shown_names(lines) and len(run.samples) == 20
    assert [f"{loss:.4f}" for loss in run.losses] == shown_losses(lines)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 2.0])
def test_step_0_at_a_temperature_is_a_power_of_each_probability(
    temperature: float,
) -> None:
    session = small.session(0)
    train(session)
    counts = session.engine.weights()["counts"]
    width = counts.shape[1]
    for token_id in range(width):
        row = counts.values[token_id * width : (token_id + 1) * width]
        powers = [
            ((count + 1) / (sum(row) + width)) ** (1 / temperature) for count in row
        ]
        found = session.engine.decoder().step(token_id, temperature)
        assert found == pytest.approx([p / sum(powers) for p in powers], rel=1e-12)


@pytest.mark.parametrize("step", range(6))
def test_probabilities_sum_to_1_and_sharpen_when_it_is_cold(step: int) -> None:
    session = small.session(step)
    train(session)
    peaks = []
    for temperature in (2.0, 1.0, 0.5, 0.05):
        probs = session.engine.decoder().step(session.tokenizer.bos, temperature)
        assert sum(probs) == pytest.approx(1, rel=1e-12) and min(probs) >= 0
        peaks.append(max(probs))
    assert peaks == sorted(peaks) and peaks[0] < peaks[-1]


@pytest.mark.parametrize(
    ("choices", "kept"),
    [
        ({}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_k": 2}, [0.0, 0.4, 0.0, 0.3]),
        ({"top_k": 9}, PROBS),
        ({"top_p": 0.4}, [0.0, 0.4, 0.0, 0.0]),
        ({"top_p": 0.6}, [0.0, 0.4, 0.0, 0.3]),
        ({"top_p": 0.01}, [0.0, 0.4, 0.0, 0.0]),
        ({"top_k": 3, "top_p": 0.5}, [0.0, 0.4, 0.0, 0.3]),
        ({"top_k": 1, "top_p": 0.9}, [0.0, 0.4, 0.0, 0.0]),
    ],
)
def test_only_the_likeliest_are_kept(
    choices: dict[str, Any], kept: list[float]
) -> None:
    config = SamplingConfig(1.0, **choices)
    assert keep_likely(PROBS, config) == kept
    drawn = {choose(PROBS, config, random.Random(seed)) for seed in range(300)}
    assert drawn == {i for i, p in enumerate(kept) if p}


def test_a_tie_keeps_no_more_than_top_k() -> None:
    assert keep_likely([0.5, 0.5], SamplingConfig(1.0, top_k=1)) == [0.5, 0.0]


def test_temperature_0_takes_the_likeliest_and_no_random_number() -> None:
    rng = random.Random(3)
    before = rng.getstate()
    assert choose(PROBS, SamplingConfig(0), rng) == 1
    assert rng.getstate() == before


@pytest.mark.parametrize("temperature", [0, 0.0, 0.05, 1, 2.0])
def test_temperatures_from_cold_to_hot_are_taken(temperature: float) -> None:
    assert SamplingConfig(temperature).temperature == temperature


@pytest.mark.parametrize(
    "choices",
    [
        *({"temperature": t} for t in (-1, 0.04, 2.01, float("nan"), float("inf"))),
        {"temperature": 1.0, "top_k": -1},
        *({"temperature": 1.0, "top_p": p} for p in (0, -0.1, 1.1, float("nan"))),
    ],
)
def test_other_choices_are_refused(choices: dict[str, Any]) -> None:
    name, value = list(choices.items())[-1]
    with pytest.raises(
        UsageError, match=f"^invalid {name}: {re.escape(str(value))};"
    ) as e:
        SamplingConfig(**choices)
    assert e.value.remedy


def test_one_random_number_is_used_for_each_token() -> None:
    rng, counted = random.Random(1), random.Random(1)
    generate(cycle(block_size=5), ABC, rng, PLAIN)
    for _ in range(5):
        counted.random()
    assert rng.getstate() == counted.getstate()


def test_writing_stops_at_the_end_or_when_the_block_is_full() -> None:
    assert generate(cycle(), ABC, random.Random(1), PLAIN) == "abcabc"
    rows = {"start": {"a": 1.0}, "a": {"c": 1.0}}
    assert generate(Scripted(**rows), ABC, random.Random(1), PLAIN) == "ac"


def test_a_prompt_is_read_first_and_kept() -> None:
    engine = cycle()
    assert generate(engine, ABC, random.Random(1), PLAIN, "bb") == "bbcabc"
    assert engine.read == ["|bbcab"]


def test_a_prompt_that_leaves_room_for_one_token_is_taken() -> None:
    assert generate(cycle(), ABC, random.Random(1), PLAIN, "ccccc") == "ccccca"
    with pytest.raises(UsageError, match=r"^invalid prompt: cccccc; ") as caught:
        generate(cycle(), ABC, random.Random(1), PLAIN, "cccccc")
    assert caught.value.remedy == "Take at most 5."


def test_a_prompt_is_counted_in_tokens_not_characters() -> None:
    with pytest.raises(UsageError, match="it has 6 tokens, and the block 6"):
        generate(cycle(), ByteTokenizer(), random.Random(1), PLAIN, "ééé")


def test_an_unknown_character_in_a_prompt_is_named() -> None:
    with pytest.raises(UsageError, match=r"^unknown character: 'x'$") as caught:
        generate(cycle(), ABC, random.Random(1), PLAIN, "ax")
    assert "abc" in caught.value.remedy


def test_samples_are_known_or_new_or_nobody_asked() -> None:
    samples = sample(dice(), ABC, random.Random(1), 20, PLAIN, known={"a"})
    assert {(s.text, s.known) for s in samples} == {
        *(("a", True), ("b", False), ("c", False))
    }
    unasked = sample(dice(), ABC, random.Random(1), 3, PLAIN)
    assert [s.known for s in unasked] == [None] * 3


def test_new_only_passes_over_what_is_known() -> None:
    every = sample(dice(), ABC, random.Random(1), 99, PLAIN, known={"a"})
    new = sample(dice(), ABC, random.Random(1), 20, PLAIN, known={"a"}, new_only=True)
    assert texts(new) == [s.text for s in every if not s.known][:20]


def test_unique_passes_over_what_was_written() -> None:
    found = sample(dice(), ABC, random.Random(1), 3, PLAIN, unique=True)
    assert sorted(texts(found)) == ["a", "b", "c"]


def test_patience_ends_where_there_is_nothing_more() -> None:
    engine = dice()
    found = sample(engine, ABC, random.Random(1), 9, PLAIN, unique=True)
    assert len(list(found)) == 3
    assert 1000 <= len(engine.read) < 1100
    known = {"a", "b", "c"}
    samples = sample(
        dice(), ABC, random.Random(1), 9, PLAIN, known=known, new_only=True
    )
    assert list(samples) == []


def test_patience_begins_anew_with_each_sample() -> None:
    engine: Any = Scripted(start={"a": 0.996, "b": 0.002, "c": 0.002})
    found = sample(engine, ABC, random.Random(1), 12, PLAIN, known={"a"}, new_only=True)
    assert len(list(found)) == 12
    assert len(engine.read) > 1100


def test_samples_come_as_they_are_written() -> None:
    engine = dice()
    samples = sample(engine, ABC, random.Random(1), 1_000_000, PLAIN)
    assert len(list(islice(samples, 3))) == 3
    assert len(engine.read) == 3


def test_weights_that_are_no_numbers_any_more_are_told() -> None:
    broken: Any = Scripted(start={"a": float("nan")})
    with pytest.raises(GlassGPTError, match="invalid probability: nan") as caught:
        generate(broken, ABC, random.Random(1), PLAIN)
    assert "learning_rate" in caught.value.remedy
