"""glassgpt eval: how well a model predicts what it has not seen."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from glassgpt.cli.view.options import Json, RunArgument
from glassgpt.cli.view.output import (
    evaluation_lines,
    say,
    say_aside,
    say_json,
    say_note,
    visible,
)
from glassgpt.data import load as load_documents
from glassgpt.data.documents import Corpus, clean
from glassgpt.errors import DataError, GlassGPTError, invalid
from glassgpt.evaluation import FEWEST, Evaluation
from glassgpt.formatting import format_number
from glassgpt.runs.run import Run, load
from glassgpt.tokenizers import Tokenizer
from glassgpt.training.advice import enough_held_out


def eval_command(
    run: RunArgument,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="NAME|FILE",
            help="Measure on these; or name the run's own, where they are now."
            " [the run's held-out]",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Show each token of one document."),
    ] = None,
    eval_docs: Annotated[
        str | None,
        typer.Option("--eval-docs", metavar="N|all", help="How many at most. [500]"),
    ] = None,
    json: Json = False,
) -> None:
    """Measure a model: held-out loss, perplexity and baselines.

    The held-out documents are distinct ones that it was not trained on.
    """
    loaded = load(run, say_note)
    if text is not None:
        _one_document(loaded, text, json)
        return
    limit = _limit(eval_docs)
    found = loaded.evaluate(limit) if data is None else _on(loaded, data, limit)
    if found is None:
        raise _too_few(run, data, loaded)
    _show(found, json)


def _on(loaded: Run, data: str, limit: int | None) -> Evaluation | None:
    """The loss on documents that are named, or on the held-out of the run's own."""
    given = load_documents(data)
    if loaded.take(given) and (found := loaded.evaluate(limit)):
        return found
    try:
        _ = loaded.corpus
    except DataError as error:
        say_aside(f"{error}: documents that it was trained on are measured too")
        return loaded.evaluate_on_all(given, limit)
    return loaded.evaluate_on(given, limit)


def _too_few(run: Path, data: str | None, loaded: Run) -> GlassGPTError:
    if data is None:
        why = f"fewer than {FEWEST} documents were left out of training"
        remedy = "Name others with --data."
        if isinstance(loaded.corpus, Corpus):
            enough = enough_held_out(loaded.corpus, loaded.config)
            remedy = f"Name others with --data. In a new training {enough}."
        return invalid("run", run, why, remedy, DataError)
    why = "the model was trained on each of its documents"
    return invalid("data", data, why, "Name a file with others.", DataError)


def _show(evaluation: Evaluation, json: bool) -> None:
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
        before, token = visible(row["from"]), visible(row["token"])
        say(f"{before:>4} -> {token:<4} p {p}  loss {loss}")
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
