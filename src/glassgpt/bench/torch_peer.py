"""The same training step in PyTorch, eager: autograd and torch.optim.Adam.

Loaded only where torch is installed. One thread: for so small a model more are slower.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from glassgpt.config import Record


class TorchPeer:
    """Step 5 with one layer, from given weights by name: NumPy arrays."""

    def __init__(self, record: Record, weights: Mapping[str, Any]) -> None:
        torch.set_num_threads(1)
        self.record, train = record, record.train
        self.w = {
            name: torch.from_numpy(array.copy()).requires_grad_()
            for name, array in weights.items()
        }
        betas = (train.beta1, train.beta2)
        self.adam = torch.optim.Adam(
            self.w.values(), lr=train.learning_rate, betas=betas, eps=train.eps_adam
        )

    def train(self, step: int, tokens: Sequence[int]) -> float:
        """One step on one document; its loss."""
        train = self.record.train
        loss = self.gradient(tokens)
        for group in self.adam.param_groups:
            group["lr"] = train.learning_rate * (1 - step / train.num_steps)
        self.adam.step()
        return loss

    def gradient(self, tokens: Sequence[int]) -> float:
        """The loss of a document; its gradient is in each weight's `grad`."""
        self.adam.zero_grad()
        loss = self._loss(tokens)
        loss.backward()
        return float(loss.detach())

    def _loss(self, tokens: Sequence[int]) -> Any:
        w, model = self.w, self.record.model
        n = min(model.block_size, len(tokens) - 1)
        read = torch.tensor(tokens[:n])
        shape = (n, model.n_head, -1)
        x = self._norm(w["wte"][read] + w["wpe"][:n])
        a = self._norm(x)
        q, k, v = (
            (a @ w[f"layer0.attn_w{part}"].T).view(shape).transpose(0, 1)
            for part in "qkv"
        )
        heads = functional.scaled_dot_product_attention(
            q[None], k[None], v[None], is_causal=True
        )
        x = x + heads[0].transpose(0, 1).reshape(n, -1) @ w["layer0.attn_wo"].T
        h = functional.relu(self._norm(x) @ w["layer0.mlp_fc1"].T)
        x = x + h @ w["layer0.mlp_fc2"].T
        return functional.cross_entropy(
            x @ w["lm_head"].T, torch.tensor(tokens[1 : n + 1])
        )

    def _norm(self, x: Any) -> Any:
        return functional.rms_norm(x, x.shape[-1:], eps=self.record.model.rms_eps)
