"""What the parts of Steps 3 to 5 are worth, and attention and heads over time.

    python benchmarks/ablations.py

Trains the model without each part from six seeds, always beside the whole one, and
prints tables in Markdown, to go into RESULTS.md as they stand. Pages of the guide quote
the same numbers: both ask `glassgpt.guide.facts.results`.
"""

from datetime import date

from glassgpt.bench.ablations import SEEDS, Band
from glassgpt.guide import states
from glassgpt.guide.facts.heads import habits
from glassgpt.guide.facts.results import ablations, placed, scores


def row(name: str, whole: str, band: Band) -> str:
    """A difference with its band, and what the seeds say together."""
    numbers = " | ".join(f"{x:+.4f}" for x in (band.mean, band.least, band.most))
    said = "all seeds agree" if band.agree else "may be luck"
    return f"| {name} | {whole} | {numbers} | {said} |"


def parts_of(step: int) -> None:
    """What each part of a step is worth after its own training."""
    print(f"\n### Step {step}\n")
    print("| taken away | held-out | mean difference | least | most | |")
    print("|---|---|---|---|---|---|")
    for parts in ablations.LACKING[1:]:
        held = f"{ablations.without(*parts, step=step):.4f}"
        print(row(" and ".join(parts), held, ablations.band(*parts, step=step)))


def rates() -> None:
    """Step 3 at other rates, without what changes the length of slopes."""
    print("\n| rate | whole | without norms | without residuals |")
    print("|---|---|---|---|")
    for rate in (0.1, 0.3, 1.0):
        three = ((), ("norms",), ("residuals",))
        losses = [ablations.mean_at_rate(rate, *parts) for parts in three]
        print(f"| {rate} | {' | '.join(f'{loss:.4f}' for loss in losses)} |")


def with_adam(step: int) -> None:
    """What attention is worth the longer Adam trains, and how even its weights are."""
    print("\n| Adam, steps | held-out | attention worth | least | most | | of even |")
    print("|---|---|---|---|---|---|---|")
    for steps in ablations.ADAM_RATES:
        held = f"{ablations.adam_heldout(steps, step):.4f}"
        told = row(f"{steps:,}", held, ablations.adam_band(steps, step))
        print(f"{told} {ablations.evenness(steps, step):.3f} |")


def in_states() -> None:
    """How even attention is in the states of figures, and how far scores reach."""
    print("\n| state, seed 42 | Step 3, of even | scores | Step 4, of even | scores |")
    print("|---|---|---|---|---|")
    for state in states.STATES:
        told = [
            f"{ask(state, step):.4f}"
            for step in states.MODELS
            for ask in (scores.evenness_in, scores.score_spread)
        ]
        print(f"| {state} | {' | '.join(told)} |")


def of_heads() -> None:
    """How many heads pay, with Adam, the longer they are trained."""
    print("\n| heads, Adam | steps | held-out | less than one head | least | most | |")
    print("|---|---|---|---|---|---|---|")
    for steps in habits.TRAINED:
        for heads in habits.HEADS:
            held = f"{steps:,} | {habits.with_heads(heads, steps):.4f}"
            print(row(str(heads), held, habits.heads_band(heads, steps)))


def main() -> None:
    """Print all tables."""
    print(f"{date.today()}, 1,000 names, held-out loss in nats a token.")
    print(f"Differences are of seeds {SEEDS[0]} to {SEEDS[-1]}, each beside the whole")
    print("model; the first column of numbers is seed 42, of the last table a mean.")
    for step in ablations.STEPS:
        parts_of(step)
        if step == ablations.STEP:
            rates()
        if step in states.MODELS:
            with_adam(step)
    in_states()
    of_heads()
    print("\n| place and letter, leaning on the pair with | held-out |")
    print("|---|---|")
    for weight in placed.WEIGHTS:
        print(f"| {weight} | {placed.place_table(weight):.4f} |")
    print(
        f"\nLeaving each name out of the counts in turn chooses {placed.best_trust()}."
    )


if __name__ == "__main__":
    main()
