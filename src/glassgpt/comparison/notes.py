"""What a comparison says in words, and what it does not say."""

from glassgpt.comparison.experiment import Comparison
from glassgpt.formatting import format_number

_ONE_STEP = (
    "A single step's loss is that of one document and says little: look at the "
    "smoothed line and at the held-out loss, which is measured on the same documents "
    "for every step."
)
_ONE_SEED = (
    "One seed is one draw of documents and weights. Before a small difference is "
    "believed, it should be there with other seeds too."
)
_SAME = (
    "Steps 1 and 2 give the same numbers: step 1 finds the gradient by hand, step 2 by "
    "autograd."
)
_NOT_TUNED = (
    "The learning rates are the records' own and are not tuned, so the distance "
    "between steps 4 and 5 is not all due to Adam: compare optimisers each at its best "
    "rate."
)
_CUT = (
    "Some documents are longer than the block. Steps 3 to 5 are measured only as far "
    "as they read, so their losses are over fewer tokens."
)


def summary(comparison: Comparison) -> str:
    """The result in a sentence or two."""
    best, count = comparison.best, comparison.outcomes[0].record.model.vocab_size
    if best is None or best.evaluation is None:
        return "Too few documents were left out of training for a held-out loss."
    loss, choices = format_number(best.evaluation.loss), best.evaluation.perplexity
    return (
        f"The lowest held-out loss is that of step {best.step}, {best.title}: {loss}, "
        f"as good as choosing among {format_number(choices, 1)} tokens. "
        f"Without a model it is among {count}."
    )


def notes(comparison: Comparison) -> list[str]:
    """What the figures say, and what they do not."""
    steps = {outcome.step for outcome in comparison.outcomes}
    found = [_ONE_STEP, _ONE_SEED]
    if any({1, 2} <= {x.step for x in group} for group in comparison.groups()):
        found.append(_SAME)
    if {4, 5} <= steps:
        found.append(_NOT_TUNED)
    if len({x.evaluation.tokens for x in comparison.outcomes if x.evaluation}) > 1:
        found.append(_CUT)
    return found + [
        f"Step {x.step}: {x.diverged}." for x in comparison.outcomes if x.diverged
    ]


def written(loss: float | None) -> str:
    """A loss as it is written in a table; a dash where there is none."""
    return "-" if loss is None else format_number(loss)
