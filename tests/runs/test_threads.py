"""One run, read by several threads at once."""

import threading
from typing import Any

import pytest
from support import small
from support.small import TINY

import glassgpt


@pytest.mark.parametrize("engine", ["kernel", "torch", "reference"])
def test_eight_threads_over_one_run_give_the_texts_and_losses_of_one(
    engine: str,
) -> None:
    if engine == "torch":
        pytest.importorskip("torch")
    settings = {**TINY, "block_size": 24}
    run = glassgpt.train(small.names(), engine=engine, **settings)
    count = 3 if engine == "torch" else 8
    wanted = [run.sample(count, seed=seed, temperature=2.0) for seed in range(8)]
    together = run.sample(300, seed=3, together=True) if engine == "kernel" else []
    measured, begun = run.evaluate(), threading.Barrier(8)
    found: dict[int, tuple[list[str], Any, list[str]]] = {}

    def write(seed: int) -> None:
        begun.wait()
        texts = run.sample(count, seed=seed, temperature=2.0)
        many = run.sample(300, seed=3, together=True) if together else []
        found[seed] = texts, run.evaluate(), many

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: (texts, measured, together) for n, texts in enumerate(wanted)}
