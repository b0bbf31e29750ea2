"""What a page may say of the names that trained steps write."""

from collections.abc import Container

from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus
from glassgpt.guide.facts.trainings import training


@call
@kept_fact
def written_by(step: int, count: int, temperature: float) -> list[str]:
    """The first names that a trained step writes at a temperature, seed 42."""
    return training(step).sample(count, temperature=temperature)


@call
@kept_fact
def known_share(step: int, temperature: float, count: int = 50_000) -> float:
    """How many of a hundred names that a step writes are in the list of names."""
    names: Container[str] = set(corpus().documents)
    texts = training(step).sample(count, temperature=temperature, together=True)
    return 100 * sum(text in names for text in texts) / count
