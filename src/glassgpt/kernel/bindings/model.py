"""A model in the kernel: its numbers as NumPy arrays by name, without copies."""

import ctypes
import math
import os
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from glassgpt.config import ModelConfig
from glassgpt.errors import invalid, missing, unknown
from glassgpt.kernel.bindings.arguments import (
    Ints,
    Reals,
    address,
    flags,
    number,
    tokens,
)
from glassgpt.kernel.bindings.library import asked_isa, isa_names, open_library, struct
from glassgpt.kernel.bindings.random import Random

MOST_VOCAB = 4096
WITH_ATTENTION = (3, 4, 5)
_FLAT = ("weights", "grads", "m", "v")


class Kernel:
    """A context of the C kernel. All arrays are views: what C writes, they show.

    `weights`, `grads`, `m` and `v` hold matrices by the lesson's names, `flat` the same
    numbers in one row each: (P,). `activations` and `activation_grads` hold what the
    last pass left, by the names in base/tensors.h; the shapes are those of the whole
    block, the first n positions are those that were used.

    `isa` names the instructions that steps are trained with: "plain" loops, "baseline",
    "avx2" or "avx512". Without it GLASSGPT_ISA in the environment does, or they are the
    machine's best. The attribute says which they are: narrower ones for a model whose
    rows are not whole vectors.

    Raises UsageError for a shape that the kernel can't have and for instructions that
    the machine lacks, GlassGPTError where the kernel is not built.
    """

    def __init__(
        self,
        model: ModelConfig,
        dtype: str = "float64",
        without: Collection[str] = (),
        isa: str = "",
    ) -> None:
        self.model = model
        self.dtype = dtype
        self._real = np.dtype(dtype)
        self.call: Any = open_library(dtype).call
        self._create(config_of(model, flags("WITHOUT_", without)))
        self.without = frozenset([without] if isinstance(without, str) else without)
        self.isa = self._use_isa(isa)
        self.flat = self._flat()
        self.weights = self._tensors(self.flat["weights"])
        self.grads = self._tensors(self.flat.get("grads"))
        self.m = self._tensors(self.flat.get("m"))
        self.v = self._tensors(self.flat.get("v"))
        self.activations = self._activations(self.call.activation)
        self.activation_grads = self._activations(self.call.activation_grad)

    @property
    def num_weights(self) -> int:
        """P: for step 0 its counts, which are not parameters."""
        return len(self.flat["weights"])

    @property
    def num_params(self) -> int:
        """How many weights are learned by gradient."""
        return len(self.flat.get("grads", ()))

    @property
    def nbytes(self) -> int:
        """All the memory that this model takes; it never takes more."""
        return self._memory.nbytes

    def init_weights(self, rng: Random) -> None:
        """The lesson's first weights. m, v and gradients become 0."""
        self.call.init_weights(self.g, rng.address, self.model.init_std)

    def leave_out(self, parts: Collection[str]) -> None:
        """Leave out just these parts; an empty list gives back the whole model.

        There are positions, attention, residuals, norms, mlp, scale and mask.
        """
        self.call.leave_out(self.g, flags("WITHOUT_", parts))
        self.without = frozenset([parts] if isinstance(parts, str) else parts)

    def loss(self, document: object) -> float:
        """The mean of -ln p over a document's next tokens, as many as the block has."""
        read = self.cut(document)
        return float(self.call.loss(self.g, address(read), len(read) - 1))

    def gradient(
        self, document: object, weight: float = 1.0, mistakes: Collection[str] = ()
    ) -> float:
        """The loss; its gradient, times `weight`, is added to `grads`.

        `mistakes` may hold "overwrite": = in place of += where a number is used twice.
        """
        read, wrong = self.cut(document), self.mistakes(mistakes)
        self.require_gradient()
        weight = number("weight", weight)
        n = len(read) - 1
        return float(self.call.gradient(self.g, address(read), n, weight, wrong))

    def zero_grads(self) -> None:
        """Set the gradients to 0."""
        self.call.zero_grads(self.g)

    def save(self) -> Reals:
        """A snapshot of weights, gradients, m and v, for `restore`."""
        state = np.empty(self.call.state_size(self.g), self._real)
        self.call.save(self.g, address(state))
        return state

    def restore(self, state: Reals) -> None:
        """Go back to a snapshot. Raises UsageError for one of another model."""
        size = self.call.state_size(self.g)
        if state.shape != (size,) or state.dtype != self._real:
            why = f"this model's has {size} numbers of {self.dtype}"
            raise invalid("snapshot", f"{state.shape} of {state.dtype}", why)
        self.call.restore(self.g, address(np.ascontiguousarray(state)))

    def cut(self, document: object) -> Ints:
        """A document's token ids, checked, as far as the model reads them."""
        found = tokens(document, self.model.vocab_size)
        return found[: self.model.block_size + 1] if self.has_attention else found

    @property
    def has_attention(self) -> bool:
        """Whether the block limits what the model reads."""
        return self.model.step in WITH_ATTENTION

    def require_gradient(self) -> None:
        """Raise UsageError for step 0."""
        if self.model.step == 0:
            raise invalid("step", 0, "it counts, and has no gradient", "Take 1 to 5.")

    def workspace(self, count: int, positions: int) -> Reals:
        """Memory to work in on `count` documents of so many tokens side by side.

        Raises UsageError for more than the machine has.
        """
        size = int(self.call.workspace_size(self.g, max(1, count), max(1, positions)))
        _require_memory(size or math.inf, "Take fewer documents, or one by one.")
        return np.empty(size, np.uint8)

    def mistakes(self, names: Collection[str]) -> int:
        """Mistakes as C takes them. Raises UsageError where they can't be shown."""
        wrong = flags("MISTAKE_", names)
        if wrong & flags("MISTAKE_", ["overwrite"]) and self.without:
            left_out = ", ".join(sorted(self.without))
            why = f"that mistake needs the whole model, not one without {left_out}"
            raise invalid("mistake", "overwrite", why)
        return wrong

    def _create(self, config: Any) -> None:
        size = require_possible(self.model, self.dtype)
        self._memory = np.empty(size, np.uint8)
        self.g: int = self.call.create(
            self._memory.ctypes.data, ctypes.addressof(config)
        )

    def _use_isa(self, name: str) -> str:
        """Choose how steps are trained; the name of what they then use."""
        names = isa_names()
        if name and name not in names:
            raise unknown("isa", name, names)
        best = int(self.call.best_isa())
        used = self.call.use_isa(self.g, names[name] if name else asked_isa(best))
        if used < 0:
            raise invalid("isa", name, "this machine does not have it")
        return next(known for known, code in names.items() if code == used)

    def _view(self, where: int | None, shape: tuple[int, ...]) -> Reals:
        """The numbers at an address in our memory, which lives as long as they do."""
        assert where, "no such array in this model"
        start = where - self._memory.ctypes.data
        end = start + math.prod(shape) * self._real.itemsize
        return self._memory[start:end].view(self._real).reshape(shape)

    def _flat(self) -> dict[str, Reals]:
        count = (self.call.num_weights(self.g),)
        found = {name: getattr(self.call, name)(self.g) for name in _FLAT}
        return {name: self._view(at, count) for name, at in found.items() if at}

    def _tensors(self, flat: Reals | None) -> Mapping[str, Reals]:
        if flat is None:
            return {}
        found = {}
        for i in range(self.call.num_tensors(self.g)):
            name = self.call.tensor_name(self.g, i).decode()
            layer = self.call.tensor_layer(self.g, i)
            rows = self.call.tensor_rows(self.g, i)
            columns = self.call.tensor_columns(self.g, i)
            start = self.call.tensor_offset(self.g, i)
            numbers = flat[start : start + rows * columns].reshape(rows, columns)
            found[name if layer < 0 else f"layer{layer}.{name}"] = numbers
        return found

    def _activations(self, pointer: Any) -> Mapping[str, Reals]:
        found = {}
        for i in range(self.call.num_activations()):
            axes = [self.call.activation_size(self.g, i, axis) for axis in range(4)]
            shape = tuple(size for size in axes if size)
            where = pointer(self.g, i)
            if where:
                found[self.call.activation_name(i).decode()] = self._view(where, shape)
        return found


