"""Reading token by token with the keys and values of those before, and writing.

Shapes: B documents side by side, all of the same length so far.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it
from torch import Tensor

from glassgpt.engines.torch.model import GPT, Model


class Cache:
    """The keys and values of every layer: each (B, heads, block_size, E / heads)."""

    def __init__(self, model: GPT, count: int, block_size: int | None = None) -> None:
        config, like = model.config, model.get_parameter("wte")
        block_size = block_size or config.block_size
        head_size = config.n_embd // config.n_head
        shape = (config.n_layer, count, config.n_head, block_size, head_size)
        self.keys = torch.empty(shape, dtype=like.dtype, device=like.device)
        self.values = torch.empty_like(self.keys)
        self.length = 0


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


class TorchReader:
    """Reads one document. See `engines.base.Reader`."""

    def __init__(self, model: Model, device: torch.device) -> None:
        self._model, self._device = model, device
        self._cache = Cache(model, 1) if isinstance(model, GPT) else None

    def feed(self, token_id: int, temperature: float = 1.0) -> list[float]:
        """The probability of each token to come next: (vocab_size,), sums to 1."""
        tokens = torch.tensor([[token_id]], device=self._device)
        logits = next_logits(self._model, tokens, self._cache)[0].double()
        return torch.softmax(logits / temperature, 0).tolist()


def write_batch(
    model: Model,
    prompt: Sequence[int],
    count: int,
    length: int,
    temperature: float,
    generator: torch.Generator,
    bos: int | None = None,
    cached: bool = True,
) -> Tensor:
    """`count` documents side by side, at most `length` tokens each: (count, <=length).

    Each goes on from `prompt`, BOS first. Where `bos` is given, what comes after it in
    a row means nothing, and all stop once every row has it. Without the cache
    everything is read again for each token: the slow way, for comparison.
    """
    device = model.head.device
    tokens = torch.tensor([list(prompt)], device=device).expand(count, -1)
    cache = None
    if cached and isinstance(model, GPT):
        cache = Cache(model, count, len(prompt) + length)
    fresh, written = tokens, tokens
    ended = torch.zeros(count, dtype=torch.bool, device=device)
    for _ in range(length):
        logits = next_logits(model, fresh if cache else written, cache)
        if temperature:
            probs = torch.softmax(logits.float() / temperature, -1)
            fresh = torch.multinomial(probs, 1, generator=generator)
        else:
            fresh = logits.argmax(-1, keepdim=True)
        written = torch.cat((written, fresh), 1)
        if bos is not None:
            ended |= fresh[:, 0] == bos
            if bool(ended.all()):
                break
    return written[:, len(prompt) :]
