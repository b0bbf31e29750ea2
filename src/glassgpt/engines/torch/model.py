"""The lessons' models on whole batches: B sequences of T tokens at once.

Shapes: tokens (B, T), the residual stream x (B, T, n_embd), E for n_embd. The matrices
are the lesson's, by their names; a layer is a module called `layer0`, so that a
parameter's name is the name in the record.
"""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from glassgpt.config import ModelConfig
from glassgpt.engines.shapes import shapes
from glassgpt.engines.torch.loss import LossAndDlogits, loss_and_dlogits, weighted_loss

_LAYER = "layer0."


class Model(nn.Module):
    """A model that turns tokens into what its last matrix, `head`, makes logits of."""

    head_name = "lm_head"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.compute_dtype: torch.dtype | None = None  # None is that of the weights
        self.remat = False
        self.loss_and_dlogits: LossAndDlogits = loss_and_dlogits

    @property
    def head(self) -> Tensor:
        """The last matrix: (vocab_size, E or hidden)."""
        return self.get_parameter(self.head_name)

    def hidden(self, tokens: Tensor, reading: bool = False) -> Tensor:
        """What the last matrix is applied to, at each position: (B, T, E)."""
        raise NotImplementedError

    def forward(self, tokens: Tensor, targets: Tensor, loss_weights: Tensor) -> Tensor:
        """The sum of -ln p of each target, times its weight in the loss: a number.

        `targets` and `loss_weights` are (B, T); padding has the weight 0.
        """
        x = self.hidden(tokens)
        return weighted_loss(
            x, self.head, targets, loss_weights, compute=self.loss_and_dlogits
        )

    def named_weights(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The matrices by the record's names, in the order of the record."""
        found = dict(self.named_parameters())
        for name in shapes(self.config):
            own = name if name in found else _LAYER + name
            yield name, found[own]


class Pairs(Model):
    """Steps 1 and 2: each token predicts the next, through one hidden layer."""

    head_name = "mlp_fc2"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        for name, shape in shapes(config).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    def hidden(self, tokens: Tensor, reading: bool = False) -> Tensor:
        """relu(mlp_fc1 wte[t]): (B, T, hidden)."""
        x = F.embedding(tokens, self.get_parameter("wte"))
        if self.compute_dtype and not reading:
            x = x.to(self.compute_dtype)
        return F.relu(_linear(x, self.get_parameter("mlp_fc1")))


class GPT(Model):
    """Steps 3 to 5: attention, one layer or many."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        shape_of = shapes(config)
        for name in ("wte", "wpe", "lm_head"):
            self.register_parameter(name, nn.Parameter(torch.empty(shape_of[name])))
        for li in range(config.n_layer):
            self.add_module(f"layer{li}", Block(config))

    @property
    def blocks(self) -> list["Block"]:
        """The layers, first to last."""
        modules = self._modules
        return [modules[f"layer{li}"] for li in range(self.config.n_layer)]  # type: ignore[misc]

    def hidden(self, tokens: Tensor, reading: bool = False) -> Tensor:
        """The residual stream after the last layer: (B, T, E)."""
        x = self.embed(tokens, 0)
        if self.compute_dtype and not reading:
            x = x.to(self.compute_dtype)
        for block in self.blocks:
            if reading:
                x = block.forward(x)  # past what was compiled for training's shapes
            elif self.remat:
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        return x

    def embed(self, tokens: Tensor, start: int) -> Tensor:
        """rmsnorm(wte[t] + wpe[pos]), positions from `start`: (B, T, E)."""
        wte, wpe = self.get_parameter("wte"), self.get_parameter("wpe")
        x = F.embedding(tokens, wte) + wpe[start : start + tokens.shape[1]]
        return F.rms_norm(x, x.shape[-1:], eps=self.config.rms_eps)


class Block(nn.Module):
    """A layer: attention, then the MLP, each on the normed stream and added to it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.n_head, self.rms_eps = config.n_head, config.rms_eps
        n_embd = config.n_embd
        square, hidden = (n_embd, n_embd), 4 * n_embd
        for part in "qkvo":
            self.register_parameter(f"attn_w{part}", nn.Parameter(torch.empty(square)))
        self.mlp_fc1 = nn.Parameter(torch.empty(hidden, n_embd))
        self.mlp_fc2 = nn.Parameter(torch.empty(n_embd, hidden))

    def forward(self, x: Tensor) -> Tensor:
        """The stream after this layer: (B, T, E) to (B, T, E)."""
        q, k, v = self.queries(x)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.rest(x, a)

    def queries(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of each head: three of (B, heads, T, E / heads)."""
        # one product instead of three
        wqkv = torch.cat([self.get_parameter(f"attn_w{part}") for part in "qkv"])
        qkv = _linear(self._normed(x), wqkv)
        qkv = qkv.view(*x.shape[:-1], 3, self.n_head, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind()  # (3, B, heads, T, E / heads)
        return q, k, v

    def rest(self, x: Tensor, a: Tensor) -> Tensor:
        """The stream after attention's weighted values a (B, heads, T, E / heads)."""
        x = x + _linear(a.transpose(1, 2).flatten(2), self.get_parameter("attn_wo"))
        h = F.relu(_linear(self._normed(x), self.mlp_fc1))
        return x + _linear(h, self.mlp_fc2)

    def _normed(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], eps=self.rms_eps)


def make_model(config: ModelConfig) -> Model:
    """The model of a record's step, 1 to 5; its weights are not drawn yet."""
    return GPT(config) if config.reads_block else Pairs(config)


def _linear(x: Tensor, w: Any) -> Tensor:
    return F.linear(x, w.to(x.dtype))
