"""The torch engine computes what the lesson and the kernel compute."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from support import not_run
from support.engines import record_of
from support.lessons import shown_losses

from glassgpt import data
from glassgpt.config import Record, preset
from glassgpt.data.order import shuffled
from glassgpt.engines.base import Engine
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.errors import CheckpointError, DivergedError, UsageError
from glassgpt.optim import OPTIMIZERS
from glassgpt.tokenizers import CharTokenizer

DOCUMENTS = [[26, 1, 2, 3, 26], [26, 5, 6, 7, 8, 9, 10, 11, 12, 26], [26, 3, 26]]
SMALL = {"n_embd": 8, "n_head": 2, "n_layer": 2, "block_size": 5, "batch_docs": 3}


def torch_engine(record: Record, seed: int = 1) -> Any:
    from glassgpt.engines.torch.engine import TorchEngine

    return TorchEngine(record, random.Random(seed))


def losses(engine: Engine, steps: int) -> list[float]:
    return [engine.train_step(step, DOCUMENTS) for step in range(steps)]


def random_record(number: int) -> Record:
    """A record with sizes drawn by its number, steps 1 to 5 in turn."""
    rng, step = random.Random(number), 1 + number % 5
    settings: dict[str, Any] = {"init_std": rng.uniform(0.05, 0.4)}
    settings["n_embd"] = 4 * rng.randint(1, 5)
    if step > 2:
        settings["block_size"] = rng.randint(2, 12)
    if step > 3:
        settings |= {"n_head": rng.choice([1, 2, 4]), "n_layer": rng.randint(1, 3)}
    return record_of(step, **settings)


@pytest.mark.parametrize("number", range(10))
def test_gradients_of_random_records_are_the_lessons(number: int) -> None:
    record = random_record(number)
    ours, lesson = torch_engine(record), ReferenceEngine(record, random.Random(1))
    assert ours.weights() == lesson.weights()
    for tokens in DOCUMENTS:
        loss, found = ours.gradients(tokens)
        expected_loss, expected = lesson.gradients(tokens)
        assert loss == approx(expected_loss, rel=1e-10)
        assert list(found) == list(expected)
        for name, tensor in expected.items():
            wanted = approx(list(tensor.values), rel=1e-8, abs=1e-12)
            assert list(found[name].values) == wanted, name


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss_norm", ["document", "token"])
def test_thirty_steps_have_the_losses_of_the_lesson(
    optimizer: str, loss_norm: str
) -> None:
    settings = {"optimizer": optimizer, "loss_norm": loss_norm, "doc_mode": "chunk"}
    more = {"grad_clip": 0.5, "warmup_steps": 3, "schedule": "cosine", "n_embd": 4}
    record = record_of(5, **{**SMALL, **settings, **more, "num_steps": 30})
    lesson = ReferenceEngine(record, random.Random(1))
    assert losses(torch_engine(record), 30) == approx(losses(lesson, 30), rel=1e-7)


def thousand_losses(engine_name: str, file: str) -> list[str]:
    """What Step 5 prints: each loss of its 1,000 steps, to four decimals."""
    from glassgpt import engines

    corpus, rng = data.load(file), random.Random(42)
    documents = shuffled(corpus.documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    record = preset("step5").with_vocabulary(tokenizer.vocab_size)
    engine = engines.create(engine_name, record, rng)
    tokens = [tokenizer.encode(text) for text in documents[:1000]]
    return [f"{engine.train_step(k, [one]):.4f}" for k, one in enumerate(tokens)]


def test_step_5_has_the_losses_of_the_kernel_for_a_thousand_steps() -> None:
    assert thousand_losses("torch", "names") == thousand_losses("kernel", "names")


@pytest.mark.full
def test_step_5_has_the_losses_that_its_program_prints(karpathy_names: Path) -> None:
    from support.lessons import run_program

    from glassgpt.lessons import lesson

    printed = shown_losses(run_program(lesson(5).path, karpathy_names))
    assert thousand_losses("torch", str(karpathy_names)) == printed
    assert len(printed) == 1000


@pytest.mark.parametrize("at_once", [27, 60, 10**6])
def test_the_loss_in_parts_is_the_loss(at_once: int) -> None:
    import torch

    from glassgpt.engines.torch.loss import weighted_loss

    torch.manual_seed(1)
    x = torch.randn(2, 7, 4, dtype=torch.float64, requires_grad=True)
    head = torch.randn(27, 4, dtype=torch.float64, requires_grad=True)
    targets, loss_weights = (
        torch.randint(27, (2, 7)),
        torch.rand(2, 7, dtype=torch.float64),
    )
    whole = torch.nn.functional.cross_entropy(
        (x @ head.T).flatten(0, 1), targets.flatten(), reduction="none"
    )
    expected = (whole * loss_weights.flatten()).sum()
    found = weighted_loss(x, head, targets, loss_weights, at_once)
    assert found.item() == approx(expected.item(), rel=1e-12)
    slopes = [torch.autograd.grad(3 * loss, [x, head]) for loss in (expected, found)]
    for a, b in zip(*slopes, strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("settings", "apart"),
    [
        ({"micro_batch": 1}, 1e-9),
        ({"micro_batch": 2, "remat": "on", "doc_mode": "chunk"}, 1e-9),
        ({"dtype": "float32"}, 1e-4),
        ({"dtype": "bfloat16", "remat": "on"}, 0.03),
    ],
    ids=str,
)
def test_another_way_to_compute_gives_the_same_losses(
    settings: dict[str, Any], apart: float
) -> None:
    same = {k: v for k, v in settings.items() if k == "doc_mode"}
    expected = losses(torch_engine(record_of(5, **SMALL, **same)), 20)
    found = losses(torch_engine(record_of(5, **SMALL, **settings)), 20)
    assert found == approx(expected, rel=apart)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")  # the compiler warns of its own code
def test_compiled_layers_give_the_same_losses_under_the_same_names() -> None:
    expected, compiled = (
        torch_engine(record_of(5, **SMALL, compile=choice)) for choice in ("off", "on")
    )
    assert losses(compiled, 5) == approx(losses(expected, 5), rel=1e-9)
    assert list(compiled.weights()) == list(expected.weights())


@pytest.mark.parametrize("step", [1, 3, 5])
def test_a_restored_engine_goes_on_as_if_nothing_had_happened(step: int) -> None:
    record = record_of(step, n_embd=8, batch_docs=3)
    engine, other = torch_engine(record), torch_engine(record, seed=2)
    losses(engine, 3)
    other.restore(engine.weights(), engine.buffers())
    ends = [
        [one.train_step(k, DOCUMENTS) for k in range(3, 6)] for one in (engine, other)
    ]
    assert ends[0] == ends[1]
    assert engine.weights() == other.weights()
    assert engine.buffers() == other.buffers()
    with pytest.raises(CheckpointError, match=r"^invalid tensor: "):
        other.restore({}, {})


def test_a_loss_that_is_no_number_changes_nothing() -> None:
    engine = torch_engine(record_of(5, **SMALL))
    weights = engine.weights()
    weights["lm_head"].values[0] = float("nan")
    engine.restore(weights, engine.buffers())
    kept = engine.buffers()
    with pytest.raises(DivergedError, match="invalid loss: nan at step 1"):
        engine.train_step(0, DOCUMENTS)
    assert engine.buffers() == kept


def test_step_0_is_refused() -> None:
    with pytest.raises(UsageError, match="the torch engine has steps 1 to 5"):
        torch_engine(record_of(0))


def test_a_gradient_norm_and_the_work_of_a_step_are_shown() -> None:
    engine = torch_engine(record_of(5, **SMALL, optimizer="sgd", learning_rate=1.0))
    before = engine.weights()
    engine.train_step(0, DOCUMENTS)
    after, watched = engine.weights(), engine.metrics()
    squares = sum(
        (a - b) ** 2
        for name in before
        for a, b in zip(before[name].values, after[name].values, strict=True)
    )
    assert watched["gradient_norm"] == approx(squares**0.5, rel=1e-9)
    read = [tokens[:6] for tokens in DOCUMENTS]
    assert watched["tokens"] == sum(1 for tokens in read for _ in pairwise(tokens))
    assert watched["flops"] > 0 and watched["peak_flops"] > 0


def first_loss(record: Record, tokens: int) -> float:
    """The loss of random tokens at the first weights."""
    engine = torch_engine(record)
    rng, vocabulary = random.Random(2), record.model.vocab_size
    return float(engine.loss([rng.randrange(vocabulary) for _ in range(tokens + 1)]))


def require_memory(gigabytes: float) -> None:
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(x.split()[1]) for x in lines if x.startswith("MemAvailable"))
    if free < gigabytes * 1e6:
        not_run("memory", f"{gigabytes} GB of memory are not free")


@pytest.mark.parametrize("name", ["small", "depth-2"])
def test_a_preset_begins_near_a_guess_among_all_tokens(name: str) -> None:
    import math

    record = preset(name).with_settings(compile="off").with_vocabulary(128)
    assert first_loss(record, 64) == approx(math.log(128), rel=0.05)


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "vocabulary", "gigabytes"),
    [
        ("char-medium", 128, 1),
        ("depth-8", 4096, 2),
        ("gpt2-124m", 50_257, 3),
        ("1b", 50_257, 8),
    ],
)
def test_a_large_preset_begins_near_a_guess_among_all_tokens(
    name: str, vocabulary: int, gigabytes: float
) -> None:
    import math

    require_memory(gigabytes)
    plain = {"compile": "off", "optimizer": "sgd", "shard": "none"}
    record = preset(name).with_settings(**plain).with_vocabulary(vocabulary)
    assert first_loss(record, 128) == approx(math.log(vocabulary), rel=0.05)
