"""What every exported file says of the model besides its weights."""

from glassgpt.runs.run import Run


def facts(run: Run) -> dict[str, object]:
    """The record and the vocabulary, as plain values."""
    return {**run.config.to_json(), "tokenizer": run.tokenizer.to_json()}
