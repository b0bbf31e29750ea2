"""Kernels that are wrong on purpose."""

import shutil
from pathlib import Path

# the gradient of the loss by the logits, in the plain kernel and in the fast one
SIGN_TURNED = (
    ("core/layers.c", "dlogits[targets[t]] -=", "dlogits[targets[t]] +="),
    ("simd/layers.h", "logits[targets[t]] -=", "logits[targets[t]] +="),
)


def wrong_wasm(folder: Path, *turns: tuple[str, str, str]) -> Path:
    """The kernel as WebAssembly with mistakes in it: file, right and wrong text."""
    from glassgpt.kernel import build

    others = shutil.ignore_patterns("*.py", "__*", "built")
    sources = Path(shutil.copytree(build.FOLDER, folder / "sources", ignore=others))
    for file, right, wrong in turns:
        text = (sources / file).read_text("utf-8")
        assert text.count(right) == 1
        (sources / file).write_text(text.replace(right, wrong), "utf-8")
    return build.build_wasm(folder, sources, ["f64"])[0]
