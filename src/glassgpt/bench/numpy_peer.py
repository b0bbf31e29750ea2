"""The same training step in NumPy, forward and backward by hand: a peer for speed.

As one would write it: all positions of a name at once, and Adam on all weights at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glassgpt.config import Record
from glassgpt.errors import invalid

Array = npt.NDArray[Any]


@dataclass
class _Seen:
    """What the forward pass keeps: (n, C); q, k, v, p by head; scales of the norms."""

    emb: Array
    x: Array
    a: Array
    q: Array
    k: Array
    v: Array
    p: Array
    joined: Array
    mid: Array
    b: Array
    h: Array
    out: Array
    probs: Array
    scales: tuple[Array, Array, Array]


class NumpyPeer:
    """Step 5 with one layer, from given weights by name: (rows, columns) each."""

    def __init__(self, record: Record, weights: Mapping[str, Array]) -> None:
        if record.model.step != 5 or record.model.n_layer != 1:
            raise invalid("step", record.model.step, "the peer is step 5, one layer")
        self.record = record
        self.flat = np.concatenate([w.reshape(-1) for w in weights.values()])
        self.grad, self.m, self.v = (np.zeros_like(self.flat) for _ in range(3))
        self.w, self.d = (
            self._views(self.flat, weights),
            self._views(self.grad, weights),
        )

    def train(self, step: int, tokens: Sequence[int]) -> float:
        """One step on one document; its loss."""
        train = self.record.train
        loss = self.gradient(tokens)
        rate = train.learning_rate * (1 - step / train.num_steps)
        m, v, g = self.m, self.v, self.grad
        m *= train.beta1
        m += (1 - train.beta1) * g
        v *= train.beta2
        v += (1 - train.beta2) * g * g
        m_hat = m / (1 - train.beta1 ** (step + 1))
        v_hat = v / (1 - train.beta2 ** (step + 1))
        self.flat -= rate * m_hat / (np.sqrt(v_hat) + train.eps_adam)
        return loss

    def gradient(self, tokens: Sequence[int]) -> float:
        """The loss of a document; its gradient goes to `d`, by name."""
        n = min(self.record.model.block_size, len(tokens) - 1)
        read, targets = np.asarray(tokens[:n]), np.asarray(tokens[1 : n + 1])
        seen = self._forward(read)
        places = np.arange(n)
        loss = -np.log(seen.probs[places, targets]).mean()
        dlogits = seen.probs
        dlogits[places, targets] -= 1
        dlogits /= n
        self.grad[:] = 0
        demb = self._backward(seen, dlogits)
        np.add.at(self.d["wte"], read, demb)
        self.d["wpe"][:n] = demb
        return float(loss)

    def _forward(self, read: Array) -> _Seen:
        """What the way back needs; (n, C) each, heads (H, n, D)."""
        w, n = self.w, len(read)
        emb = w["wte"][read] + w["wpe"][:n]
        x, emb_scale = self._norm(emb)
        a, a_scale = self._norm(x)
        q, k, v = (self._heads(a @ w[f"layer0.attn_w{part}"].T) for part in "qkv")
        scores = q @ k.swapaxes(1, 2) / self._root(q)
        scores[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
        p = _softmax(scores)
        joined = (p @ v).swapaxes(0, 1).reshape(n, -1)
        mid = x + joined @ w["layer0.attn_wo"].T
        b, b_scale = self._norm(mid)
        h = np.maximum(b @ w["layer0.mlp_fc1"].T, 0)
        out = mid + h @ w["layer0.mlp_fc2"].T
        probs = _softmax(out @ w["lm_head"].T)
        scales = emb_scale, a_scale, b_scale
        return _Seen(emb, x, a, q, k, v, p, joined, mid, b, h, out, probs, scales)

    def _backward(self, seen: _Seen, dlogits: Array) -> Array:
        """The gradients by name, in the opposite order; that of the embeddings."""
        w, d, n = self.w, self.d, len(dlogits)
        emb_scale, a_scale, b_scale = seen.scales
        d["lm_head"][:] = dlogits.T @ seen.out
        dout = dlogits @ w["lm_head"]
        d["layer0.mlp_fc2"][:] = dout.T @ seen.h
        dh = (dout @ w["layer0.mlp_fc2"]) * (seen.h > 0)
        d["layer0.mlp_fc1"][:] = dh.T @ seen.b
        dmid = dout + _norm_back(dh @ w["layer0.mlp_fc1"], seen.mid, b_scale)
        d["layer0.attn_wo"][:] = dmid.T @ seen.joined
        djoined = self._heads(dmid @ w["layer0.attn_wo"])
        dp = djoined @ seen.v.swapaxes(1, 2)
        dscores = seen.p * (dp - (dp * seen.p).sum(-1, keepdims=True))
        dscores /= self._root(seen.q)
        parts = {"q": dscores @ seen.k, "k": dscores.swapaxes(1, 2) @ seen.q}
        parts["v"] = seen.p.swapaxes(1, 2) @ djoined
        da = np.zeros_like(seen.a)
        for part, gradient in parts.items():
            flat = gradient.swapaxes(0, 1).reshape(n, -1)
            d[f"layer0.attn_w{part}"][:] = flat.T @ seen.a
            da += flat @ w[f"layer0.attn_w{part}"]
        dx = dmid + _norm_back(da, seen.x, a_scale)
        return _norm_back(dx, seen.emb, emb_scale)

    def _heads(self, x: Array) -> Array:
        """(n, C) as (H, n, D)."""
        return x.reshape(len(x), self.record.model.n_head, -1).swapaxes(0, 1)

    def _root(self, q: Array) -> Any:
        """The root of a head's size, in the precision of `q`."""
        return np.sqrt(q.shape[-1]).astype(q.dtype)

    def _views(self, flat: Array, weights: Mapping[str, Array]) -> dict[str, Array]:
        found, start = {}, 0
        for name, w in weights.items():
            found[name] = flat[start : start + w.size].reshape(w.shape)
            start += w.size
        return found

    def _norm(self, x: Array) -> tuple[Array, Array]:
        """x and its factor: (n, C), (n, 1)."""
        eps = self.record.model.rms_eps
        scale = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + x.dtype.type(eps))
        return x * scale, scale


def _norm_back(dy: Array, x: Array, scale: Array) -> Array:
    through = scale**3 * (dy * x).mean(-1, keepdims=True)
    return np.asarray(scale * dy - through * x)


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))
