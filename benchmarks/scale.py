"""Training and sampling at scale: the torch engine beside its peers, in one run.

    python benchmarks/scale.py [--out FILE] [--only SECTION ...] [--seconds N]

Sections: `gpt2`, the shape of GPT-2 124M, eager and compiled, beside `transformers`'
GPT-2 where that is installed; `presets`, every preset's shape; `sampling`, with and
without the cache; `checkpoint`, what a save costs the training; `cpu`, a small model
beside a plain PyTorch loop, on one thread and on two. All but `cpu` want an NVIDIA GPU,
and say "not run" without one. Rounds are interleaved; each figure is the median over
them. A section begins only while fewer than N seconds have passed. Every result is
a line of JSON on stdout and, with --out, in FILE, at once.

MFU is the engine's `flops_a_token` times tokens a second, divided by the printed peak.
`transformers`' model counts by the same formula and trains as its users would, and as
the engine does: float32 weights, autocast to bfloat16, SDPA, fused AdamW, clipped at 1.
"""

import argparse
import json
import platform
import random
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812, as everyone writes it

from glassgpt.config import Record, SamplingConfig, preset
from glassgpt.engines.torch.decoding import drawing, generate_batch
from glassgpt.engines.torch.engine import TorchEngine
from glassgpt.engines.torch.flops import flops_a_token, memory_used, peak_flops
from glassgpt.training.writer import CheckpointWriter

ROUNDS = 5
VOCABULARY = 50_257
START = time.monotonic()
Step = Callable[[], float]


class Report:
    """Where results go, as they come."""

    def __init__(self, out: Path | None) -> None:
        self._out = out

    def say(self, section: str, **facts: Any) -> None:
        """A line of JSON."""
        facts = {"section": section, **facts, "at": round(time.monotonic() - START, 1)}
        line = json.dumps(facts)
        print(line, flush=True)
        if self._out:
            with self._out.open("a") as file:
                file.write(line + "\n")


# --- what is timed ---


def trainer(record: Record, seed: int = 1) -> tuple[TorchEngine, Step, int]:
    """An engine, a function that does one training step, and the tokens of a step."""
    engine = TorchEngine(record, random.Random(seed), draw=False)
    generator = torch.Generator(engine.device).manual_seed(seed)
    for _, weight in engine.model.named_weights():
        weight.data.normal_(0, record.model.init_std, generator=generator)
    model, train = record.model, record.train
    rows = np.random.default_rng(seed).integers(
        0, model.vocab_size, (train.batch_docs, model.block_size + 1)
    )
    batch, steps = list(rows), iter(range(train.num_steps))
    tokens = train.batch_docs * model.block_size
    return engine, lambda: engine.train_step(next(steps), batch), tokens


def peer(record: Record, compiled: bool) -> Step:
    """A training step of `transformers`' GPT-2 at the same shape."""
    from transformers import GPT2Config, GPT2LMHeadModel

    model, train = record.model, record.train
    config = GPT2Config(
        vocab_size=model.vocab_size,
        n_positions=model.block_size,
        n_embd=model.n_embd,
        n_layer=model.n_layer,
        n_head=model.n_head,
        **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0),
        use_cache=False,
    )
    net = GPT2LMHeadModel(config).cuda().train()
    called: Any = torch.compile(net) if compiled else net
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)
    shape = (train.batch_docs, model.block_size)
    ids = torch.randint(model.vocab_size, shape, device="cuda")

    def step() -> float:
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = called(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.item())

    return step


def matrix(rows: int, columns: int, std: float) -> torch.nn.Parameter:
    """A matrix of small random weights."""
    return torch.nn.Parameter(torch.randn(rows, columns) * std)


def by_head(x: torch.Tensor, n_head: int) -> torch.Tensor:
    """(B, T, C) as (B, heads, T, C / heads)."""
    return x.view(*x.shape[:2], n_head, -1).transpose(1, 2)


