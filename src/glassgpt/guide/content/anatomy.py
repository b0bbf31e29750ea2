"""A lesson's parts and their order."""

from glassgpt.errors import GlassGPTError, invalid
from glassgpt.guide.content.pages import PageError
from glassgpt.guide.content.writing import Page

HOOK = "hook"
_CODE = {"reading", "slice", "run"}
# what a lesson has, in this order; code comes after the first figure
_PARTS = (HOOK, "prediction", "figure", "question", "bridge")


def check_prediction(page: Page) -> None:
    """Raise PageError for a prediction, on any page, that no figure follows."""
    parts = page.blocks
    if "prediction" in parts and "figure" not in parts[parts.index("prediction") :]:
        raise _wrong(page, "prediction", "no figure comes after it")


def check_anatomy(page: Page) -> None:
    """Raise PageError for a lesson without one of its parts, or in another order."""
    parts = page.blocks
    if not page.source.number:
        return
    for part in _PARTS:
        if part not in parts:
            raise _wrong(page, "lesson", f"it has no {part}")
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
