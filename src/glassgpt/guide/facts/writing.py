"""What a page may say of the names that trained steps write."""

from collections.abc import Container

from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus
from glassgpt.guide.facts.trainings import setting, training


@call
@kept_fact
def written_by(step: int, count: int, temperature: float) -> list[str]:
    """The first names that a trained step writes at a temperature, seed 42."""
    return training(step).sample(count, temperature=temperature)


@call
def names_beside(steps: list[int], count: int, temperature: float) -> list[list[str]]:
    """The first names of several steps at one temperature, a row for each place."""
    columns = [written_by(step, count, temperature) for step in steps]
    return [list(row) for row in zip(*columns, strict=True)]


@call
def known_of(step: int, count: int, temperature: float) -> int:
    """How many of the first names that a step writes are in the list of names."""
    names: Container[str] = set(corpus().documents)
    return sum(text in names for text in written_by(step, count, temperature))


@call
def cut_of(step: int, count: int, temperature: float) -> int:
    """How many of them the program stopped at the most it writes."""
    most = setting(step, "block_size")
    return sum(len(text) == most for text in written_by(step, count, temperature))


@call
@kept_fact
def known_share(
    step: int, temperature: float, count: int = 50_000, least: int = 0
) -> float:
    """How many of a hundred names that a step writes are in the list of names.

    Only names of `least` letters or more are looked at.
    """
    names: Container[str] = set(corpus().documents)
    texts = training(step).sample(count, temperature=temperature, together=True)
    long = [text for text in texts if len(text) >= least]
    return 100 * sum(text in names for text in long) / len(long)


@call
@kept_fact
def short_share(step: int, temperature: float, most: int, count: int = 50_000) -> float:
    """How many of a hundred names that a step writes have `most` letters or fewer."""
    texts = training(step).sample(count, temperature=temperature, together=True)
    return 100 * sum(len(text) <= most for text in texts) / count


@call
@kept_fact
def cut_share(step: int, temperature: float, count: int = 50_000) -> float:
    """How many of a hundred names that a step writes are stopped at the most it may."""
    most: int = setting(step, "block_size")
    texts = training(step).sample(count, temperature=temperature, together=True)
    return 100 * sum(len(text) == most for text in texts) / count