def plain_loop(record: Record) -> Step:
    """A training step of the same model as one writes it first, in eager PyTorch."""
    model, train = record.model, record.train
    width, std = model.n_embd, model.init_std

    wte, wpe = (
        matrix(model.vocab_size, width, std),
        matrix(model.block_size, width, std),
    )
    head = matrix(model.vocab_size, width, std)
    layers = [
        (
            *(matrix(width, width, std) for _ in "qkvo"),
            *(matrix(4 * width, width, std), matrix(width, 4 * width, std)),
        )
        for _ in range(model.n_layer)
    ]
    params = [wte, wpe, head, *(w for layer in layers for w in layer)]
    optimizer = torch.optim.Adam(params, lr=1e-3, betas=(0.9, 0.99))
    ids = torch.randint(model.vocab_size, (train.batch_docs, model.block_size + 1))
    x_ids, y_ids = ids[:, :-1], ids[:, 1:]

    norm = partial(F.rms_norm, normalized_shape=(width,), eps=model.rms_eps)

    def step() -> float:
        x = norm(wte[x_ids] + wpe)
        for wq, wk, wv, wo, fc1, fc2 in layers:
            h = norm(x)
            q, k, v = (by_head(F.linear(h, w), model.n_head) for w in (wq, wk, wv))
            a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + F.linear(a.transpose(1, 2).reshape(x.shape), wo)
            x = x + F.linear(F.relu(F.linear(norm(x), fc1)), fc2)
        logits = F.linear(x, head)
        loss = F.cross_entropy(logits.flatten(0, 1), y_ids.flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        return float(loss.item())

    return step


# --- how it is timed ---


def interleaved(
    steps: Mapping[str, Step], count: int, rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Seconds a step of each, in each round; each has done three before."""
    for step in steps.values():
        for _ in range(3):
            step()
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            synchronize()
            start = time.perf_counter()
            for _ in range(count):
                step()
            synchronize()
            seconds[name].append((time.perf_counter() - start) / count)
    return seconds


def synchronize() -> None:
    """Wait for the GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def speed(record: Record, tokens: int, seconds: float, device: Any) -> dict[str, Any]:
    """Tokens a second and MFU, with what the latter was divided by."""
    peak = peak_flops(device, record.train.dtype)
    rate = tokens / seconds
    mfu = flops_a_token(record.model) * rate / peak
    return {
        "tokens_per_second": round(rate),
        "mfu": round(mfu, 4),
        "peak_flops": peak,
        "ms_per_step": round(1000 * seconds, 3),
        "tokens_per_step": tokens,
    }


# --- the sections ---


def gpt2(report: Report) -> None:
    """The shape of GPT-2 124M, beside `transformers`."""
    shape = preset("gpt2-124m").with_vocabulary(VOCABULARY)
    settings = {"batch_docs": 32, "micro_batch": 0, "num_steps": 100_000}
    record = shape.with_settings(**settings)
    eager, step_eager, tokens = trainer(record.with_settings(compile="off"))
    steps: dict[str, Step] = {"eager": step_eager}
    began = time.monotonic()
    _, steps["compiled"], _ = trainer(record)
    steps["compiled"]()
    report.say("gpt2", compile_seconds=round(time.monotonic() - began, 1))
    for name, compiled in (("peer", False), ("peer compiled", True)):
        if compiled and time.monotonic() - START > 120:
            report.say("gpt2", variant=name, not_run="too little time is left")
            continue
        try:
            steps[name] = peer(record, compiled)
            steps[name]()
        except Exception as error:
            steps.pop(name, None)
            report.say("gpt2", variant=name, not_run=f"{error!r:.300}")
    seconds = interleaved(steps, count=6)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, median in medians.items():
        facts = speed(record, tokens, median, eager.device)
        spread = [round(1000 * s, 2) for s in seconds[name]]
        report.say("gpt2", variant=name, **facts, rounds_ms=spread)
    for name in set(medians) & {"peer", "peer compiled"}:
        pairs = zip(seconds[name], seconds["compiled"], strict=True)
        ratio = statistics.median(a / b for a, b in pairs)
        report.say("gpt2", ratio_of_compiled_to=name, ratio=round(ratio, 3))
    report.say("gpt2", memory_gb=round(memory_used(eager.device) / 1e9, 2))


def presets(report: Report) -> None:
    """Every preset's shape, eager and compiled."""
    sizes: dict[str, dict[str, Any]] = {
        "small": {"batch_docs": 64},
        "char-medium": {"batch_docs": 64, "dtype": "bfloat16"},
        "gpt2-124m": {"batch_docs": 32, "micro_batch": 0},
        "1b": {"batch_docs": 8, "micro_batch": 8, "shard": "none"},
    }
    for name, settings in sizes.items():
        vocabulary = 128 if name in ("small", "char-medium") else VOCABULARY
        record = preset(name).with_vocabulary(vocabulary)
        record = record.with_settings(**settings, num_steps=100_000)
        for compiled in ("off", "on"):
            clear()
            try:
                changed = record.with_settings(compile=compiled)
                engine, step, tokens = trainer(changed)
                count = 3 if name == "1b" else 10
                seconds = interleaved({name: step}, count, rounds=3)[name]
                facts = speed(
                    changed, tokens, statistics.median(seconds), engine.device
                )
                report.say("presets", preset=name, compile=compiled, **facts)
                del engine, step
            except Exception as error:
                report.say(
                    "presets", preset=name, compile=compiled, failed=f"{error!r}"
                )


def sampling(report: Report) -> None:
    """Sixteen texts of 128 tokens, with the cache and without."""
    record = preset("gpt2-124m").with_vocabulary(VOCABULARY)
    engine, _, _ = trainer(record.with_settings(compile="off"))
    draw, start = drawing(SamplingConfig(1.0), random.Random(1)), [VOCABULARY - 1]

    def writing(cached: bool) -> Step:
        def step() -> float:
            made = generate_batch(engine.model, start, 16, 128, draw, cached)
            return float(sum(map(len, made)))

        return step

    steps = {"cached": writing(True), "recomputed": writing(False)}
    seconds = interleaved(steps, count=1, rounds=3)
    for name, found in seconds.items():
        rate = 16 * 128 / statistics.median(found)
        report.say("sampling", variant=name, tokens_per_second=round(rate))


def stalls(report: Report) -> None:
    """How much longer training takes when a checkpoint is written meanwhile."""
    record = preset("gpt2-124m").with_vocabulary(VOCABULARY)
    settings = {"batch_docs": 32, "micro_batch": 0, "compile": "off"}
    engine, step, _ = trainer(record.with_settings(**settings))
    usual = statistics.median(interleaved({"step": step}, count=5, rounds=3)["step"])
    with tempfile.TemporaryDirectory() as place:
        folder: Any = SimpleNamespace(checkpoints=Path(place), sync_log=lambda: None)
        saver = CheckpointWriter(engine, folder)
        for attempt in (1, 2):  # the first also makes the memory to copy to
            synchronize()
            start = time.perf_counter()
            saver.save(attempt, {})
            handed = time.perf_counter() - start
            count = 0
            while not saver.published():
                step()
                count += 1
            synchronize()
            whole = time.perf_counter() - start
            report.say(
                "checkpoint",
                attempt=attempt,
                usual_ms=round(1000 * usual, 2),
                handed_over_ms=round(1000 * handed, 2),
                written_after_ms=round(1000 * whole, 1),
                steps_meanwhile=count,
                stall_ms=round(1000 * (whole - count * usual), 1),
                bytes=sum(f.stat().st_size for f in Path(place).rglob("*.safetensors")),
            )


def cpu(report: Report) -> None:
    """n_layer 4, n_embd 128, block 64, batch 32, float32, beside a plain loop."""
    settings = {"n_layer": 4, "n_embd": 128, "n_head": 4, "block_size": 64}
    record = preset("step5").with_settings(
        **settings, batch_docs=32, loss_norm="token", dtype="float32", num_steps=100_000
    )
    record = record.with_settings(init_std=0.03)
    before = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        _, step, tokens = trainer(record)
        steps = {"engine": step, "plain loop": plain_loop(record)}
        seconds = interleaved(steps, count=20)
        rates = {n: tokens / statistics.median(found) for n, found in seconds.items()}
        ratio = statistics.median(
            a / b for a, b in zip(seconds["plain loop"], seconds["engine"], strict=True)
        )
        rounded = {name: round(rate) for name, rate in rates.items()}
        report.say(
            "cpu", threads=threads, tokens_per_second=rounded, ratio=round(ratio, 3)
        )
    torch.set_num_threads(before)


SECTIONS: dict[str, Callable[[Report], None]] = {
    "gpt2": gpt2,
    "checkpoint": stalls,
    "sampling": sampling,
    "presets": presets,
    "cpu": cpu,
}


def clear() -> None:
    """Leave the GPU's memory to what comes next."""
    torch._dynamo.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def main() -> None:
    """Run the sections that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS))
    parser.add_argument("--seconds", type=float, default=240.0)
    chosen = parser.parse_args()
    report, has_gpu = Report(chosen.out), torch.cuda.is_available()
    device = torch.cuda.get_device_name() if has_gpu else platform.processor()
    with suppress(ImportError):
        import transformers

        report.say("versions", transformers=transformers.__version__)
    report.say("versions", torch=torch.__version__, python=sys.version.split()[0])
    report.say("versions", device=device or platform.machine())
    for name in chosen.only or SECTIONS:
        if name != "cpu" and not has_gpu:
            report.say(name, not_run="there is no NVIDIA GPU")
        elif name == "cpu" and has_gpu:
            report.say(name, not_run="it is for a machine without a GPU")
        elif time.monotonic() - START > chosen.seconds:
            report.say(name, not_run="too little time is left")
        else:
            try:
                SECTIONS[name](report)
            except Exception:
                report.say(name, failed=traceback.format_exc()[-1500:])
            clear()


if __name__ == "__main__":
    main()
