"""The loss of a batch, without ever holding all its logits where they are many.

Shapes: N rows of the hidden state x (N, E), the head w (V, E), targets (N,) and their
weights in the loss (N,).
"""

import functools
from collections.abc import Callable
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it
from torch import Tensor

# so many logits at once are held in memory; more are made and left again in parts
LOGITS_AT_ONCE = {"cpu": 2**24, "cuda": 2**28}
# the rows of a product on a GPU are fastest in steps of this
_ALIGNED = 64
LossAndDlogits = Callable[[Tensor, Tensor, Tensor, int], tuple[Tensor, Tensor]]


def weighted_loss(
    x: Tensor,
    head: Tensor,
    targets: Tensor,
    loss_weights: Tensor,
    at_once: int | None = None,
    compute: LossAndDlogits | None = None,
) -> Tensor:
    """The sum of loss_weights * -ln p(target): a number, float32 at least.

    With more than `at_once` logits, or on a GPU, rows go through in parts, and each
    part's gradient is found at once, by `loss_and_dlogits` or `compute`, which does the
    same, so that its logits can be forgotten.
    """
    x, targets, weights = x.flatten(0, -2), targets.flatten(), loss_weights.flatten()
    at_once = at_once or LOGITS_AT_ONCE[x.device.type]
    rows = _rows(x.shape[0], head.shape[0], at_once)
    if torch.is_grad_enabled() and (rows < x.shape[0] or x.is_cuda):
        apply: Any = _InParts.apply
        compute = compute or loss_and_dlogits
        return cast(Tensor, apply(x, head, targets, weights, rows, compute))
    parts = zip(*(torch.split(t, rows) for t in (x, targets, weights)), strict=True)
    losses = [(token_losses(a, head, b) * c.to(a.dtype)).sum() for a, b, c in parts]
    return torch.stack(losses).sum()


def token_losses(x: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """-ln p(target) of each row: (N,), float32 at least."""
    return F.cross_entropy(_wide(_logits(x, head)), targets, reduction="none")


class _InParts(torch.autograd.Function):
    """The loss, and at once the gradients of x and head, a part of the rows each."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        head: Tensor,
        targets: Tensor,
        weights: Tensor,
        rows: int,
        compute: LossAndDlogits,
    ) -> Tensor:
        vocab = head.shape[0]
        w = F.pad(head.to(x.dtype), (0, 0, 0, -vocab % _ALIGNED if x.is_cuda else 0))
        dx, dw = torch.empty_like(x), torch.zeros_like(w, dtype=head.dtype)
        total = torch.zeros((), dtype=_wide_dtype(x), device=x.device)
        for start in range(0, x.shape[0], rows):
            part = slice(start, start + rows)
            logits = F.linear(x[part], w)
            loss, dlogits = compute(logits, targets[part], weights[part], vocab)
            total += loss
            torch.mm(dlogits, w, out=dx[part])
            dw += dlogits.T @ x[part]
        ctx.save_for_backward(dx, dw[:vocab])
        return total

    @staticmethod
    def backward(ctx: Any, *dtotal: Any) -> Any:
        dx, dw = ctx.saved_tensors
        (up,) = dtotal
        return dx * up.to(dx.dtype), dw * up.to(dw.dtype), None, None, None, None


def loss_and_dlogits(
    logits: Tensor, targets: Tensor, weights: Tensor, vocab: int
) -> tuple[Tensor, Tensor]:
    """The loss of some rows, and its gradient along their logits, (N, columns).

    Columns from `vocab` on are padding: their probability is 0.
    """
    wide = _wide(logits)
    columns = torch.arange(logits.shape[1], device=logits.device)
    wide = torch.where(columns < vocab, wide, -torch.inf)
    lnp = wide - torch.logsumexp(wide, -1, keepdim=True)
    at_target = columns == targets[:, None]
    weight = weights[:, None].to(lnp.dtype)
    loss = -(torch.where(at_target, lnp, 0.0) * weight).sum()
    dlogits = (torch.exp(lnp) - at_target.to(lnp.dtype)) * weight
    return loss, dlogits.to(logits.dtype)


@functools.cache
def compiled_loss_and_dlogits() -> LossAndDlogits:
    """`loss_and_dlogits` in one pass over the logits, for a GPU."""
    return cast(LossAndDlogits, torch.compile(loss_and_dlogits, dynamic=False))


def _rows(count: int, vocab: int, at_once: int) -> int:
    """How many of `count` rows go through at once: all parts of one size, nearly."""
    parts = -(-count * vocab // at_once)
    return max(1, -(-count // max(1, parts)))


def _logits(x: Tensor, head: Tensor) -> Tensor:
    return F.linear(x, head.to(x.dtype))


def _wide_dtype(x: Tensor) -> torch.dtype:
    return torch.float64 if x.dtype == torch.float64 else torch.float32


def _wide(logits: Tensor) -> Tensor:
    return logits.to(_wide_dtype(logits))
