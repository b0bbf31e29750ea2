"""glassgpt check: are the gradients right, here, now?"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from glassgpt.check import TOLERANCE, StepCheck, check_step, weights_to_check
from glassgpt.cli.options import Json
from glassgpt.cli.output import in_terminal, say, say_json
from glassgpt.cli.progress import ticking
from glassgpt.config import preset
from glassgpt.data import Corpus
from glassgpt.engines.base import num_params
from glassgpt.errors import GlassGPTError, unknown
from glassgpt.run import read_corpus


def check(
    step: Annotated[
        int | None, typer.Option("--step", help="Only this step, 0 to 5. [all]")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every weight, not 200 of each step.")
    ] = False,
    data: Annotated[
        str, typer.Option("--data", metavar="NAME|FILE", help="Documents to use.")
    ] = "names",
    json: Json = False,
) -> None:
    """Compare every gradient with the slope found by nudging its weight.

    Prints the largest difference in each matrix; fails above 1e-8.
    """
    if step is not None and step not in range(6):
        raise unknown("step", step, range(6))
    corpus = read_corpus(data)
    failed = []
    for number in range(6) if step is None else [step]:
        with _counter(number, corpus, every, json) as tick:
            found = check_step(number, corpus, every=every, tick=tick)
        _show(found, json)
        failed += [(number, matrix) for matrix in found.matrices if not matrix.passed]
    if failed:
        names = ", ".join(f"step {n} {matrix.name}" for n, matrix in failed)
        remedy = "The lesson's gradient and its loss disagree: one of them was changed."
        raise GlassGPTError(f"invalid gradient: {names}", remedy)


def _show(found: StepCheck, json: bool) -> None:
    if json:
        say_json(
            {
                "step": found.step,
                "documents": list(found.documents),
                "tolerance": TOLERANCE,
                "passed": found.passed,
                "matrices": [
                    {"name": m.name, "checked": m.checked, "largest": m.largest}
                    for m in found.matrices
                ],
            }
        )
        return
    if not found.matrices:
        say(f"step {found.step}: no gradients, it counts")
        return
    say(f"step {found.step}: on {', '.join(found.documents)}")
    for matrix in found.matrices:
        verdict = "ok" if matrix.passed else f"FAILED, the tolerance is {TOLERANCE:g}"
        checked = f"{matrix.checked:,} weights"
        say(f"  {matrix.name:16} {checked:>14}  {matrix.largest:.1e}  {verdict}")


def _counter(
    step: int, corpus: Corpus, every: bool, json: bool
) -> AbstractContextManager[Callable[[], None]]:
    """A bar over the weights in a terminal, otherwise nothing."""
    model = preset(f"step{step}").with_vocabulary(len(corpus.characters) + 1).model
    total = weights_to_check(step, num_params(model), every)
    if json or not total or not in_terminal():
        return nullcontext(lambda: None)
    return ticking(f"step {step}", total)
