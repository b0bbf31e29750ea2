"""The one way a number is written, here and on the pages.

The rule is in docs/documents.md, under "Numbers"; the browser follows the same one, and
both read the same cases in tests/cases/documents.json.
"""

import math

from glassgpt.errors import invalid

LARGEST_FIXED = 1e15
MOST_DIGITS = 20


def format_number(value: float, digits: int = 4) -> str:
    """Write `value` with `digits` decimals and a comma between thousands.

    A number that would show as zero and is not, and one from 1e15 on, is written with
    two significant digits and an exponent. Ties go to the even digit. `digits` is from
    0 to 20, otherwise UsageError.
    """
    if not 0 <= digits <= MOST_DIGITS:
        raise invalid("digits", digits, "", f"Use 0 to {MOST_DIGITS}.")
    if not math.isfinite(value):
        return str(float(value))
    if abs(value) >= LARGEST_FIXED:
        return f"{value:.1e}"
    text = f"{value:,.{digits}f}"
    if text.strip("-0.") == "":
        return f"{value:.1e}" if value else text.removeprefix("-")
    return text
