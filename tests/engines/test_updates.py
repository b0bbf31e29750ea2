"""Optimisers, schedules and clipping: the engine against arithmetic written out here.

The gradient is the engine's own, checked elsewhere; what is done with it is not.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support.engines import Started, record_of, start

from glassgpt.optim import OPTIMIZERS

NAMES = ["anna", "bob", "eve", "alexander", "abe"]
STEPS = 6
RATE = 0.05
Update = Callable[[float, float, list[float], int], float]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    return path


def begun(names: Path, step: int = 3, **settings: Any) -> Started:
    small = {"n_embd": 4, "num_steps": STEPS, "init_std": 0.3, "learning_rate": RATE}
    return start(record_of(step, **{**small, **settings}), names)


def weights(run: Started) -> list[float]:
    return [x for tensor in run.engine.weights().values() for x in tensor.values]


def gradient(run: Started, step: int) -> list[float]:
    _, found = run.engine.gradients(run.batch(step)[0])
    return [x for tensor in found.values() for x in tensor.values]


def rate(step: int) -> float:
    return RATE * (1 - step / STEPS)


def momentum(w: float, lr_t: float, past: list[float], step: int) -> float:
    """Every gradient since the beginning still pushes, the older the less."""
    speed = sum(0.8 ** (step - k) * g for k, g in enumerate(past))
    return w - lr_t * speed


def rmsprop(w: float, lr_t: float, past: list[float], step: int) -> float:
    size = sum(0.9 ** (step - k) * 0.1 * g * g for k, g in enumerate(past))
    return w - lr_t * past[step] / (math.sqrt(size) + 1e-3)


def adam(w: float, lr_t: float, past: list[float], step: int) -> float:
    """Bias correction makes weighted averages of the sums."""
    old = [0.7 ** (step - k) for k in range(step + 1)]
    mean = sum(a * g for a, g in zip(old, past, strict=True)) / sum(old)
    old = [0.9 ** (step - k) for k in range(step + 1)]
    size = sum(a * g * g for a, g in zip(old, past, strict=True)) / sum(old)
    return w - lr_t * mean / (math.sqrt(size) + 1e-3)


def adamw(w: float, lr_t: float, past: list[float], step: int) -> float:
    return adam(w * (1 - lr_t * 0.4), lr_t, past, step)


ADAM = {"beta1": 0.7, "beta2": 0.9, "eps_adam": 1e-3}
RMSPROP = {"beta2": 0.9, "eps_adam": 1e-3}


UPDATES: list[tuple[str, dict[str, float], Update]] = [
    ("sgd", {}, lambda w, lr_t, past, step: w - lr_t * past[step]),
    ("momentum", {"momentum": 0.8}, momentum),
    ("rmsprop", RMSPROP, rmsprop),
    ("adam", ADAM, adam),
    ("adamw", {**ADAM, "weight_decay": 0.4}, adamw),
]


def test_every_optimizer_has_its_arithmetic_here() -> None:
    assert [name for name, *_ in UPDATES] == list(OPTIMIZERS)


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize(("optimizer", "numbers", "update"), UPDATES)
def test_an_optimizer_moves_weights_by_its_rule(
    step: int, optimizer: str, numbers: dict[str, float], update: Update, names: Path
) -> None:
    run = begun(names, step, optimizer=optimizer, **numbers)
    past: list[list[float]] = [[] for _ in weights(run)]
    for k in range(STEPS):
        for seen, g in zip(past, gradient(run, k), strict=True):
            seen.append(g)
        before = weights(run)
        run.train(1, start=k)
        moved = zip(before, past, strict=True)
        expected = [update(w, rate(k), seen, k) for w, seen in moved]
        assert weights(run) == approx(expected, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize(
    ("schedule", "warmup_steps", "shares"),
    [
        ("linear", 0, [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        ("constant", 0, [1, 1, 1, 1, 1, 1]),
        ("cosine", 0, [math.cos(math.pi * k / 12) ** 2 for k in range(6)]),
        ("linear", 2, [0.5, 1, 1, 0.75, 0.5, 0.25]),
        ("constant", 2, [0.5, 1, 1, 1, 1, 1]),
        ("cosine", 2, [0.5, 1, *[math.cos(math.pi * k / 8) ** 2 for k in range(4)]]),
        ("linear", 5, [0.2, 0.4, 0.6, 0.8, 1, 1]),
    ],
)
def test_a_schedule_sets_the_rate_of_each_step(
    schedule: str, warmup_steps: int, shares: list[float], names: Path
) -> None:
    run = begun(names, 1, schedule=schedule, warmup_steps=warmup_steps)
    for k, share in enumerate(shares):
        steps = zip(weights(run), gradient(run, k), strict=True)
        expected = [w - RATE * share * g for w, g in steps]
        run.train(1, start=k)
        assert weights(run) == approx(expected, rel=1e-12)


def test_adam_follows_the_schedule_too(names: Path) -> None:
    run = begun(names, 3, optimizer="adam", warmup_steps=4, **ADAM)
    other = begun(names, 3, optimizer="adam", learning_rate=RATE / 4, **ADAM)
    run.train(1)
    other.train(1)
    assert weights(run) == weights(other)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_clipping_shortens_a_long_gradient_and_keeps_its_direction(
    step: int, names: Path
) -> None:
    run = begun(names, step)
    g, before = gradient(run, 0), weights(run)
    limit = math.hypot(*g) / 3
    run = begun(names, step, grad_clip=limit)
    run.train(1)
    expected = [w - RATE * x / 3 for w, x in zip(before, g, strict=True)]
    assert weights(run) == approx(expected, rel=1e-12)
    lengths = zip(weights(run), before, strict=True)
    assert math.dist(*zip(*lengths, strict=True)) == approx(RATE * limit)


def test_clipping_leaves_a_short_gradient_as_it_is(names: Path) -> None:
    free, clipped = begun(names), begun(names, grad_clip=1e6)
    assert free.train(STEPS) == clipped.train(STEPS)
    assert weights(free) == weights(clipped)


def test_clipping_comes_before_the_optimizers_memory(names: Path) -> None:
    run = begun(names, optimizer="momentum")
    g = gradient(run, 0)
    limit = math.hypot(*g) / 2
    run = begun(names, optimizer="momentum", grad_clip=limit)
    run.train(1)
    memory = [x for tensor in run.engine.buffers().values() for x in tensor.values]
    assert memory == approx([x / 2 for x in g], rel=1e-12)


def test_a_seed_makes_another_order_and_other_weights(names: Path) -> None:
    runs = [begun(names, seed=seed) for seed in (1, 1, 2)]
    assert weights(runs[0]) == weights(runs[1]) != weights(runs[2])
    assert runs[0].documents == runs[1].documents != runs[2].documents
