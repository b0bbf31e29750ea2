"""What `import glassgpt` offers: a closed list, each thing with its docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import glassgpt

ROOT = Path(glassgpt.__file__).parent
MODULES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if not {"steps", "site"} & {*path.relative_to(ROOT).parts}
)
Documented = ast.FunctionDef | ast.ClassDef | ast.Module


def visible() -> list[str]:
    """Names without an underscore that are no submodules, and the version."""
    names = [
        name
        for name, value in vars(glassgpt).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    ]
    return sorted([*names, "__version__"])


def public_parts(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """The functions and classes of a module that have no underscore, and methods."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_public(node):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and is_public(node):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and is_public(inner):
                    yield f"{node.name}.{inner.name}", inner


def is_public(node: ast.FunctionDef | ast.ClassDef) -> bool:
    setter = any(ast.unparse(one).endswith(".setter") for one in node.decorator_list)
    return not node.name.startswith("_") and not setter


def parts_without_docstring(source: str) -> list[str]:
    """The module itself as "module", and its public parts."""
    tree = ast.parse(source)
    parts: list[tuple[str, Documented]] = [("module", tree), *public_parts(tree)]
    return [name for name, node in parts if not ast.get_docstring(node)]


def test_all_is_sorted_and_is_what_is_visible() -> None:
    assert glassgpt.__all__ == sorted(set(glassgpt.__all__))
    assert glassgpt.__all__ == visible()


def test_what_a_star_imports_is_the_same() -> None:
    found: dict[str, object] = {}
    exec("from glassgpt import *", found)
    assert sorted(found.keys() - {"__builtins__"}) == glassgpt.__all__


def test_every_public_name_explains_itself() -> None:
    for name in set(glassgpt.__all__) - {"__version__"}:
        text = getattr(glassgpt, name).__doc__
        # a dataclass without a docstring gets its signature for one
        assert text and not text.startswith(f"{name}("), name


def test_every_error_is_a_glassgpt_error_with_a_remedy() -> None:
    for name in glassgpt.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(glassgpt, name), glassgpt.GlassGPTError)
    assert glassgpt.GlassGPTError("what", "what to do").remedy == "what to do"


def test_train_and_load_say_what_they_raise() -> None:
    for function in (glassgpt.train, glassgpt.load):
        assert function.__doc__ is not None and "Raises " in function.__doc__


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_public_part_of_a_module_has_a_docstring(path: Path) -> None:
    assert parts_without_docstring(path.read_text(encoding="utf-8")) == []


def test_a_part_without_a_docstring_is_found() -> None:
    source = "class A:\n    def b(self): ...\n    def _c(self): ...\ndef d(): ..."
    assert parts_without_docstring(source) == ["module", "A", "A.b", "d"]
