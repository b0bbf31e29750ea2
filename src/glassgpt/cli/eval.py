"""glassgpt eval: how well a model predicts what it has not seen."""

import math
from typing import Annotated, Any

import typer

from glassgpt.cli.options import Json, RunArgument
from glassgpt.cli.output import evaluation_lines, say, say_json
from glassgpt.data import clean
from glassgpt.errors import DataError, invalid
from glassgpt.evaluation import FEWEST, Evaluation
from glassgpt.numbers import format_number
from glassgpt.run import Run, load
from glassgpt.tokenizer import Tokenizer


def eval_command(
    run: RunArgument,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="NAME|FILE",
            help="Measure on these documents. [the run's held-out]",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Show each token of one document."),
    ] = None,
    eval_docs: Annotated[
        str | None,
        typer.Option("--eval-docs", metavar="N|all", help="At most so many. [500]"),
    ] = None,
    json: Json = False,
) -> None:
    """Measure a model: held-out loss, perplexity and baselines.

    The held-out documents are distinct ones that it was not trained on.
    """
    loaded = load(run)
    if text is not None:
        _one_document(loaded, text, json)
        return
    limit = _limit(eval_docs)
    if data is None:
        _show(loaded.evaluate(limit), json)
    else:
        _show(loaded.evaluate_on(data, limit), json)


def _show(evaluation: Evaluation | None, json: bool) -> None:
    if evaluation is None:
        why = f"fewer than {FEWEST} are left that were not trained on"
        remedy = "Train with --holdout 0.1 to keep some, or name others with --data."
        raise invalid("held-out documents", "too few", why, remedy, DataError)
    if json:
        say_json(evaluation.to_json())
        return
    for line in evaluation_lines(evaluation):
        say(line)


def _one_document(loaded: Run, text: str, json: bool) -> None:
    """Each token of a document with its probability and loss."""
    tokens = loaded.tokenizer.encode(clean(text))
    losses = loaded.engine.token_losses(tokens)
    names = [_token_name(loaded.tokenizer, token) for token in tokens]
    rows: list[dict[str, Any]] = [
        {"from": before, "token": token, "p": math.exp(-loss), "loss": loss}
        for before, token, loss in zip(names, names[1:], losses, strict=False)
    ]
    mean = math.fsum(losses) / len(losses)
    if json:
        say_json({"text": clean(text), "tokens": rows, "loss": mean})
        return
    for row in rows:
        p, loss = format_number(row["p"]), format_number(row["loss"])
        say(f"{row['from']:>4} -> {row['token']:<4} p {p}  loss {loss}")
    line = f"mean loss {format_number(mean)} over {len(losses)} tokens"
    unread = len(tokens) - 1 - len(losses)
    say(f"{line}; the block leaves out {unread} more" if unread else line)


def _token_name(tokenizer: Tokenizer, token: int) -> str:
    return "BOS" if token == tokenizer.bos else tokenizer.decode([token])


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "all":
        return 0
    if not text.isdecimal() or int(text) == 0:
        raise invalid("--eval-docs", text, "it is no number of documents", "Try all.")
    return int(text)
