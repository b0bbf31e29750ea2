"""How a lesson's weights move: by the lesson's own update, or by one of `optim`."""

from glassgpt import optim
from glassgpt.config import TrainConfig
from glassgpt.engines.reference.model import LessonModel

_ADAM = ("beta1", "beta2", "eps_adam")
# the lesson that holds an optimiser's update, and the numbers that it wants
_LESSONS: dict[str, tuple[int, tuple[str, ...]]] = {
    "sgd": (2, ()),
    "adam": (5, _ADAM),
    "adamw": (5, _ADAM),
}


class Optimizer:
    """What moves the weights of a model, and what it remembers: a number a weight."""

    def __init__(self, model: LessonModel, train: TrainConfig) -> None:
        self._model, self._train = model, train
        self._row = optim.OPTIMIZERS[train.optimizer]
        self.buffers = {name: [0.0] * len(model.cells) for name in self._row.buffers}
        if train.optimizer in _LESSONS:
            lesson, numbers = _LESSONS[train.optimizer]
            given = {name: getattr(train, name) for name in numbers}
            space = model.load_update(lesson, given)
            self._update = space["update"]
            self.buffers = {name: space[name] for name in self._row.buffers}

    def move(self, gradient: list[float], lr_t: float, step: int) -> None:
        """One update along the gradient of all weights. `step` is from 0."""
        move = _BY_LESSON.get(self._train.optimizer, Optimizer._by_formula)
        move(self, gradient, lr_t, step)
        self._model.forget_plain()

    def _by_formula(self, gradient: list[float], lr_t: float, step: int) -> None:
        """The function of `optim`, in the order that its row says."""
        weights = self._model.values()
        fields = [getattr(self._train, name) for name in self._row.fields]
        assert self._row.update, "neither a lesson nor optim holds this update"
        self._row.update(weights, gradient, *self.buffers.values(), lr_t, *fields)
        self._model.set_values(weights)

    def _sgd(self, gradient: list[float], lr_t: float, step: int) -> None:
        self._by_lesson(gradient, lr_t)

    def _adam(self, gradient: list[float], lr_t: float, step: int) -> None:
        self._by_lesson(gradient, lr_t, step)

    def _adamw(self, gradient: list[float], lr_t: float, step: int) -> None:
        weights = self._model.values()
        optim.decay(weights, lr_t, self._train.weight_decay)
        self._model.set_values(weights)
        self._by_lesson(gradient, lr_t, step)

    def _by_lesson(self, gradient: list[float], *numbers: float) -> None:
        """The lesson's update, which finds a gradient in each weight and clears it."""
        for cell, g in zip(self._model.cells, gradient, strict=True):
            cell.grad = g
        self._update(*numbers)


_BY_LESSON = {
    "sgd": Optimizer._sgd,
    "adam": Optimizer._adam,
    "adamw": Optimizer._adamw,
}
