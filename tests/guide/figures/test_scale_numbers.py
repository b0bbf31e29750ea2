"""From here to a large model: the figure's sizes, and the command it gives."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.guide.figure import Figure, Opener

import glassgpt
from glassgpt.config import ModelConfig, Record, preset
from glassgpt.data.catalog import BUILT_IN_PATH
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.engines.shapes import buffer_shapes, num_params, shapes
from glassgpt.engines.torch.flops import flops_a_token
from glassgpt.guide.facts.scale import presets

# n_embd, n_head, n_layer, vocabulary, block: up to nearly a trillion weights
SIZES = [
    (16, 4, 1, 27, 16),
    (4, 2, 1, 27, 8),
    (96, 96, 3, 512, 64),
    (64, 4, 2, 27, 64),
    (384, 6, 6, 27, 256),
    (768, 12, 12, 50_257, 1024),
    (2048, 16, 16, 50_257, 2048),
    (12_288, 96, 96, 50_257, 2048),
    (16_384, 128, 128, 262_144, 131_072),
    (8, 1, 128, 262_144, 8),
]
NAMES = ("n_embd", "n_head", "n_layer", "vocab", "block")


def state(size: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(NAMES, size, strict=True))


def model(size: tuple[int, ...]) -> ModelConfig:
    n_embd, n_head, n_layer, vocab, block = size
    return ModelConfig(
        n_embd=n_embd, n_head=n_head, n_layer=n_layer,
        vocab_size=vocab, block_size=block,
    )  # fmt: skip


def amounts(visit: Figure) -> dict[str, float]:
    """What the table says beside the matrices."""
    return {row[0]: row[4] for row in visit.table if row[1] == ""}


def command(visit: Figure) -> list[str]:
    return str(visit.page.inner_text(".command")).splitlines()


def test_ten_models_have_the_matrices_and_the_arithmetic_of_the_package(
    figure: Opener,
) -> None:
    visit = figure("scale-up")
    for size in SIZES:
        visit.turn(**state(size))
        config = model(size)
        matrices: dict[tuple[str, int, int], int] = {}
        for name, (rows, columns) in shapes(config).items():
            kind = (name.rpartition(".")[2], rows, columns)
            matrices[kind] = matrices.get(kind, 0) + 1
        shown = {(r[0], r[1], r[2]): r[3] for r in visit.table if r[1] != ""}
        assert shown == matrices
        said = amounts(visit)
        params = num_params(config)
        assert said["parameters"] == params
        assert sum(r[4] for r in visit.table if r[1] != "") == params
        assert f"{params:,}" in visit.page.inner_text(".amounts")
        assert said["FLOPs a token, training"] == flops_a_token(config)
        last = said["FLOPs of the last token of a block"]
        assert 3 * last == flops_a_token(config)
        # each token more that is looked at costs the same
        looked = (last - said["FLOPs of the first token"]) / (config.block_size - 1)
        assert looked == 4 * config.n_layer * config.n_embd
        remembered = buffer_shapes(Record(config))
        buffers = sum(rows * columns for rows, columns in remembered.values())
        assert said["bytes of Adam’s m and v"] == 4 * buffers
        assert said["bytes of the weights, 32 bits"] == 4 * params
        assert said["bytes of the weights, 16 bits"] == 2 * params


def test_the_cache_has_as_many_numbers_as_the_program_keeps(figure: Opener) -> None:
    for size in (SIZES[0], (6, 3, 2, 27, 8)):
        engine = ReferenceEngine(Record(model(size)), random.Random(1))
        decoder: Any = engine.decoder()
        for _ in range(size[-1]):
            decoder.step(0)
        kept = sum(len(row) for each in decoder._caches for li in each for row in li)
        said = amounts(figure("scale-up", **state(size)))
        assert said["bytes of the cache, 32 bits"] == 4 * kept
        assert said["bytes of the cache, 16 bits"] == 2 * kept


def test_sliders_keep_what_a_record_can_have_and_presets_are_the_package_s(
    figure: Opener,
) -> None:
    visit = figure("scale-up", n_embd=48, n_head=10)
    assert "8 heads that look at 6 numbers each" in visit.sentence
    sliders = visit.page.locator(".knobs input[type=range]")
    sliders.nth(0).focus()
    visit.page.keyboard.press("ArrowRight")
    visit.wait_for_address("scale-up.n_embd=64")
    visit.settle()
    assert "8 heads that look at 8 numbers each" in visit.sentence
    given = {each["name"]: each for each in presets.sized_presets()}
    every = {"presets": [*given.values()], "published": presets.sized_published()}
    visit = figure("scale-up", props=every)
    for name in ("small", "char-medium", "gpt2-124m", "1b"):
        visit.page.get_by_role("button", name=name, exact=True).click()
        visit.wait_for_address(f"scale-up.n_embd={given[name]['n_embd']}")
        visit.settle()
        config = preset(name).with_vocabulary(given[name]["vocab_size"]).model
        assert amounts(visit)["parameters"] == num_params(config)
        assert presets.scaled_params(name) == num_params(config)
        assert f"glassgpt train --preset {name}" in command(visit)[-1]
        assert "--set" not in command(visit)[-1]
    visit.page.get_by_role("button", name="GPT-3").click()
    visit.wait_for_address("scale-up.n_embd=12288")
    visit.settle()
    assert amounts(visit)["parameters"] == presets.scaled_params("gpt3")
    assert "175 billion" in visit.sentence
    # about what was published of each
    assert presets.scaled_params("gpt3") == pytest.approx(175e9, rel=0.005)
    assert presets.shared_table("gpt2-124m") == pytest.approx(124e6, rel=0.005)


@pytest.mark.parametrize(
    "size",
    [SIZES[0], (8, 2, 3, 27, 8), (64, 2, 1, 27, 32), (8, 4, 1, 512, 16)],
    ids=["the lesson's", "small", "from a preset", "byte pairs"],
)
def test_the_copied_command_trains_the_model_that_is_shown(
    size: tuple[int, ...], figure: Opener, tmp_path: Path
) -> None:
    every = {"presets": presets.sized_presets(), "published": []}
    visit = figure("scale-up", props=every, **state(size))
    visit.page.evaluate("navigator.clipboard.writeText('')")
    visit.page.get_by_role("button", name="Copy the command").click()
    visit.page.wait_for_selector("text=Command copied.")
    copied = str(visit.page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert copied == command(visit)
    (tmp_path / "texts").mkdir()
    shutil.copy(BUILT_IN_PATH, tmp_path / "texts" / "names.txt")
    few = " --steps 2 --set eval_docs=10 --out run"
    bin_folder = Path(sys.executable).parent
    for line in [*copied[:-1], copied[-1] + few]:
        subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, check=True, capture_output=True,
            env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"},
        )  # fmt: skip
    trained = glassgpt.load(tmp_path / "run").config.model
    wanted = model(size)
    for name in ("n_embd", "n_head", "n_layer", "vocab_size", "block_size"):
        assert getattr(trained, name) == getattr(wanted, name), name
    assert num_params(trained) == amounts(visit)["parameters"]
