"""How well a model predicts documents that it has not seen, beside simple baselines."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from glassgpt.course import AnyCourse
from glassgpt.engines.base import Engine
from glassgpt.tokenizer import Tokenizer

# fewer held-out documents than this say nothing
FEWEST = 20
# how many observations of a pair its trigram must have to count as much as the bigram
_TRUST = 5.0


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


def evaluate(
    engine: Engine, tokenizer: Tokenizer, course: AnyCourse, limit: int | None = None
) -> Evaluation | None:
    """The mean loss of each token of a course's held-out documents, and of baselines.

    At most `limit` documents, by default the record's eval_docs, 0 for all; None where
    fewer than 20 are left. The baselines count what the course trains on. A document
    longer than the block counts as far as the model reads it.
    """
    chosen = course.heldout(limit)
    if len(chosen) < FEWEST and len(course.heldout(FEWEST)) < FEWEST:
        return None
    return evaluate_on(engine, tokenizer, chosen, course.trained())


def evaluate_on(
    engine: Engine,
    tokenizer: Tokenizer,
    documents: Iterable[str],
    trained: Iterable[str],
) -> Evaluation:
    """The same on any documents, one at least; the baselines count `trained`."""
    heldout = [_read(engine, tokenizer.encode(text)) for text in documents]
    total, count = engine.sum_of_losses(heldout)
    counts = Baselines(map(tokenizer.encode, trained), tokenizer.vocab_size)
    return Evaluation(
        loss=total / count,
        documents=len(heldout),
        tokens=count,
        baselines=counts.losses(heldout),
    )


class Baselines:
    """Predicting by counts alone: of nothing, of letters, of pairs and of triples.

    Letters and pairs count each possibility once more, as Step 0 does. A triple leans
    on its pair as if that had been seen five times: p3 = (c + 5 p2) / (total + 5).
    """

    def __init__(self, documents: Iterable[list[int]], vocab_size: int) -> None:
        self._vocab_size = vocab_size
        self._ones: Counter[int] = Counter()
        self._twos: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._threes: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        for tokens in documents:
            self._ones.update(tokens[1:])
            for (before, token), after in zip(
                pairwise([tokens[0], *tokens]), tokens[1:], strict=False
            ):
                self._twos[token][after] += 1
                self._threes[before, token][after] += 1

    def losses(self, documents: Sequence[list[int]]) -> dict[str, float]:
        """The mean of -ln p over all predicted tokens, for each baseline."""
        triples = [
            (before, token, after)
            for tokens in documents
            for (before, token), after in zip(
                pairwise([tokens[0], *tokens]), tokens[1:], strict=False
            )
        ]
        models = {
            "uniform": lambda before, token, after: 1 / self._vocab_size,
            "letter": lambda before, token, after: self._one(after),
            "bigram": lambda before, token, after: self._two(token, after),
            "trigram": self._three,
        }
        return {
            name: -math.fsum(math.log(p(*triple)) for triple in triples) / len(triples)
            for name, p in models.items()
        }

    def _one(self, after: int) -> float:
        return (self._ones[after] + 1) / (self._ones.total() + self._vocab_size)

    def _two(self, token: int, after: int) -> float:
        row = self._twos[token]
        return (row[after] + 1) / (row.total() + self._vocab_size)

    def _three(self, before: int, token: int, after: int) -> float:
        row = self._threes[before, token]
        leaning = _TRUST * self._two(token, after)
        return (row[after] + leaning) / (row.total() + _TRUST)


def _read(engine: Engine, tokens: list[int]) -> list[int]:
    model = engine.record.model
    return tokens[: model.block_size + 1] if model.reads_block else tokens
