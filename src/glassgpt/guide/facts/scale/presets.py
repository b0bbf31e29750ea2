"""What a page may say of larger models: their records, and what these come to."""

import dataclasses
from typing import Any

from glassgpt.config import ModelConfig, preset
from glassgpt.engines.shapes import num_params
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import vocab

# tokens of GPT-2's vocabulary; Radford et al. 2019
_GPT2_TOKENS = 50_257
_SIZE = ("vocab_size", "n_embd", "n_head", "n_layer", "block_size")
_NAMED = ("step5", "small", "char-medium", "gpt2-124m", "1b")
# the largest model of Brown et al. 2020, table 2.1
_GPT3 = {"n_embd": 12_288, "n_head": 96, "n_layer": 96, "block_size": 2048}


def _size(model: ModelConfig) -> dict[str, Any]:
    return {name: getattr(model, name) for name in _SIZE}


def _model(name: str) -> ModelConfig:
    """A preset's model with a vocabulary that suits it: letters, or GPT-2's tokens."""
    tokens = _GPT2_TOKENS if name in ("gpt2-124m", "1b") else vocab()
    return preset(name).with_vocabulary(tokens).model


@call
def sized_presets() -> list[dict[str, Any]]:
    """The presets from the smallest to the largest, by what says how large each is."""
    return [{"name": name, **_size(_model(name))} for name in _NAMED]


@call
def sized_published() -> list[dict[str, Any]]:
    """GPT-3 by its shape, as it was published."""
    return [{"name": "GPT-3", "vocab_size": _GPT2_TOKENS, **_GPT3}]


@call
def scaled_params(name: str) -> int:
    """The weights of a preset; of "gpt3", of a model of this guide in its shape."""
    if name == "gpt3":
        return num_params(
            dataclasses.replace(_model("1b"), vocab_size=_GPT2_TOKENS, **_GPT3)
        )
    return num_params(_model(name))


@call
def shared_table(name: str) -> int:
    """The weights of a preset if wte and lm_head were one table, as in GPT-2."""
    model = _model(name)
    return num_params(model) - model.vocab_size * model.n_embd


@call
def scaled(name: str, field: str) -> Any:
    """A number of a preset's record: n_layer, n_embd and so on."""
    return getattr(_model(name), field)
