"""A lesson's parts and their order, for the pages that declare them: anatomy = 2."""

from collections.abc import Sequence

from markdown_it.token import Token

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.content.writing import Page

FIELD, FORM = "anatomy", 2
_CODE = {"reading", "slice", "run"}
# what a lesson has, in this order; code comes after the first figure
_PARTS = ("hook", "prediction", "figure", "question", "bridge")


def check_anatomy(page: Page, tokens: Sequence[Token]) -> None:
    """Raise PageError for a lesson without one of its parts, or in another order.

    And, on any page, for a prediction that no figure follows.
    """
    parts = _hook(tokens) + page.blocks
    if "prediction" in parts and "figure" not in parts[parts.index("prediction") :]:
        raise _wrong(page, "prediction", "no figure comes after it")
    form = page.source.front.get(FIELD)
    if form is None:
        return
    if form != FORM or not page.source.number:
        raise _wrong(page, f"{FIELD} = {form}", f"lessons may say {FIELD} = {FORM}")
    for part in _PARTS:
        if part not in parts:
            raise _wrong(page, "lesson", f"it has no {part}")
    _check_order(page, parts)


def _hook(tokens: Sequence[Token]) -> list[str]:
    """A lesson's first lines, where they stand before anything else."""
    return ["hook"] if tokens and tokens[0].type == "paragraph_open" else []


def _check_order(page: Page, parts: list[str]) -> None:
    figure = parts.index("figure")
    if parts.index("prediction") > figure:
        raise _wrong(page, "order", "the prediction comes before the first figure")
    if early := _CODE & set(parts[:figure]):
        raise _wrong(page, "order", f"{min(early)} comes before the first figure")
    if "question" not in parts[figure:]:
        raise _wrong(page, "order", "a question comes after the first figure")
    if parts[-1] != "bridge" or parts.count("bridge") > 1:
        raise _wrong(page, "order", "one bridge comes last")


def _wrong(page: Page, part: str, why: str) -> GlassGPTError:
    remedy = "The parts in their order: docs/guide.md, A lesson's parts."
    return invalid(f"part of {page.source.name}", part, why, remedy, PageError)
