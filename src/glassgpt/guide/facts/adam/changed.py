"""What a page may say of Adam with something changed, over twenty paired seeds."""

from dataclasses import dataclass, field
from typing import Any

from glassgpt.config import preset
from glassgpt.errors import unknown
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED
from glassgpt.guide.facts.results.pairs import SEEDS, differences, heldout_of, train

# of most programs
USUAL = {"beta1": 0.9, "beta2": 0.999}
# of the constant rates .002, .003, .005 and .01 the one that ends lowest
LOWER = 0.003


@dataclass(frozen=True)
class Change:
    """How a training differs from the lesson's, and what it is compared with."""

    settings: dict[str, Any] = field(default_factory=dict)
    corrected: bool = True
    mistakes: tuple[str, ...] = ()
    beside: str = ""


CHANGES = {
    "": Change(),
    "no correction": Change(corrected=False),
    "eps inside": Change(mistakes=("eps_inside",)),
    "long memory": Change({"beta2": USUAL["beta2"]}),
    "usual": Change(USUAL),
    "usual, no correction": Change(USUAL, corrected=False, beside="usual"),
    "no momentum": Change({"beta1": 0.0}),
    "constant": Change({"schedule": "constant"}),
    "constant, lower": Change({"schedule": "constant", "learning_rate": LOWER}),
}


@kept_fact
def _losses(name: str) -> list[float]:
    """The held-out losses with a change, a seed after another."""
    change = CHANGES[name]
    record = preset("step5").with_settings(**change.settings)
    records = (record.with_settings(seed=SEED + more) for more in range(SEEDS))
    how = (change.corrected, change.mistakes)
    return [heldout_of(train(each, (), *how)) for each in records]


@call
def adam_changed(name: str) -> dict[str, float]:
    """What a change of Adam adds to the held-out loss, over twenty seeds: the `mean`,
    the ends `low` and `high` of its interval, and from how many it is `higher`."""
    if name not in CHANGES:
        raise unknown("change of Adam", name, CHANGES)
    return differences(_losses(name), _losses(CHANGES[name].beside))


@call
def lower_rate() -> float:
    """The constant rate of those tried that is best."""
    return LOWER


@call
def usual(beta: str) -> float:
    """What most programs take for beta1 and beta2."""
    return USUAL[beta]
