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
# from below to above, by room: a room imports from its own layer and those under it;
# a module at the top is a room of its own, "" is glassgpt/__init__.py
LAYERS = (
    ("errors",),
    ("formatting", "files"),
    ("tokenizers", "config", "optim", "checkpoints"),
    ("data", "lessons", "kernel"),
    ("engines",),
    ("sampling", "evaluation", "training", "curves"),
    ("runs", "gradcheck", "export", "comparison"),
    ("bench",),
    ("",),
    ("cli", "guide", "__main__"),
)
# what engines share, at the top of their room; each has a module or a folder of its own
SHARED = tuple(
    f"engines{name}" for name in ("", ".base", ".decoding", ".records", ".shapes")
)
# the only modules that import others of ours when they are called
LAZY = {
    *("engines", "cli", "cli.guide", "cli.bench", "bench.suite"),
    *("cli.data", "data", "data.heldout", "data.loader", "evaluation"),
    "training.several",
}
# the only rooms, or modules, that import what does not come with Python
OTHERS = {
    "safetensors": ("checkpoints",),
    "filelock": ("checkpoints", "data.prepared.prepare"),
    "tokenizers": ("tokenizers.bpe",),
    "pyarrow": ("data.prepared.parquet",),
    "platformdirs": ("data.catalog",),
    "numpy": ("kernel", "engines.kernel", "engines.torch", "bench", "data.prepared"),
    "torch": ("bench.torch_peer", "engines.torch"),
    "tensorboard": ("cli.view.tensorboard",),
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
    """The layer that a module's room stands in."""
    room = module.split(".")[0]
    for number, rooms in enumerate(LAYERS):
        if room in rooms:
            return number
    raise AssertionError(f"{room} has no place in the table of layers")


def engine(module: str) -> str | None:
    """The engine that a module is a part of."""
    if module in SHARED or not module.startswith("engines."):
        return None
    return module.split(".")[1]


def stands_in(module: str, rooms: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or in one of them."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def wrong(one: Import) -> str | None:
    """Why an import is not allowed."""
    if not one.ours:
        if one.target in sys.stdlib_module_names:
            return None
        allowed = OTHERS.get(one.target, ())
        return None if stands_in(one.module, allowed) else "not there"
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


def test_every_room_has_one_place_in_the_table() -> None:
    named = [room for rooms in LAYERS for room in rooms]
    assert len(named) == len(set(named))
    assert set(named) == {module.split(".")[0] for module in modules()}


def test_no_module_needs_itself() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for one in every_import():
        if one.ours and not one.lazy:
            graph[one.module].add(one.target)
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    ("module", "line", "why"),
    [
        ("data", "from glassgpt.training.session import Session", "that is above"),
        ("config.record", "import glassgpt", "that is above"),
        ("runs.run", "from glassgpt.cli import app", "that is above"),
        ("data", "def f():\n    from glassgpt import runs", "that is above"),
        ("gradcheck", "def f():\n    from glassgpt import data", "inside a function"),
        ("training.session", "import numpy as np", "not there"),
        ("engines", "def f():\n    import torch", "not there"),
        ("training.writer", "import torch.distributed as dist", "not there"),
        ("runs.run", "def f():\n    import rich.console", "not there"),
        ("tokenizers.base", "from safetensors import serialize", "not there"),
        (
            *("engines.kernel", "import glassgpt.engines.reference.number"),
            "engines do not know each other",
        ),
    ],
)
def test_a_wrong_import_is_found(module: str, line: str, why: str) -> None:
    assert [wrong(one) for one in imports(module, line)] == [why]


def test_a_room_that_nobody_placed_is_found() -> None:
    with pytest.raises(AssertionError, match="newcomer has no place"):
        layer("newcomer.of_today")
