"""SGD and Adam on Step 4's model, each at six rates and from six seeds.

    python benchmarks/race.py

Trains each for 5,000 and for 20,000 steps, which takes a minute, writes the held-out
losses to the file that the guide's figure and pages show, and prints tables of their
means in Markdown.
"""

import json

from glassgpt.guide.facts.adam.race import FILE, LONG, RATES, losses_by_rate


def main() -> None:
    """Train, write and print."""
    found = {
        str(num_steps): {str(step): losses_by_rate(step, num_steps) for step in RATES}
        for num_steps in LONG
    }
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for num_steps, steps in found.items():
        print(f"\n{num_steps} steps | rate | mean | least | most\n---|---|---|---|---")
        for step, rates in steps.items():
            name = "SGD" if step == "4" else "Adam"
            for rate, losses in rates.items():
                whole = [loss for loss in losses if loss is not None]
                said = f"{len(losses) - len(whole)} of {len(losses)} broke"
                if len(whole) == len(losses):
                    three = (sum(whole) / len(whole), min(whole), max(whole))
                    said = " | ".join(f"{each:.4f}" for each in three)
                print(f"{name} | {rate} | {said}")


if __name__ == "__main__":
    main()
