"""What a page may say of the cut in four heads: what it costs and what it brings."""

from glassgpt.config import preset
from glassgpt.guide.facts import call
from glassgpt.guide.facts.results.pairs import SEEDS, differences, losses
from glassgpt.guide.facts.sections import program_sections


@call
def four_for_one(state: str = "sgd-1000") -> dict[str, float]:
    """Step 4's held-out loss less Step 3's, over twenty seeds in pairs."""
    return differences(losses(4, state), losses(3, state))


@call
def unchanged(step: int, *sections: str) -> str:
    """The one of these sections that a program shares with the one before."""
    rows = {row["name"]: row["mark"] for row in program_sections(step)}
    (found,) = (name for name in sections if rows[name] == "same")
    return found


@call
def head_dim(step: int) -> int:
    """How many numbers of a query each head has."""
    model = preset(f"step{step}").model
    return model.n_embd // model.n_head


@call
def paired_seeds() -> int:
    """From how many seeds both were trained."""
    return SEEDS


@call
def slice_numbers(head: int, step: int = 4) -> str:
    """The first and the last number of a query that a head has, as "8-11"."""
    size = head_dim(step)
    return f"{head * size}-{(head + 1) * size - 1}"
