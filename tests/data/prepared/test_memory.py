"""Memory does not grow with the data: measured in processes of their own."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MEGABYTE = 1 << 20
_PREPARE = """
import json, resource, sys
from pathlib import Path
from glassgpt.data.prepared.job import Job
from glassgpt.data.prepared.prepare import prepare
manifest = prepare(Job((sys.argv[1],), sys.argv[3]), Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"peak": peak, "documents": manifest.documents}))
"""
_TRAIN = """
import json, sys
from glassgpt import preset
from glassgpt.data import load
from glassgpt.data.loader import suited
from glassgpt.training.events import Stepped
from glassgpt.training.session import Session
def resident():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) * 1024
data = load(sys.argv[1])
chosen = {"n_embd": 4, "n_head": 2, "batch_docs": 100, "num_steps": 1000}
chosen |= {"eval_docs": 20, "doc_mode": sys.argv[2], "holdout": float(sys.argv[3])}
session = Session(suited(preset("step5").with_settings(**chosen), data, {}), data)
sizes, read = [], 0
for step in range(1000):
    read += sum(map(len, session.batch(step)))
    if step % 50 == 49:
        sizes.append(resident())
print(json.dumps({"sizes": sizes, "read": read}))
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="not run: no /proc")


def run(code: str, *words: object) -> dict[str, Any]:
    """What a program says in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def generate(path: Path, size: int) -> Path:
    """A text of about so many bytes."""
    rng = random.Random(7)
    words = ["".join(rng.choices("etaoinshrdlu", k=5)) for _ in range(5000)]
    lines = [" ".join(rng.choices(words, k=rng.randint(3, 60))) for _ in range(5000)]
    with path.open("w") as file:
        while file.tell() < size:
            file.write("\n".join(rng.sample(lines, 2000)) + "\n")
    return path


@pytest.mark.full
@pytest.mark.parametrize("tokenizer", ["char", "bytes"])
def test_a_hundred_megabytes_are_prepared_in_a_fraction_of_half_a_gigabyte(
    tokenizer: str, tmp_path: Path
) -> None:
    peaks = []
    for size in (20, 100):
        file = generate(tmp_path / f"{size}.txt", size * 1_000_000)
        peaks.append(run(_PREPARE, file, tmp_path / f"{size}", tokenizer)["peak"])
    assert max(peaks) < 500 * MEGABYTE
    assert peaks[1] < peaks[0] + 60 * MEGABYTE


@LINUX
@pytest.mark.full
@pytest.mark.parametrize(
    ("mode", "holdout"),
    [("truncate", 0), pytest.param("pack", 0.1, marks=pytest.mark.soak)],
)
def test_training_reads_prepared_data_with_a_constant_resident_size(
    mode: str, holdout: float, tmp_path: Path
) -> None:
    file = generate(tmp_path / "file.txt", 100_000_000)
    made = run(_PREPARE, file, tmp_path / "out", "bytes")
    assert made["documents"] > 200_000
    sizes = run(_TRAIN, tmp_path / "out", mode, holdout)["sizes"]
    # all 200 MB of ids are touched on the way
    assert max(sizes) < min(sizes) + 60 * MEGABYTE
