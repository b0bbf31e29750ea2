"""The record: what it holds, refuses, and gives back from JSON."""

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.config import ModelConfig, Record, TrainConfig, preset
from glassgpt.config.fields import Field
from glassgpt.config.presets import LESSONS
from glassgpt.config.record import PRESETS, all_fields, is_read
from glassgpt.errors import CheckpointError, GlassGPTError, UsageError
from glassgpt.optim import OPTIMIZERS

KINDS = {
    field.name: field.type
    for config in (ModelConfig, TrainConfig)
    for field in dataclasses.fields(config)
}
NUMBERS = {name: field for name, field in all_fields().items() if not field.choices}
CHOICES = {name: field for name, field in all_fields().items() if field.choices}
RECORDS = st.sampled_from(PRESETS).map(preset)


def value_of(name: str, field: Field) -> st.SearchStrategy[Any]:
    """Any value that a field allows."""
    if field.choices:
        return st.sampled_from(field.choices)
    high = min(field.high, 1e9)
    if KINDS[name] is int:
        return st.integers(math.ceil(field.low), math.floor(high))
    return st.floats(field.low, high, exclude_min=field.above_low)


@st.composite
def changed_records(draw: st.DrawFn) -> Record:
    """A preset with some of the fields that it reads set to anything allowed."""
    record = draw(RECORDS)
    for name in draw(st.lists(st.sampled_from(sorted(all_fields())), max_size=6)):
        if name in ("step", "vocab_size") or not is_read(name, record):
            continue
        try:
            value = draw(value_of(name, all_fields()[name]))
            record = record.with_settings(**{name: value})
        except UsageError as error:
            # these depend on another field
            assert name in ("n_embd", "n_head", "num_steps", "warmup_steps"), error
    return record


@given(changed_records())
def test_a_record_comes_back_from_json_as_it_was(record: Record) -> None:
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record


@given(changed_records())
def test_a_setting_may_be_given_as_text(record: Record) -> None:
    flat = {**record.to_json()["model"], **record.to_json()["train"]}
    read = [n for n in flat if n not in ("step", "vocab_size") and is_read(n, record)]
    assert record.with_settings(**{name: str(flat[name]) for name in read}) == record


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, None, "x", [1]])
def test_what_is_no_finite_number_is_refused(name: str, value: object) -> None:
    assert_refused(name, value)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_beyond_its_limits_is_refused(name: str) -> None:
    field = NUMBERS[name]
    step = 1 if KINDS[name] is int else 1e-6
    assert_refused(name, field.low if field.above_low else field.low - step)
    if field.high < math.inf:
        assert_refused(name, field.high + step)


@pytest.mark.parametrize("name", [name for name in NUMBERS if KINDS[name] is int])
def test_a_fraction_is_no_whole_number(name: str) -> None:
    assert_refused(name, all_fields()[name].low + 0.5)


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", ["", "Adam", 1, None, ["adam"]])
def test_a_word_that_is_no_choice_is_refused(name: str, value: object) -> None:
    assert_refused(name, value)


def assert_refused(name: str, value: object) -> None:
    """Refused in one line that names field and value, with a remedy."""
    record = Record()
    part = record.model if hasattr(record.model, name) else record.train
    with pytest.raises(UsageError) as caught:
        dataclasses.replace(part, **{name: value})
    line = str(caught.value)
    assert line.startswith((f"invalid {name}: {value}", f"unknown {name}: {value}"))
    assert "\n" not in line + caught.value.remedy
    assert caught.value.remedy


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_record_whose_every_number_is_within_its_limits(
    name: str,
) -> None:
    record = preset(name)
    if name in LESSONS:
        assert record.model.step == PRESETS.index(name)
    assert Record() == preset("step5")
    for name, field in all_fields().items():
        part = record.model if hasattr(record.model, name) else record.train
        value = getattr(part, name)
        assert value in field.choices if field.choices else field.holds(value)


