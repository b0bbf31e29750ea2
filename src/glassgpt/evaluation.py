"""How well a model predicts documents that it has not seen, beside simple baselines."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glassgpt.data.loader import DataLoader
from glassgpt.engines.base import Engine
from glassgpt.tokenizers import Tokenizer

# fewer held-out documents than this say nothing
FEWEST = 20


@dataclass(frozen=True)
class Evaluation:
    """Mean losses in nats a token, over all the tokens of so many documents."""

    loss: float
    documents: int
    tokens: int
    baselines: dict[str, float]

    @property
    def perplexity(self) -> float:
        """As good as choosing among this many tokens."""
        return math.exp(self.loss) if self.loss < 700 else math.inf

    def to_json(self) -> dict[str, Any]:
        """Plain values; a loss that is not finite is None."""
        finite = self.loss if math.isfinite(self.loss) else None
        perplexity = self.perplexity if math.isfinite(self.perplexity) else None
        return {**asdict(self), "loss": finite, "perplexity": perplexity}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> "Evaluation":
        """The evaluation that `to_json` gave."""
        loss = math.inf if obj["loss"] is None else obj["loss"]
        return cls(loss, obj["documents"], obj["tokens"], dict(obj["baselines"]))


def can_measure() -> bool:
    """Whether there is a kernel, which finds what is held out, and the baselines."""
    return not _why_no_kernel()


def why_unmeasured() -> str:
    """Why there is no held-out loss; before training it was said what brings one."""
    if why := _why_no_kernel():
        return f"no held-out loss: {why}"
    return "no held-out loss: too few documents were left out of training"


def _why_no_kernel() -> str:
    from glassgpt.kernel.bindings.library import why_unavailable

    return why_unavailable()


def evaluate(
    engine: Engine, tokenizer: Tokenizer, loader: DataLoader, limit: int | None = None
) -> Evaluation | None:
    """The mean loss of each token of a loader's held-out documents, and of baselines.

    At most `limit` documents, by default the record's eval_docs, 0 for all; None where
    fewer than 20 are left. The baselines count what the loader trains on. A document
    longer than the block counts as far as the model reads it. Raises GlassGPTError
    where there is no kernel: see `can_measure`.
    """
    chosen = loader.heldout(limit)
    if len(chosen) < FEWEST and len(loader.heldout(FEWEST)) < FEWEST:
        return None
    return evaluate_on(engine, tokenizer, chosen, loader.trained())


def evaluate_on(
    engine: Engine,
    tokenizer: Tokenizer,
    documents: Iterable[str],
    trained: Iterable[str] | None,
) -> Evaluation:
    """The same on any documents, one at least; the baselines count `trained`.

    Without it there are none.
    """
    heldout = [_read(engine, tokenizer.encode(text)) for text in documents]
    total, count = engine.sum_of_losses(heldout)
    baselines = {}
    if trained is not None:
        counted = map(tokenizer.encode, trained)
        baselines = baseline_losses(counted, heldout, tokenizer.vocab_size)
    return Evaluation(
        loss=total / count,
        documents=len(heldout),
        tokens=count,
        baselines=baselines,
    )


def baseline_losses(
    trained: Iterable[list[int]], heldout: Sequence[list[int]], vocab_size: int
) -> dict[str, float]:
    """The mean of -ln p over held-out documents, of models that only count `trained`.

    Of nothing, of letters, of pairs, of triples, and of letters at their place; how is
    written in glassgpt.h.
    """
    from glassgpt.kernel.bindings import corpus  # reads the kernel's description

    return corpus.baseline_losses(trained, heldout, vocab_size)


def _read(engine: Engine, tokens: list[int]) -> list[int]:
    model = engine.record.model
    return tokens[: model.block_size + 1] if model.reads_block else tokens
