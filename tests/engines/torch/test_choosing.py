"""Which engine trains, and why, before anything is loaded or drawn."""

from typing import Any

import pytest
from support import small
from support.engines import record_of

from glassgpt import engines
from glassgpt.config import Record, preset
from glassgpt.config.presets import LESSONS
from glassgpt.errors import GlassGPTError, UsageError
from glassgpt.training.session import Session


def chosen(record: Record, name: str = "auto") -> tuple[str, str]:
    kind, why = engines.choose(name, record)
    return kind.name, why


@pytest.mark.parametrize("name", LESSONS)
def test_the_kernel_trains_every_lesson(name: str) -> None:
    assert chosen(preset(name)) == ("kernel", "")
    assert chosen(preset(name).with_settings(num_steps=100_000)) == ("kernel", "")


def test_the_kernel_trains_small_and_reads_what_pytorch_trains() -> None:
    usual = preset("small").with_vocabulary(100)
    assert chosen(usual) == ("kernel", "")
    wide = record_of(5, n_embd=512, n_layer=2, batch_docs=64, dtype="float32")
    for record in (usual, wide, wide.with_settings(dtype="bfloat16", compile="on")):
        assert engines.reader(record).name == "kernel"
    assert chosen(wide.with_settings(num_steps=100_000))[0] == "torch"


def test_what_the_kernel_cannot_hold_or_is_slow_to_read_is_read_by_pytorch() -> None:
    pytest.importorskip("torch")
    assert engines.reader(record_of(5).with_vocabulary(5000)).name == "torch"
    deep = preset("char-medium").with_vocabulary(100)
    assert engines.reader(deep).name == "torch"


@pytest.mark.full
@pytest.mark.parametrize("n_embd", [64, 128])
def test_the_rates_that_auto_goes_by_are_those_of_this_machine(n_embd: int) -> None:
    """As ratios: where `auto` expects one engine to be faster, it is, or about even."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seconds = {}
        record = preset("small").with_settings(n_embd=n_embd, num_steps=100_000)
        words = " and then some more words and some more again, to the end"
        text = [f"{a}{b}{words}" for a in "abcd" for b in "efgh"]
        for name in ("kernel", "torch"):
            session = Session(record, small.corpus(text), name)
            seconds[name] = min(session.seconds_a_step() for _ in range(5))
    finally:
        torch.set_num_threads(threads)
    kernel, other = engines.expected_seconds(record.with_vocabulary(27))
    measured = seconds["torch"] / seconds["kernel"]
    assert 0.6 < measured / (other / kernel) < 1.7


@pytest.mark.parametrize("name", ["char-medium", "gpt2-124m", "1b"])
def test_pytorch_trains_what_is_larger_and_it_is_said_why(name: str) -> None:
    engine, why = chosen(preset(name).with_vocabulary(100))
    assert engine == "torch"
    assert why.startswith("PyTorch trains: ")


@pytest.mark.parametrize(("name", "half", "said"), [
    ("torch", 1e9, "bfloat16 is slow here: --set dtype=float32 has 50 times the "),
    ("auto", 1e9, "; bfloat16 is slow here: --set dtype=float32 has 50 times the "),
    ("torch", 40e9, ""),
])  # fmt: skip
def test_a_processor_that_lacks_bfloat16_is_spoken_of(
    name: str, half: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    from glassgpt.engines.torch import flops

    rates = {torch.bfloat16: half, torch.float32: 50e9}
    monkeypatch.setattr(flops, "_measured", lambda device, kind, *_: rates[kind])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    record = preset("gpt2-124m").with_vocabulary(100)
    engine, why = chosen(record, name)
    assert engine == "torch"
    assert said in why if said else why == ""
    assert flops.peak_flops(torch.device("cpu"), "bfloat16") == 50e9
    assert chosen(record.with_settings(dtype="float32"), "torch") == ("torch", "")


def test_pytorch_is_taken_only_where_the_kernel_is_slower_on_its_best_day() -> None:
    for width in (8, 16, 32, 64, 128, 256):
        settings: dict[str, Any] = {"n_embd": width, "batch_docs": 8, "block_size": 64}
        for steps in (10, 100, 1000):
            record = record_of(5, **settings, num_steps=steps)
            kernel, torch = engines.expected_seconds(record)
            assert (chosen(record)[0] == "torch") == (torch < kernel)


def test_a_vocabulary_that_the_kernel_has_not_goes_to_pytorch() -> None:
    engine, why = chosen(record_of(5).with_vocabulary(5000))
    assert engine == "torch"
    assert "the kernel has at most 4096" in why


@pytest.mark.parametrize("name", ["gpt2-124m", "1b", "depth-4"])
def test_without_pytorch_a_record_that_asks_for_it_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    record = preset(name).with_vocabulary(100)
    with pytest.raises(GlassGPTError, match=r"^missing torch$") as caught:
        engines.choose("auto", record)
    assert caught.value.remedy == "Install it: pip install 'glassgpt[torch]'"
    assert chosen(preset("small").with_vocabulary(100))[0] == "kernel"


@pytest.mark.parametrize("name", ["kernel", "reference"])
def test_under_torchrun_it_is_pytorch_or_an_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert chosen(record_of(5)) == ("torch", "")
    with pytest.raises(UsageError, match=f"invalid engine: {name}; it trains in one"):
        chosen(record_of(5), name)


@pytest.mark.parametrize("value", ["0", "129", "x", "-1"])
def test_a_depth_that_cannot_be_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match=f"^invalid depth: {value}; "):
        preset(f"depth-{value}")


def test_twelve_layers_have_the_shape_of_gpt_2() -> None:
    assert preset("depth-12") == preset("gpt2-124m")
    model = preset("depth-12").model
    assert (model.n_embd, model.n_head, model.block_size) == (768, 12, 1024)