def require_possible(model: ModelConfig, dtype: str) -> int:
    """The bytes that a model takes. Raises UsageError for too large a one."""
    remedy = "Take another engine, or a smaller number."
    if model.vocab_size > MOST_VOCAB:
        why = f"the kernel has at most {MOST_VOCAB}"
        raise invalid("vocab_size", model.vocab_size, why, remedy)
    config = config_of(model)
    size = int(open_library(dtype).call.size(ctypes.addressof(config)))
    if size == 0:
        why = "the kernel counts to 2,147,483,647 weights, and not so far"
        raise invalid("n_embd", model.n_embd, why, remedy)
    _require_memory(size, remedy)
    return size


def _require_memory(size: float, remedy: str) -> None:
    if size > _machine_memory():
        need = f"{size / 2**30:.1f} GiB of memory, which this model takes"
        raise missing(need, remedy)


def _machine_memory() -> float:
    """In bytes; without end where the machine does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf


def config_of(model: ModelConfig, without: int = 0) -> Any:
    """A model's shape as the struct that C reads."""
    return struct("glassgpt_config")(
        step=model.step,
        vocab_size=model.vocab_size,
        n_embd=model.n_embd,
        n_head=model.n_head,
        n_layer=model.n_layer,
        block_size=model.block_size,
        without=without,
        rms_eps=model.rms_eps,
        smoothing=model.smoothing,
    )
