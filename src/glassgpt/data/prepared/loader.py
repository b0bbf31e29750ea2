"""What a run is trained on when its documents are prepared: see `data.loader`."""

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from glassgpt.config import Record
from glassgpt.data.order import DocumentOrder, shuffled
from glassgpt.data.prepared.dataset import PreparedData
from glassgpt.data.prepared.heldout import (
    Smallest,
    Texts,
    as_fraction,
    hashed,
    numbers_of,
    unreached,
)
from glassgpt.data.prepared.index import Bits, Selection
from glassgpt.errors import invalid

# more documents than this are not shuffled: that takes a list of them all
MOST_SHUFFLED = 1_000_000
# what baselines count at most
COUNTED_TOKENS = 300_000


class PreparedLoader:
    """Prepared data under a record. See `data.loader.DataLoader`.

    Memory holds a bit a document where some are held out, and with order=shuffle a
    number for each; nothing else grows with the data.
    """

    def __init__(self, data: PreparedData, record: Record, rng: random.Random) -> None:
        self._data, self._train = data, record.train
        self._block, self._most = record.model.block_size, record.most_tokens
        self._draws = record.train.num_steps * record.train.batch_docs
        self._packs = record.train.doc_mode == "pack"
        self._heldout: Texts | None = None
        self._limit = record.train.eval_docs
        shuffles = record.train.order == "shuffle"
        positions = self._shuffled(rng) if shuffles else []
        self._selection = Selection(
            data, self._hold_out(self._limit) if self._holds else None
        )
        index = self._selection.index
        chosen = [k for i in positions if (k := index(i)) is not None]
        count = len(self._selection)
        if self._packs:
            count = -(-self._selection.num_tokens // self._block)
        draws = chosen if shuffles else range(count)
        self._order = DocumentOrder(draws, self._train.order, self._train.seed)
        self._first = set(chosen[: self._draws])

    def tokens(self, k: int) -> list[int]:
        """The token ids of the k-th draw."""
        if self._packs:
            start = self._order[k] * self._block
            return self._selection.joined(start, self._block + 1)
        return self._data.tokens(self._selection.number(self._order[k]), self._most)

    def sequences(self, first: int, count: int) -> list[list[int]]:
        """The token ids of `count` draws, from the one at `first` on."""
        return [self.tokens(k) for k in range(first, first + count)]

    def trained(self) -> Iterator[str]:
        """Distinct documents that are trained on, in the order they are drawn.

        They end when 300,000 tokens were given: enough for the baselines.
        """
        seen: set[str] = set()
        left = COUNTED_TOKENS
        for k in range(min(self._draws, len(self._order.documents))):
            for number in self._numbers(k):
                tokens = self._data.tokens(number)
                text = self._data.tokenizer.decode(tokens)
                if text not in seen and left > 0:
                    seen.add(text)
                    yield text[:left]
                    left -= len(tokens) - 1
            if left <= 0:
                return

    def heldout(self, limit: int | None = None) -> Sequence[str]:
        """Distinct documents that are not trained on, chosen by their hash."""
        usual = self._train.eval_docs
        limit = usual if limit is None else limit
        if self._heldout is None or not self._has(limit):
            self._limit = max(limit, usual) if limit else 0
            if self._holds:
                self._hold_out(self._limit)
            elif self._draws >= len(self._order.documents):
                self._heldout = Texts(self._data, [])
            else:
                seed = self._train.seed
                self._heldout = unreached(self._data, seed, self._limit, self._reached)
        assert self._heldout is not None
        return self._heldout[: limit or None]

    def reached_among(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts that are trained on."""
        return self._reached(numbers_of(self._data, self._train.seed, set(texts)))

    @property
    def _holds(self) -> bool:
        return self._train.holdout > 0

    def _has(self, limit: int) -> bool:
        """Whether what was found before is enough."""
        return self._limit == 0 or 0 < limit <= self._limit

    def _shuffled(self, rng: random.Random) -> list[int]:
        """The lesson's order: all documents are shuffled before any is held out."""
        count = len(self._data)
        if self._packs:
            why = "prepared documents are joined in the order they lie in"
            raise invalid("order", "shuffle", why, "Add --set order=permute.")
        if count > MOST_SHUFFLED:
            why = f"that needs a list of {count:,} documents"
            raise invalid("order", "shuffle", why, "Add --set order=permute.")
        return shuffled(range(count), rng)

    def _hold_out(self, limit: int) -> list[Bits]:
        """The documents to train on, a bit each; `limit` of the others are kept."""
        bits, smallest, kept = list[Bits](), Smallest(limit), 0
        for block, hashes in hashed(self._data, self._train.seed):
            out = as_fraction(hashes) < self._train.holdout
            smallest.add(hashes[out], block.first + np.nonzero(out)[0])
            bits.append(np.packbits(~out))
            kept += int((~out).sum())
        if not kept:
            why = f"it leaves none of {len(self._data):,} documents to train on"
            remedy = "Try less, or add documents."
            raise invalid("holdout", self._train.holdout, why, remedy)
        self._heldout = Texts(self._data, smallest.numbers())
        return bits

    def _numbers(self, k: int) -> Iterator[int]:
        """The documents of a draw."""
        at = self._order[k]
        if not self._packs:
            yield self._selection.number(at)
            return
        yield from self._selection.numbers(at * self._block, self._block)

    def _reached(self, places: dict[str, list[int]]) -> set[str]:
        """The texts that stand at a place that is trained on."""
        return {
            text
            for text, numbers in places.items()
            if any(map(self._is_reached, numbers))
        }

    def _is_reached(self, number: int) -> bool:
        k = self._selection.index(number)
        if k is None:
            return False
        if self._train.order == "shuffle":
            return k in self._first or self._draws >= len(self._order.documents)
        if not self._packs:
            return self._order.is_drawn(k, self._draws)
        start, end = self._selection.span(number)
        sequences = len(self._order.documents)
        touched = {*range(start // self._block, (end - 1) // self._block + 1)}
        if start < sequences * self._block - self._selection.num_tokens:
            touched.add(sequences - 1)  # which goes on at the beginning
        return any(self._order.is_drawn(j, self._draws) for j in touched)
