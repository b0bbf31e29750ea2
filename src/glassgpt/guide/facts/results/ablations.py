"""What a page may say of parts taken away from Steps 3 to 5, over six seeds."""

from typing import Any

from glassgpt.bench.ablations import SEEDS, WHOLE, Band, trained_without
from glassgpt.config import preset
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import corpus

STEP = 3
PARTS = ("attention", "positions", "mlp", "residuals", "norms", "scale")
LACKING = (WHOLE, *((part,) for part in PARTS), ("attention", "positions"))
STEPS = (3, 4, 5)
# the lesson's rate for Adam; trained for so long a single head gets stuck at it
ADAM_RATES = {1000: 0.01, 5000: 0.01, 20000: 0.003}
_ADAM_RATE = 0.01


@kept_fact
def _losses(step: int) -> dict[str, list[float]]:
    """The held-out losses without parts, a seed after another."""
    found: dict[str, list[float]] = {" ".join(parts): [] for parts in LACKING}
    for seed in SEEDS:
        record = preset(f"step{step}").with_settings(seed=seed)
        trained = trained_without(record, corpus(), LACKING)
        for parts, one in zip(LACKING, trained, strict=True):
            found[" ".join(parts)].append(one.loss)
    return found


@kept_fact
def _with_adam(num_steps: int, step: int) -> dict[str, Any]:
    """The same with Adam, without attention alone; and how even its weights are."""
    rate = ADAM_RATES[num_steps] if step == STEP else _ADAM_RATE
    how = {"optimizer": "adam", "learning_rate": rate}
    wholes, without, evenness = [], [], []
    for seed in SEEDS:
        record = preset(f"step{step}").with_settings(
            seed=seed, num_steps=num_steps, dtype="float32", **how
        )
        whole, lacking = trained_without(record, corpus(), [WHOLE, ("attention",)])
        wholes.append(whole.loss)
        without.append(lacking.loss)
        evenness.append(whole.entropy)
    return {"whole": wholes, "without": without, "evenness": evenness}


@kept_fact
def _at_rate(rate: float) -> dict[str, list[float]]:
    """The same at another rate, for parts that change how long slopes are."""
    lacking = (WHOLE, ("norms",), ("residuals",))
    found: dict[str, list[float]] = {" ".join(parts): [] for parts in lacking}
    for seed in SEEDS:
        record = preset(f"step{STEP}").with_settings(seed=seed, learning_rate=rate)
        trained = trained_without(record, corpus(), lacking)
        for parts, one in zip(lacking, trained, strict=True):
            found[" ".join(parts)].append(one.loss)
    return found


def band(*parts: str, step: int = STEP) -> Band:
    """By how much the held-out loss rises without parts, seed by seed."""
    losses = _losses(step)
    pairs = zip(losses[" ".join(parts)], losses[""], strict=True)
    return Band(tuple(lacking - whole for lacking, whole in pairs))


def adam_band(num_steps: int, step: int = STEP) -> Band:
    """The same without attention, after so many steps with Adam."""
    found = _with_adam(num_steps, step)
    pairs = zip(found["without"], found["whole"], strict=True)
    return Band(tuple(lacking - whole for lacking, whole in pairs))


@call
def without(*parts: str, step: int = STEP) -> float:
    """A step's held-out loss without parts, from the lesson's own seed."""
    return float(_losses(step)[" ".join(parts)][0])


@call
def worth(*parts: str, step: int = STEP) -> float:
    """By how much it rises without them, in the mean of six seeds."""
    return band(*parts, step=step).mean


@call
def worth_least(*parts: str, step: int = STEP) -> float:
    """The least of the six."""
    return band(*parts, step=step).least


@call
def worth_most(*parts: str, step: int = STEP) -> float:
    """The most of the six."""
    return band(*parts, step=step).most


@call
def worse_seeds(*parts: str, step: int = STEP) -> int:
    """From how many of the six seeds the model is worse without parts."""
    return sum(each > 0 for each in band(*parts, step=step).differences)


@call
def mean_at_rate(rate: float, *parts: str) -> float:
    """The held-out loss at a rate without parts, in the mean of the six seeds."""
    losses = _at_rate(rate)[" ".join(parts)]
    return sum(losses) / len(losses)


@call
def ablation_seeds() -> int:
    """From how many seeds each was trained."""
    return len(SEEDS)


@call
def adam_heldout(num_steps: int, step: int = STEP) -> float:
    """A step's held-out loss after so many steps with Adam, from the lesson's seed."""
    return float(_with_adam(num_steps, step)["whole"][0])


@call
def attention_worth(num_steps: int, which: str = "mean", step: int = STEP) -> float:
    """What attention is worth then: the `mean` of six seeds, `least` or `most`."""
    return float(getattr(adam_band(num_steps, step), which))


@call
def evenness(num_steps: int, step: int = STEP) -> float:
    """How even attention's weights are then: 1 is a plain average."""
    found = _with_adam(num_steps, step)["evenness"]
    return float(sum(found) / len(found))