@pytest.mark.parametrize("n_head", [3, 5, 32])
def test_heads_that_do_not_divide_are_refused_with_those_that_do(n_head: int) -> None:
    with pytest.raises(UsageError, match=r"n_embd 16 is not a multiple") as caught:
        preset("step5").with_settings(n_head=n_head)
    assert caught.value.remedy == "Try 1, 2, 4, 8 or 16."


@pytest.mark.parametrize("name", ["n_head", "n_layer"])
def test_step_3_has_one_head_and_one_layer(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^invalid {name}: 2; step 3 has only one"):
        preset("step3").with_settings(**{name: 2})


def test_a_warm_up_as_long_as_the_run_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^invalid warmup_steps: 9; there are 9 "):
        preset("step5").with_settings(num_steps=9, warmup_steps=9)


@pytest.mark.parametrize(("steps", "warmup"), [(51, 50), (50, 5), (20, 2), (3, 0)])
def test_a_warm_up_is_shortened_with_the_run(steps: int, warmup: int) -> None:
    small = preset("small")
    assert small.with_settings(num_steps=steps).train.warmup_steps == warmup
    given = small.with_settings(num_steps=steps, warmup_steps=1)
    assert given.train.warmup_steps == 1


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("n_heads", "n_head"), ("learnin_rate", "learning_rate"), ("seeds", "seed")],
)
def test_an_unknown_key_is_named_with_its_nearest(given: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=rf"^unknown key: {given}$") as caught:
        preset("step5").with_settings(**{given: 1})
    assert caught.value.remedy.startswith(f"Did you mean {nearest}?")


@pytest.mark.parametrize("name", ["step", "vocab_size"])
def test_what_follows_from_other_choices_cannot_be_set(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^invalid key: {name}; "):
        preset("step5").with_settings(**{name: 3})


def test_an_unknown_preset_is_named_with_its_nearest() -> None:
    with pytest.raises(UsageError, match=r"^unknown preset: step6$") as caught:
        preset("step6")
    assert caught.value.remedy.startswith("Did you mean step")


@pytest.mark.parametrize("seed", [2**53 + 1, 12345678901234567891])
def test_a_long_whole_number_keeps_its_digits(seed: int) -> None:
    assert preset("step5").with_settings(seed=str(seed)).train.seed == seed


def test_a_whole_number_may_be_written_with_an_exponent() -> None:
    assert preset("step5").with_settings(num_steps="2e3").train.num_steps == 2000


@pytest.mark.parametrize("name", ["seed", "num_steps", "learning_rate"])
def test_a_number_too_long_for_a_float_is_refused_or_kept(name: str) -> None:
    try:
        record = preset("step5").with_settings(**{name: 10**400})
    except GlassGPTError:
        return
    assert getattr(record.train, name) == 10**400


@pytest.mark.parametrize(
    "obj",
    [
        *(None, 3, "text", [], {}, {"model": {}}, {"model": {}, "train": 1}),
        {"model": {"step": 9}, "train": {}},
        {"model": {"n_ebmd": 16}, "train": {}},
        {"model": {}, "train": {"learning_rate": "high"}},
    ],
)
def test_json_that_is_no_record_is_one_error(obj: object) -> None:
    with pytest.raises(CheckpointError, match=r"^invalid record: run\.json; "):
        Record.from_json(obj)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Record().model.n_embd = 3  # type: ignore[misc]


@pytest.mark.parametrize("step", range(6))
def test_a_model_draws_at_the_temperature_of_its_lesson(step: int) -> None:
    model = preset(f"step{step}").model
    assert model.temperature == (0.5 if step else 1.0)
    assert model.reads_block == (step >= 3)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_reads_its_own_numbers_only(optimizer: str) -> None:
    record = preset("step4").with_settings(optimizer=optimizer)
    names = ("beta1", "beta2", "eps_adam", "momentum", "weight_decay")
    adam = {"beta1", "beta2", "eps_adam"}
    assert {name for name in names if is_read(name, record)} == {
        "sgd": set(),
        "momentum": {"momentum"},
        "rmsprop": {"beta2", "eps_adam"},
        "adam": adam,
        "adamw": adam | {"weight_decay"},
    }[optimizer]
