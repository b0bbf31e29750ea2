"""The torch engine: batched tensors on a CPU, a GPU, or many through torchrun."""

import math
import random
import time
from array import array
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it

from glassgpt.checkpoints.tensors import Tensor
from glassgpt.config import Record, SamplingConfig
from glassgpt.engines.base import Batch, Engine, StateShard, Tokens
from glassgpt.engines.decoding import DECODE_BATCH
from glassgpt.engines.shapes import match_state, shapes
from glassgpt.engines.torch.batches import shard_batch
from glassgpt.engines.torch.decoding import TorchDecoder, drawing, generate_batch
from glassgpt.engines.torch.distributed import device_of, join, translated_failures
from glassgpt.engines.torch.flops import flops_a_token, memory_used, peak_flops
from glassgpt.engines.torch.initial import drawn
from glassgpt.engines.torch.loss import token_losses
from glassgpt.engines.torch.model import Model, make_model
from glassgpt.engines.torch.optimizers import Optimizer
from glassgpt.engines.torch.parallel import ParallelModel
from glassgpt.engines.torch.snapshot import Snapshots
from glassgpt.errors import DivergedError, invalid


class TorchEngine(Engine):
    """An engine made of PyTorch.

    Every rank is given the whole batch of a step, and takes its own part of it.
    """

    name = "torch"
    saves_behind = True

    def __init__(self, record: Record, rng: random.Random, draw: bool = True) -> None:
        super().__init__(record, rng)
        self.group = join()
        self.device = device_of(self.group)
        with translated_failures():
            self._parallel = ParallelModel(record, self.group, self.device)
        self._locals = self._parallel.locals()
        self._optimizer = Optimizer(self._locals, record.train)
        self._snapshots = Snapshots(
            self._parallel, self._locals, self._optimizer.buffers
        )
        self._copy: Model | None = None  # whole, for reading, where weights are sharded
        self._norm, self._tokens = 0.0, 0
        if draw:
            for name, matrix in drawn(shapes(record.model), record.model.init_std, rng):
                self._set(self._locals[name], torch.from_numpy(matrix))

    @classmethod
    def check(cls, record: Record) -> None:
        """Raise UsageError for a record that this engine cannot compute."""
        if record.model.step == 0:
            why = "the torch engine has steps 1 to 5"
            raise invalid("step", 0, why, "Step 0 counts: leave --engine out.")

    @property
    def model(self) -> Model:
        """The whole model, for reading; all ranks must ask."""
        if not self._parallel.sharded:
            return self._parallel.model
        if self._copy is None:
            self._copy = make_model(self.record.model).to(
                device=self.device, dtype=next(iter(self._locals.values())).dtype
            )
            with torch.no_grad():
                for name, p in self._copy.named_weights():
                    p.copy_(self._parallel.whole(name, self._locals[name]))
        return self._copy

    def weights(self) -> dict[str, Tensor]:
        """A copy of every matrix by name; all ranks must ask."""
        return {name: self._tensor(name, part) for name, part in self._locals.items()}

    def buffers(self) -> dict[str, Tensor]:
        """A copy of what the optimiser remembers: "m.wte"; all ranks must ask."""
        return {
            f"{kind}.{name}": self._tensor(name, part)
            for kind, parts in self._optimizer.buffers.items()
            for name, part in parts.items()
        }

    def state_shard(self) -> StateShard:
        """What this rank saves of a moment: whole tensors, a part of them each."""
        return self._snapshots.take()

    def restore(
        self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]
    ) -> None:
        """Go on from these. Raises CheckpointError for other names or shapes."""
        match_state(self.record, weights, buffers)
        self._copy = None
        for name, part in self._locals.items():
            self._set(part, _torch(weights[name]))
            for k, parts in self._optimizer.buffers.items():
                self._set(parts[name], _torch(buffers[f"{k}.{name}"]))

    def loss(self, tokens: Tokens) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        losses = self._token_losses(tokens)
        return float(losses.double().mean())

    def token_losses(self, tokens: Tokens) -> list[float]:
        """-ln p of each next token: (n,)."""
        return self._token_losses(tokens).tolist()

    @torch.no_grad()
    def logits(self, tokens: Tokens) -> list[list[float]]:
        """The logits at each position: (n, vocab_size)."""
        model, ids = self.model, self._cut(tokens)
        x = model.hidden(ids[None, :-1], reading=True)[0]
        return F.linear(x, model.head).tolist()

    def perturbed_loss(self, tokens: Tokens, name: str, index: int, by: float) -> float:
        """The loss of a document with one weight moved, and put back."""
        weight = dict(self.model.named_weights())[name].detach().view(-1)
        kept = weight[index].clone()
        weight[index] += by
        try:
            return self.loss(tokens)
        finally:
            weight[index] = kept

    def gradients(self, tokens: Tokens) -> tuple[float, dict[str, Tensor]]:
        """The loss of a document and its gradient, by the name of the matrix."""
        model, ids = self.model, self._cut(tokens)
        ours = shard_batch([ids.tolist()], self.record, self.device)
        loss = model(*ours.micro_batches[0])
        named = dict(model.named_weights())
        found = torch.autograd.grad(loss, list(named.values()))
        gradients = zip(named, found, strict=True)
        return float(loss.detach()), {name: _plain(g) for name, g in gradients}

    def train_step(self, step: int, batch: Batch) -> float:
        """Measure the loss of a batch of documents, then update. `step` is from 0.

        Raises DivergedError, before anything is changed, when the loss or a gradient
        is not a finite number.
        """
        train = self.record.train
        loss, gradients = self._gradient(batch)
        squares = sum(norm**2 for norm in torch._foreach_norm(gradients))
        total, squared = self._parallel.sums(loss, torch.as_tensor(squares))
        self._norm = math.sqrt(squared) if squared >= 0 else math.nan
        if not (math.isfinite(total) and math.isfinite(self._norm)):
            raise DivergedError(step, total, train.learning_rate)
        if train.grad_clip and self._norm > train.grad_clip:
            torch._foreach_mul_(gradients, train.grad_clip / self._norm)
        self._optimizer.move(gradients, self.learning_rate(step), step)
        self._copy = None
        return total

    def decoder(self) -> TorchDecoder:
        """Begin a new document; all ranks must ask."""
        return TorchDecoder(self.model, self.device)

    def generate_batch(
        self, start: Tokens, limit: int, config: SamplingConfig, rng: random.Random
    ) -> list[list[int]]:
        """The tokens of DECODE_BATCH documents, written side by side."""
        draw = drawing(config, rng)
        with translated_failures("Leave --together out."):
            return generate_batch(self.model, start, DECODE_BATCH, limit, draw)

    def seconds_a_step(self, batch: Batch) -> float:
        """What a step may take, by the gradient of what goes through at once.

        It is measured twice: the first time is slow.
        """
        at_once = self.record.train.micro_batch * self.group.size
        part = batch[: at_once or len(batch)]
        self._gradient(part)
        self._synchronize()
        start = time.perf_counter()
        self._gradient(part)
        self._synchronize()
        return (time.perf_counter() - start) * len(batch) / len(part)

    def metrics(self) -> dict[str, float]:
        """Of the last step: tokens and gradient norm; memory in bytes; the work.

        `flops` is what the step's arithmetic came to, `peak_flops` what the device can
        do in a second, on all ranks; 0 where that is not known.
        """
        flops = flops_a_token(self.record.model) * self._tokens
        return {
            "tokens": self._tokens,
            "gradient_norm": self._norm,
            "memory": memory_used(self.device),
            "flops": flops,
            "peak_flops": self._peak * self.group.size,
        }

    @cached_property
    def _peak(self) -> float:
        return peak_flops(self.device, self.record.train.dtype)

    def _gradient(self, batch: Batch) -> tuple[torch.Tensor, list[torch.Tensor]]:
        ours = shard_batch(
            batch,
            self.record,
            self.device,
            self.group.rank,
            self.group.size,
            whole_block=self.record.train.compile == "on",
        )
        self._tokens = ours.tokens
        return self._parallel.backward(ours.micro_batches)

    @torch.no_grad()
    def _token_losses(self, tokens: Tokens) -> torch.Tensor:
        """-ln p of each next token of a document; a long one goes in parts."""
        model, ids = self.model, self._cut(tokens)
        x = model.hidden(ids[None, :-1], reading=True)[0]
        rows = max(1, 2**26 // self.record.model.vocab_size)
        parts = zip(torch.split(x, rows), torch.split(ids[1:], rows), strict=True)
        losses = [token_losses(a, model.head, targets) for a, targets in parts]
        return torch.cat(losses)

    def _cut(self, tokens: Tokens) -> torch.Tensor:
        """The tokens of a document that the model reads and predicts."""
        model = self.record.model
        read = tokens[: model.block_size + 1] if model.reads_block else tokens
        return torch.from_numpy(np.array(read, np.int64)).to(self.device)

    def _set(self, part: torch.Tensor, whole: torch.Tensor) -> None:
        part.copy_(self._parallel.mine(whole))

    def _tensor(self, name: str, part: torch.Tensor) -> Tensor:
        return _plain(self._parallel.whole(name, part))

    def _synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def _plain(tensor: torch.Tensor) -> Tensor:
    numbers = tensor.detach().cpu().numpy()
    code = "d" if numbers.dtype == np.float64 else "f"
    return Tensor(tuple(numbers.shape), array(code, numbers.tobytes()))


def _torch(tensor: Tensor) -> torch.Tensor:
    return torch.from_numpy(np.asarray(tensor.values)).reshape(tensor.shape)
