"""How numbers are written, by the cases that the browser shares."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt.errors import UsageError
from glassgpt.formatting import format_number

CASES_FILE = Path(__file__).parent / "cases" / "documents.json"
CASES = json.loads(CASES_FILE.read_text(encoding="utf-8"))["numbers"]

finite = st.floats(-1.7e308, 1.7e308)
digits = st.integers(0, 20)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['value']} to {case['digits']}"
)
def test_a_shared_case_is_written_as_it_says(case: dict[str, Any]) -> None:
    assert format_number(float(case["value"]), case["digits"]) == case["text"]


def test_there_are_at_least_twenty_five_cases() -> None:
    assert len(CASES) >= 25


def test_four_decimals_are_written_unless_told() -> None:
    assert format_number(3.36604) == "3.3660"


@given(finite, digits)
def test_a_written_number_is_near_the_value(value: float, digits: int) -> None:
    text = format_number(value, digits)
    read = float(text.replace(",", ""))
    if "e" in text:
        assert read == pytest.approx(value, rel=0.05)
    else:
        assert abs(read - value) <= 0.5 * 10.0**-digits + 1e-15 * abs(value)


@given(finite, digits)
def test_only_zero_is_written_as_zero(value: float, digits: int) -> None:
    looks_zero = float(format_number(value, digits).replace(",", "")) == 0
    assert looks_zero == (value == 0)


@given(finite, digits)
def test_minus_stands_before_the_same_text(value: float, digits: int) -> None:
    positive = format_number(abs(value), digits)
    assert format_number(-abs(value), digits) == ("-" if value else "") + positive


@pytest.mark.parametrize("digits", [-1, 21])
def test_digits_out_of_range_are_a_usage_error(digits: int) -> None:
    with pytest.raises(UsageError, match="invalid digits"):
        format_number(1.0, digits)
