"""What the parts of Step 3 are worth, and attention the longer it is trained.

    python benchmarks/ablations.py

Trains the model without each part from six seeds, always beside the whole one, and
prints tables in Markdown, to go into RESULTS.md as they stand. Pages of the guide quote
the same numbers: both ask `glassgpt.guide.facts.results`.
"""

from datetime import date

from glassgpt.bench.ablations import SEEDS, Band
from glassgpt.guide.facts.results import ablations, placed


def row(name: str, whole: str, band: Band) -> str:
    """A difference with its band, and what the seeds say together."""
    numbers = " | ".join(f"{x:+.4f}" for x in (band.mean, band.least, band.most))
    said = "all seeds agree" if band.agree else "may be luck"
    return f"| {name} | {whole} | {numbers} | {said} |"


def main() -> None:
    """Print all tables."""
    print(f"{date.today()}, Step 3, 1,000 names, held-out loss in nats a token.")
    print(f"Differences are of seeds {SEEDS[0]} to {SEEDS[-1]}, each beside the whole")
    print("model; the first column of numbers is seed 42.\n")
    print("| taken away | held-out | mean difference | least | most | |")
    print("|---|---|---|---|---|---|")
    for parts in ablations.LACKING[1:]:
        held = f"{ablations.without(*parts):.4f}"
        print(row(" and ".join(parts), held, ablations.band(*parts)))
    print("\n| rate | whole | without norms | without residuals |")
    print("|---|---|---|---|")
    for rate in (0.1, 0.3, 1.0):
        three = ((), ("norms",), ("residuals",))
        losses = [ablations.mean_at_rate(rate, *parts) for parts in three]
        print(f"| {rate} | {' | '.join(f'{loss:.4f}' for loss in losses)} |")
    print("\n| Adam, steps | held-out | attention worth | least | most | |")
    print("|---|---|---|---|---|---|")
    for steps in ablations.ADAM_RATES:
        held = f"{ablations.adam_heldout(steps):.4f}"
        print(row(f"{steps:,}", held, ablations.adam_band(steps)))
    print("\n| Adam, steps | entropy of the weights, of an even average |")
    print("|---|---|")
    for steps in ablations.ADAM_RATES:
        print(f"| {steps:,} | {ablations.evenness(steps):.3f} |")
    print("\n| place and letter, leaning on the pair with | held-out |")
    print("|---|---|")
    for weight in placed.WEIGHTS:
        print(f"| {weight} | {placed.place_table(weight):.4f} |")
    print(
        f"\nLeaving each name out of the counts in turn chooses {placed.best_trust()}."
    )


if __name__ == "__main__":
    main()
