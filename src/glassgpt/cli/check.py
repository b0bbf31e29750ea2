"""glassgpt check: are the gradients right, here, now?"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Annotated

import typer

from glassgpt.cli.view.options import Json
from glassgpt.cli.view.output import in_terminal, say, say_json, visible
from glassgpt.cli.view.progress import ticking
from glassgpt.config import preset
from glassgpt.data import load_corpus
from glassgpt.data.documents import Corpus
from glassgpt.engines.shapes import num_params
from glassgpt.errors import GlassGPTError, unknown
from glassgpt.gradcheck import (
    TOLERANCE,
    MatrixCheck,
    StepCheck,
    check_step,
    weights_to_check,
)


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
    engine: Annotated[
        str,
        typer.Option("--engine", help="auto; reference is the lesson alone, slowly."),
    ] = "auto",
    json: Json = False,
) -> None:
    """Compare every gradient with the slope found by nudging its weight.

    Prints the largest difference in each matrix, of the lesson and of the
    kernel, and fails above 1e-8; also where kernel and lesson differ.
    """
    if step is not None and step not in range(6):
        raise unknown("step", step, range(6))
    corpus = load_corpus(data)
    failed = []
    for number in range(6) if step is None else [step]:
        with _counter(number, corpus, every, json) as tick:
            found = check_step(number, corpus, every=every, engine=engine, tick=tick)
        say_json(_plain(found)) if json else _show(found)
        failed += [(number, matrix) for matrix in found.matrices if not matrix.passed]
    if failed:
        names = ", ".join(f"step {n} {matrix.name}" for n, matrix in failed)
        remedy = "A gradient and the loss disagree: the lesson or the kernel is wrong."
        raise GlassGPTError(f"invalid gradient: {names}", remedy)


def _plain(found: StepCheck) -> dict[str, object]:
    return {
        "step": found.step,
        "documents": list(found.documents),
        "tolerance": TOLERANCE,
        "passed": found.passed,
        "matrices": [asdict(matrix) for matrix in found.matrices],
    }


def _show(found: StepCheck) -> None:
    if not found.matrices:
        say(f"step {found.step}: no gradients, it counts")
        return
    say(f"step {found.step}: on {', '.join(map(visible, found.documents))}")
    for matrix in found.matrices:
        say("  " + _row(matrix))


def _row(matrix: MatrixCheck) -> str:
    """A matrix: how far each engine's gradient is from the slope, at most."""
    words = [f"{matrix.name:16}", f"{matrix.checked:>5,} weights"]
    for engine, largest in matrix.largest.items():
        mark = "" if largest <= TOLERANCE else f" FAILED, above {TOLERANCE:g}"
        words.append(f"{engine} {largest:.1e}{mark}")
    if len(matrix.largest) > 1:
        words.append("equal" if matrix.apart <= 1 else "NOT EQUAL")
    return "  ".join(words)


def _counter(
    step: int, corpus: Corpus, every: bool, json: bool
) -> AbstractContextManager[Callable[[int], None]]:
    """A bar over the weights in a terminal, otherwise nothing."""
    model = preset(f"step{step}").with_vocabulary(len(corpus.characters) + 1).model
    total = weights_to_check(step, num_params(model), every)
    if json or not total or not in_terminal():
        return nullcontext(lambda weights: None)
    return ticking(f"step {step}", total)
