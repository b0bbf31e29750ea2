"""Training in the kernel: many steps in one call, as many calls as one likes."""

import array
import ctypes
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassgpt.config import TrainConfig
from glassgpt.errors import DivergedError, invalid, missing
from glassgpt.kernel.arguments import Floats, Ints, address, flags, ints, whole
from glassgpt.kernel.library import constants, struct
from glassgpt.kernel.model import Kernel

TRACED = ("w", "g", "m", "v", "change")


class Documents:
    """Documents as the kernel reads them: token ids one after another.

    Raises UsageError for one of fewer than two tokens, and for a token outside the
    vocabulary.
    """

    def __init__(self, documents: Sequence[Sequence[int]], vocab_size: int) -> None:
        if not documents:
            raise missing("documents", "Give one at least.")
        self.vocab_size = vocab_size
        counts = [len(document) for document in documents]
        if min(counts) < 2:
            why = "a document has two tokens at least, BOS at both ends"
            raise invalid("document", documents[counts.index(min(counts))], why)
        self.tokens: Ints = ints("token", _joined(documents), 0, vocab_size - 1)
        self.offsets: Ints = np.cumsum([0, *counts]).astype(np.int32)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def order(self, indices: object) -> Ints:
        """Indices of documents, checked."""
        return ints("document", indices, 0, len(self) - 1)


def _joined(documents: Sequence[Sequence[int]]) -> "array.array[int]":
    try:
        return array.array("i", itertools.chain.from_iterable(documents))
    except (TypeError, OverflowError) as error:
        raise invalid("token", "of a document", str(error)) from None


@dataclass(frozen=True)
class Trained:
    """What some steps left behind. `trace` is (steps, traced weights, TRACED)."""

    losses: Floats
    norms: Floats
    trace: Floats


def settings(
    train: TrainConfig, bias_correction: bool = True, mistakes: int = 0
) -> Any:
    """A record's training as the struct that C reads."""
    codes = constants()
    norms = {"document": "BY_DOCUMENT", "token": "BY_TOKEN"}
    return struct("glassgpt_training")(
        optimizer=codes[train.optimizer.upper()],
        schedule=codes[train.schedule.upper()],
        bias_correction=int(bias_correction),
        loss_norm=codes[norms[train.loss_norm]],
        doc_mode=codes[train.doc_mode.upper()],
        batch_docs=train.batch_docs,
        num_steps=train.num_steps,
        warmup_steps=train.warmup_steps,
        mistakes=mistakes,
        learning_rate=train.learning_rate,
        momentum=train.momentum,
        beta1=train.beta1,
        beta2=train.beta2,
        eps_adam=train.eps_adam,
        weight_decay=train.weight_decay,
        grad_clip=train.grad_clip,
    )


class Trainer:
    """A model, its documents and how it learns from them.

    `mistakes` may hold "keep_grads", gradients not set to 0 after an update, and
    "overwrite", = in place of += where a number is used twice.
    """

    def __init__(
        self,
        kernel: Kernel,
        documents: Documents,
        train: TrainConfig,
        bias_correction: bool = True,
        mistakes: Collection[str] = (),
    ) -> None:
        if documents.vocab_size != kernel.model.vocab_size:
            why = f"the model's is {kernel.model.vocab_size}"
            raise invalid("vocabulary of the documents", documents.vocab_size, why)
        self.kernel = kernel
        self.documents = documents
        self.train = train
        self._mistakes = tuple(mistakes)
        self._how = settings(train, bias_correction, flags("MISTAKE_", mistakes))
        self.losses: Floats = np.zeros(0)

    @property
    def how(self) -> int:
        """Where the settings are, for C."""
        return ctypes.addressof(self._how)

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        return float(self.kernel.call.learning_rate(self.how, step))

    def steps(
        self, first_step: int, order: object, traced: object = (), norms: bool = True
    ) -> Trained:
        """Train on the documents in `order`, batch_docs of them a step.

        Without `norms` they are not measured, and a step takes less time.

        The numbers do not depend on how a run is cut into calls. Raises DivergedError,
        with that step not made, when a loss or a gradient is not finite; the losses of
        the steps before it are then in `losses`.
        """
        kernel, size = self.kernel, self.train.batch_docs
        indices = self.documents.order(order)
        count = len(indices) // size
        if len(indices) != count * size:
            raise invalid("order", f"{len(indices)} documents", f"a step takes {size}")
        first = whole("step", first_step, 0, self.train.num_steps - count)
        chosen = ints("weight", traced, 0, kernel.num_weights - 1)
        kernel.mistakes(self._mistakes)
        losses, measured = np.zeros(count), np.zeros(count if norms else 0)
        trace = np.zeros((count, len(chosen), len(TRACED)))
        done = kernel.call.train(
            kernel.g, self.how,
            address(self.documents.tokens), address(self.documents.offsets),
            address(indices), first, count, address(losses),
            address(measured) if norms else None,
            address(chosen), len(chosen), address(trace) if len(chosen) else None,
        )  # fmt: skip
        assert done >= 0, "the kernel refused documents that were checked"
        self.losses = losses[:done]
        if done < count:
            rate = self.learning_rate(first + done)
            raise DivergedError(first + done, float(losses[done]), rate)
        return Trained(losses, measured, trace)

    def gradient(self, order: object) -> float:
        """The loss of one step's documents; their gradient is added to `grads`."""
        indices = self.documents.order(order)
        if len(indices) != self.train.batch_docs:
            why = f"a step takes {self.train.batch_docs}"
            raise invalid("order", f"{len(indices)} documents", why)
        return float(
            self.kernel.call.batch_gradient(
                self.kernel.g, self.how, address(self.documents.tokens),
                address(self.documents.offsets), address(indices),
            )
        )  # fmt: skip

    def update(self, step: int) -> float:
        """Move the weights by `grads`, which are clipped there; their norm before that.

        When it is not finite, nothing was moved.
        """
        self.kernel.require_gradient()
        step = whole("step", step, 0, self.train.num_steps - 1)
        return float(self.kernel.call.update(self.kernel.g, self.how, step))
