"""What a page may say of layers: what they hold, what they bring, what they keep."""

from typing import Any

from glassgpt.bench.ablations import WHOLE, trained_without
from glassgpt.config import Record, preset
from glassgpt.engines.shapes import num_params
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.decoding import tokens_read
from glassgpt.guide.facts.names import SEED, corpus, vocab
from glassgpt.guide.facts.results.pairs import SEEDS, differences

# the lesson whose model and training it is
_STEPS = {"sgd": 4, "adam": 5}
_NO_LAYER = ("attention", "mlp")


def _record(layers: int, optimizer: str = "sgd", **how: Any) -> Record:
    return preset(f"step{_STEPS[optimizer]}").with_settings(
        n_layer=max(1, layers), **how
    )


@call
def params_with(layers: int) -> int:
    """The parameters of Step 4's model with so many layers."""
    one = num_params(_record(1).with_vocabulary(vocab()).model)
    return one + (layers - 1) * layer_params()


@call
def layer_params() -> int:
    """The parameters that each layer has of its own."""
    one, two = (
        num_params(_record(layers).with_vocabulary(vocab()).model) for layers in (1, 2)
    )
    return two - one


def _loss(layers: int, optimizer: str, **how: Any) -> float:
    """The held-out loss of a training; without layers nothing is ever added to x."""
    without = WHOLE if layers else _NO_LAYER
    record = _record(layers, optimizer, **how)
    return trained_without(record, corpus(), [without])[0].loss


@kept_fact
def _losses(layers: int, optimizer: str, num_steps: int) -> list[float]:
    """The same from each of twenty seeds."""
    how: dict[str, Any] = {"num_steps": num_steps, "dtype": "float32"}
    seeds = range(SEED, SEED + SEEDS)
    return [_loss(layers, optimizer, seed=seed, **how) for seed in seeds]


@call
@kept_fact
def heldout_with(layers: int, optimizer: str) -> float:
    """The held-out loss with so many layers, from the lesson's own training."""
    return _loss(layers, optimizer)


@call
def layers_worth(
    more: int, fewer: int, optimizer: str, num_steps: int = 1000
) -> dict[str, float]:
    """What more layers add to the held-out loss, over twenty seeds in pairs."""
    return differences(*(_losses(each, optimizer, num_steps) for each in (more, fewer)))


@call
def kept_numbers(layers: int, length: int) -> int:
    """How many numbers the lists keep of a word of so many letters."""
    return tokens_read(length) * kept_each(layers)


@call
def kept_each(layers: int) -> int:
    """How many they keep of each token: a key and a value in each layer."""
    return 2 * layers * _record(layers).model.n_embd


@call
def cache_gigabytes(
    layers: int, width: int, tokens: int, size: int, share: int = 1
) -> float:
    """What the lists of a large model take, with numbers of so many bytes."""
    return 2 * layers * (width // share) * tokens * size / 1e9
