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
from glassgpt.kernel.bindings.arguments import Floats, Ints, address, flags, ints, whole
from glassgpt.kernel.bindings.library import constants, struct
from glassgpt.kernel.bindings.model import Kernel

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
        return array.array("i", [*itertools.chain.from_iterable(documents)])
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
    # what is packed comes as sequences of the block's length, and is read as it is
    mode = "truncate" if train.doc_mode == "pack" else train.doc_mode
    norms = {"document": "BY_DOCUMENT", "token": "BY_TOKEN"}
    return struct("glassgpt_training")(
        optimizer=codes[train.optimizer.upper()],
        schedule=codes[train.schedule.upper()],
        bias_correction=int(bias_correction),
        loss_norm=codes[norms[train.loss_norm]],
        doc_mode=codes[mode.upper()],
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

    `mistakes` may hold "keep_grads", gradients not set to 0 after an update,
    "overwrite", = in place of += where a number is used twice, and "eps_inside",
    Adam's eps under the root.
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
        kernel = self.kernel
        indices, first, count = self._counted(first_step, order)
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
        diverged = self._took(first, losses, done)
        if diverged:
            raise diverged
        return Trained(losses, measured, trace)

    def _counted(self, first_step: int, order: object) -> tuple[Ints, int, int]:
        """The documents' indices, the first step and how many there are, checked."""
        indices, size = self.documents.order(order), self.train.batch_docs
        count = len(indices) // size
        if len(indices) != count * size:
            raise invalid("order", f"{len(indices)} documents", f"a step takes {size}")
        first = whole("step", first_step, 0, self.train.num_steps - count)
        return indices, first, count

    def _took(self, first: int, losses: Floats, done: int) -> DivergedError | None:
        """Keep the losses of the steps that were made; the error of the next one."""
        assert done >= 0, "the kernel refused documents that were checked"
        self.losses = losses[:done]
        if done == len(losses):
            return None
        rate = self.learning_rate(first + done)
        return DivergedError(first + done, float(losses[done]), rate)

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


def train_models(
    trainers: Sequence[Trainer], first_step: int, order: object
) -> list[DivergedError | None]:
    """The steps in `order` of several models, in one call of the kernel.

    Each model learns as `Trainer.steps` would teach it, and its losses are in `losses`.
    One that diverges stays as it was before that step, and its error is returned in its
    place. Raises UsageError where the trainers do not share documents, batch_docs and
    dtype.
    """
    first = trainers[0]
    for other in trainers[1:]:
        if other.documents is not first.documents:
            raise invalid("trainers", "of different documents", "a call reads one list")
        for name in ("batch_docs", "dtype"):
            value, expected = getattr(other.train, name), getattr(first.train, name)
            if value != expected:
                raise invalid(name, value, f"another model's is {expected}")
    checked = [trainer._counted(first_step, order) for trainer in trainers]
    indices, start, count = checked[0]
    for trainer in trainers:
        trainer.kernel.mistakes(trainer._mistakes)
    models = np.array([trainer.kernel.g for trainer in trainers], np.uintp)
    how = (type(first._how) * len(trainers))(*(trainer._how for trainer in trainers))
    losses = np.zeros((len(trainers), count))
    done = np.zeros(len(trainers), np.int32)
    first.kernel.call.train_models(
        address(models), ctypes.addressof(how), len(trainers),
        address(first.documents.tokens), address(first.documents.offsets),
        address(indices), start, count, address(losses), address(done),
    )  # fmt: skip
    return [
        trainer._took(start, row, int(steps))
        for trainer, row, steps in zip(trainers, losses, done, strict=True)
    ]
