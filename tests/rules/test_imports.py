"""Imports go one way, engines never import each other, heavy packages stay apart."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import glassgpt

ROOT = Path(glassgpt.__file__).parent
TORCH = (
    "engines.torch",
    *(
        f"engines.torch.{name}"
        for name in (
            *("batches", "crew", "drawing", "engine", "loss", "model", "placing"),
            *("reading", "staging", "updates", "work"),
        )
    ),
)
# from below to above: a module imports from its own layer and from those under it;
# "cli" and "kernel" stand for the package and all in it, "" for glassgpt/__init__.py
LAYERS = (
    ("errors",),
    ("numbers", "rules", "tensors", "files", "presets"),
    (
        *("config", "tokenizer", "bpe", "datasets", "data", "order", "heldout"),
        *("inspection", "checkpoint", "parts", "runs"),
    ),
    ("lessons", "optim", "engines.base", "kernel"),
    (
        *("engines", "engines.reference", "engines.lesson_model", "engines.number"),
        *("engines.kernel", *TORCH),
    ),
    (
        *("course", "sampling", "evaluation", "events", "training", "curves"),
        *("prepared", "saving", "pace"),
    ),
    (
        *("run", "check", "exporting"),
        *("comparing", "comparison_notes", "comparison_page", "drawing", "placing"),
        "sweep",
    ),
    ("bench",),
    ("",),
    ("cli", "guide", "__main__"),
)
PACKAGES = ("bench", "cli", "guide", "kernel", "prepared")
# the modules of each engine; what they share is engines.base
ENGINES = {
    "reference": ("engines.reference", "engines.lesson_model", "engines.number"),
    "kernel": ("engines.kernel",),
    "torch": TORCH,
}
# the only modules that import others of ours when they are called
LAZY = {
    *("engines", "cli", "cli.guide", "cli.bench", "bench.machine"),
    *("cli.data", "run", "sweep", "tokenizer"),
}
# the only modules that import what does not come with Python
OTHERS = {
    "safetensors": ("tensors",),
    "filelock": ("runs", "prepared.preparing"),
    "tokenizers": ("bpe",),
    "pyarrow": ("prepared.sources",),
    "platformdirs": ("datasets",),
    "numpy": ("kernel", "engines.kernel", "bench", "prepared", *TORCH),
    "torch": ("bench.torch_peer", *TORCH),
    "tensorboard": ("cli.board",),
    "rich": ("cli",),
    "typer": ("cli",),
    **dict.fromkeys(("brotli", "jinja2", "latex2mathml", "markdown_it"), ("guide",)),
    **dict.fromkeys(("markupsafe", "mdit_py_plugins", "pygments"), ("guide",)),
}


# the lessons, and the copies of them in the built guide
NOT_OURS = {"steps", "site"}


@dataclass(frozen=True)
class Import:
    """One module's import of another: dotted, ours without the leading glassgpt."""

    module: str
    target: str
    ours: bool
    lazy: bool = False

    def __str__(self) -> str:
        return f"{self.module or 'glassgpt'} imports {self.target or 'glassgpt'}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the package; the lessons are programs, not modules."""
    files = [
        p for p in ROOT.rglob("*.py") if not NOT_OURS & {*p.relative_to(ROOT).parts}
    ]
    return {
        ".".join(p.relative_to(ROOT).with_suffix("").parts)
        .removesuffix("__init__")
        .removesuffix("."): p
        for p in files
    }


def imports(module: str, source: str) -> list[Import]:
    """What a source imports, inside functions and for type checkers too."""
    tree = ast.parse(source)
    functions = [n for n in ast.walk(tree) if isinstance(n, FUNCTIONS)]
    lazy = {id(inner) for function in functions for inner in ast.walk(function)}
    return [
        Import(module, target, ours, id(node) in lazy)
        for node in ast.walk(tree)
        for target, ours in targets(node)
    ]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def targets(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """The modules that a statement imports, and whether they are ours."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield resolved(alias.name)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "a relative import says too little"
        for alias in node.names:
            inner, ours = resolved(f"{node.module}.{alias.name}")
            yield (inner, ours) if inner in modules() else resolved(node.module)


def resolved(name: str) -> tuple[str, bool]:
    """A module's name without glassgpt, or the package that it belongs to."""
    top, _, rest = name.partition(".")
    return (rest, True) if top == "glassgpt" else (top, False)


def layer(module: str) -> int:
    """The layer that a module stands in; a package's modules stand with it."""
    for name in (module, module.split(".")[0]):
        for number, names in enumerate(LAYERS):
            if name in names and (name == module or name in PACKAGES):
                return number
    raise AssertionError(f"{module} has no place in the table of layers")


def engine(module: str) -> str | None:
    """The engine that a module is a part of."""
    found = (name for name, parts in ENGINES.items() if module in parts)
    return next(found, None)


def wrong(one: Import) -> str | None:
    """Why an import is not allowed."""
    if not one.ours:
        if one.target in sys.stdlib_module_names:
            return None
        allowed = OTHERS.get(one.target, ())
        top = one.module.split(".")[0]
        return None if top in allowed or one.module in allowed else "not there"
    if layer(one.target) > layer(one.module):
        return "that is above"
    ends = engine(one.module), engine(one.target)
    if None not in ends and ends[0] != ends[1]:
        return "engines do not know each other"
    if one.lazy and one.module not in LAZY:
        return "inside a function"
    return None


@cache
def every_import() -> list[Import]:
    return [
        one
        for module, path in modules().items()
        for one in imports(module, path.read_text(encoding="utf-8"))
    ]


def test_imports_go_one_way() -> None:
    assert len(every_import()) > 200
    assert [f"{one}: {why}" for one in every_import() if (why := wrong(one))] == []


def test_every_module_has_one_place_in_the_table() -> None:
    named = [name for names in LAYERS for name in names]
    assert len(named) == len(set(named))
    assert all(layer(module) in range(len(LAYERS)) for module in modules())
    assert set(named) - set(modules()) <= {"guide"}


def test_every_part_of_an_engine_is_named() -> None:
    parts = {name for names in ENGINES.values() for name in names}
    inside = {name for name in modules() if name.startswith("engines.")}
    assert parts == inside - {"engines.base"}


def test_no_module_needs_itself() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for one in every_import():
        if one.ours and not one.lazy:
            graph[one.module].add(one.target)
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    ("module", "line", "why"),
    [
        ("data", "from glassgpt.training import Session", "that is above"),
        ("config", "import glassgpt", "that is above"),
        ("run", "from glassgpt.cli import app", "that is above"),
        ("data", "def f():\n    from glassgpt import run", "that is above"),
        ("check", "def f():\n    from glassgpt import data", "inside a function"),
        ("training", "import numpy as np", "not there"),
        ("engines", "def f():\n    import torch", "not there"),
        ("saving", "import torch.distributed as dist", "not there"),
        ("run", "def f():\n    import rich.console", "not there"),
        ("tokenizer", "from safetensors import serialize", "not there"),
    ],
)
def test_a_wrong_import_is_found(module: str, line: str, why: str) -> None:
    assert [wrong(one) for one in imports(module, line)] == [why]


def test_an_engine_that_imports_another_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ENGINES, "reference", ("engines.reference",))
    monkeypatch.setitem(ENGINES, "other", ("engines.number",))
    (one,) = imports("engines.number", "import glassgpt.engines.reference")
    assert wrong(one) == "engines do not know each other"


def test_a_module_that_nobody_placed_is_found() -> None:
    with pytest.raises(AssertionError, match="newcomer has no place"):
        layer("newcomer")
