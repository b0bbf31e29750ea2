"""Reading token by token with the keys and values of those before, and writing.

Shapes: B documents side by side, all of the same length so far; V for vocab_size.
"""

import random
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it
from torch import Tensor

from glassgpt.config import SamplingConfig
from glassgpt.engines.torch.model import GPT, Model
from glassgpt.errors import GlassGPTError, invalid

# so many tokens a cache has room for at first; it doubles when they are there
_ROOM = 64
# from logits (B, V) to the next tokens (B,)
Draw = Callable[[Tensor], Tensor]


class Cache:
    """The keys and values of every layer: each (layers, B, heads, room, E / heads)."""

    def __init__(self, model: GPT, count: int) -> None:
        config, like = model.config, model.get_parameter("wte")
        self._most, head_size = config.block_size, config.n_embd // config.n_head
        room = min(_ROOM, self._most)
        shape = (config.n_layer, count, config.n_head, room, head_size)
        self.keys = torch.empty(shape, dtype=like.dtype, device=like.device)
        self.values = torch.empty_like(self.keys)
        self.length = 0

    def make_room(self, length: int) -> None:
        """See that so many tokens have a place."""
        room = self.keys.shape[3]
        if length > room:
            more = max(length, min(2 * room, self._most)) - room
            self.keys = F.pad(self.keys, (0, 0, 0, more))
            self.values = F.pad(self.values, (0, 0, 0, more))

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all documents but those in these rows."""
        self.keys, self.values = self.keys[:, rows], self.values[:, rows]


@torch.no_grad()
def next_logits(model: Model, tokens: Tensor, cache: Cache | None) -> Tensor:
    """Read tokens (B, t), and give the logits of what comes next: (B, vocab_size).

    The first call may bring many, each later one brings one. Steps 1 and 2 need no
    cache.
    """
    if cache is None or not isinstance(model, GPT):
        x = model.hidden(tokens, reading=True)
    else:
        x = _read(model, tokens, cache)
    return F.linear(x[:, -1], model.head)


def _read(model: GPT, tokens: Tensor, cache: Cache) -> Tensor:
    start, end = cache.length, cache.length + tokens.shape[1]
    cache.make_room(end)
    x = model.embed(tokens, start)
    for li, block in enumerate(model.blocks):
        q, k, v = block.queries(x)
        keys, values = cache.keys[li], cache.values[li]
        keys[:, :, start:end], values[:, :, start:end] = k, v
        seen = keys[:, :, :end], values[:, :, :end]
        a = F.scaled_dot_product_attention(q, *seen, is_causal=end - start > 1)
        x = block.rest(x, a)
    cache.length = end
    return x


class TorchDecoder:
    """Reads one document. See `engines.decoding.Decoder`."""

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model, self._device = model, device
        self._cache = Cache(model, 1) if isinstance(model, GPT) else None

    def step(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""
        tokens = torch.tensor([[token_id]], device=self._device)
        logits = next_logits(self._model, tokens, self._cache)[0].double()
        return torch.softmax(logits / temperature, 0).tolist()


@torch.no_grad()
def generate_batch(
    model: Model,
    start: Sequence[int],
    count: int,
    limit: int,
    draw: Draw,
    cached: bool = True,
) -> list[list[int]]:
    """The tokens of `count` documents after `start`, BOS first, at most `limit` each.

    All that go on draw a token, in their order, then all their next, until BOS comes.
    Without the cache everything is read again for each token: the slow way, for
    comparison.
    """
    bos, device = start[0], model.head.device
    cache = Cache(model, count) if cached and isinstance(model, GPT) else None
    written: list[list[int]] = [[] for _ in range(count)]
    documents, going = list(range(count)), list(range(count))  # in each row; rows
    fresh = [list(start)] * count
    for _ in range(limit):
        logits = next_logits(model, torch.tensor(fresh, device=device), cache)
        drawn = draw(logits[going]).tolist()
        going = [row for row, token in zip(going, drawn, strict=True) if token != bos]
        for row, token in zip(going, (t for t in drawn if t != bos), strict=True):
            written[documents[row]].append(token)
        if not going:
            break
        if cache is None or 2 * len(going) <= len(documents):
            documents = [documents[row] for row in going]
            if cache:
                cache.keep(going)
            going = list(range(len(documents)))
        # a row whose document has ended is read on, and means nothing
        last = (written[document][-1:] or [bos] for document in documents)
        whole = ([*start, *written[document]] for document in documents)
        fresh = list(last if cache else whole)
    return written


def drawing(config: SamplingConfig, rng: random.Random) -> Draw:
    """What draws as `engines.decoding.choose` does: a number of `rng` for each row."""

    def draw(logits: Tensor) -> Tensor:
        if config.temperature == 0:
            return logits.argmax(-1)
        probs = torch.softmax(logits.double() / config.temperature, -1)
        sums = keep_likely(probs, config).cumsum(-1)
        if not bool(sums[:, -1].isfinite().all()):
            why, remedy = "the weights have grown too large", "Train again more slowly."
            raise invalid("probability", "nan", why, remedy, GlassGPTError)
        places = torch.tensor([[rng.random()] for _ in logits], dtype=torch.float64)
        places = places.to(sums.device) * sums[:, -1:]
        return torch.searchsorted(sums[:, :-1].contiguous(), places, right=True)[:, 0]

    return draw


def keep_likely(probs: Tensor, config: SamplingConfig) -> Tensor:
    """The probabilities with those that are not kept set to 0: (B, V)."""
    if not config.top_k and config.top_p == 1:
        return probs
    ranked, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ranked.cumsum(-1).roll(1, -1)
    before[:, 0] = 0
    ranked[before >= config.top_p] = 0
    if config.top_k:
        ranked[:, config.top_k :] = 0
    return torch.zeros_like(probs).scatter(-1, order, ranked)
