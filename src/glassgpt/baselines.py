"""Predicting by counts alone, to have something to compare a model with."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

# how many observations of a pair its trigram must have to count as much as the bigram
_TRUST = 5.0


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
