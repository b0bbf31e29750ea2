"""Compiled files are kept by content: what did not change is not compiled again."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fast_models import model_of
from kernels import BASELINE_ONLY
from support import not_run

from glassgpt.errors import GlassGPTError
from glassgpt.kernel import build
from glassgpt.kernel.bindings.library import open_library
from glassgpt.kernel.bindings.model import Kernel
from glassgpt.kernel.compiler import Compiler
from glassgpt.kernel.objects import compile_all


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Two C files, of which one includes a header that includes another."""
    if not shutil.which("cc"):
        not_run("cc", "cc is not on this machine")
    folder = tmp_path / "sources"
    (folder / "core").mkdir(parents=True)
    (folder / "alone.c").write_text("int alone(void) { return 1; }\n")
    (folder / "core" / "with.c").write_text('#include "core/outer.h"\nint f = N;\n')
    (folder / "core" / "outer.h").write_text('#include "core/inner.h"\n')
    (folder / "core" / "inner.h").write_text("#define N 3\n#ifdef NAMED\n#endif\n")
    return folder


def objects(sources: Path, *flags: str, compiler: Compiler | None = None) -> set[str]:
    """The names of the objects of these sources."""
    kept = sources.parent / "objects"
    found = compile_all(compiler or Compiler(("cc",)), sources, flags, kept)
    assert len(found) == 2
    return {path.name for path in found}


@pytest.mark.parametrize("file", ["core/with.c", "core/outer.h", "core/inner.h"])
def test_a_change_makes_the_objects_that_include_it_anew_and_no_other(
    file: str, sources: Path
) -> None:
    before = objects(sources)
    assert objects(sources) == before
    (sources / file).write_text((sources / file).read_text() + "/* more */\n")
    assert len(objects(sources) & before) == 1


def test_a_flag_counts_and_a_define_where_it_is_named(sources: Path) -> None:
    before = objects(sources)
    assert not objects(sources, "-O2") & before
    assert len(objects(sources, "-DNAMED=1") & before) == 1
    assert objects(sources, "-DELSEWHERE=1") == before


def test_another_compiler_has_objects_of_its_own(sources: Path) -> None:
    mine = sources.parent / "mycc"
    mine.write_text('#!/bin/sh\nexec cc "$@"\n')
    mine.chmod(0o755)
    before = objects(sources)
    assert not objects(sources, compiler=Compiler((str(mine),))) & before


def test_what_nobody_used_for_long_is_removed(sources: Path) -> None:
    objects(sources)
    kept = sources.parent / "objects"
    long_ago = time.time() - 40 * 86400
    for path in kept.iterdir():
        os.utime(path, (long_ago, long_ago))
    used = objects(sources)
    (sources / "alone.c").write_text("int alone(void) { return 2; }\n")
    assert {p.name for p in kept.iterdir()} == used, "what was used stays"
    for path in kept.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert {p.name for p in kept.iterdir()} > (used & objects(sources))
    assert len([*kept.iterdir()]) == 2


def test_builds_side_by_side_make_the_same_objects_whole(sources: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = [pool.submit(objects, sources) for _ in range(6)]
        assert len({frozenset(each.result()) for each in made}) == 1
    assert len([*(sources.parent / "objects").iterdir()]) == 2


def test_what_is_refused_leaves_no_object(sources: Path) -> None:
    (sources / "alone.c").write_text("int alone(void) { return nothing; }\n")
    with pytest.raises(GlassGPTError, match=r"invalid C compiler: cc; .*nothing"):
        objects(sources)
    assert len([*(sources.parent / "objects").iterdir()]) == 1


def test_a_library_says_which_instructions_it_was_built_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(tmp_path, extra=BASELINE_ONLY, precisions=["f64"])
    monkeypatch.setenv("GLASSGPT_KERNEL", str(tmp_path))
    open_library.cache_clear()
    try:
        kernel = Kernel(model_of())
        assert kernel.isa == "baseline"
        assert kernel.call.best_isa() == 1
        assert kernel.call.use_isa(kernel.g, 2) == -1
    finally:
        open_library.cache_clear()
