"""The house stays small enough to find things in: rooms, files and functions."""

import ast
import subprocess
from collections import Counter
from pathlib import Path

import glassgpt

PACKAGE = Path(glassgpt.__file__).parent
ROOT = PACKAGE.parents[1]
MOST_MODULES, MOST_ROOMS = 12, 17
MOST_FILES, MOST_LINES, LONGEST = 16, 400, 40
SOURCES = (".py", ".c", ".h", ".ts", ".svelte", ".css", ".mjs", ".html")
# a command's signature is as long as its options are many
COMMANDS = PACKAGE / "cli"
GENERATED = ("wasm.json", "calls.ts")


def tracked(*folders: str) -> list[Path]:
    """The files that git knows of, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(
        [*command, *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return sorted(p for line in done.stdout.splitlines() if (p := ROOT / line).exists())


def sources() -> list[Path]:
    """Every file of code that people write."""
    found = tracked("src", "guide", "tests", "tools", "benchmarks")
    return [p for p in found if p.suffix in SOURCES and p.name not in GENERATED]


def code_lines(function: ast.FunctionDef) -> int:
    """The lines of a function, from its name to its end, without its docstring."""
    assert function.end_lineno is not None
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    words = (first.end_lineno or 0) - first.lineno + 1 if said else 0
    return function.end_lineno - function.lineno + 1 - words


def test_the_package_has_few_modules_and_few_rooms_at_its_top() -> None:
    modules = list(PACKAGE.glob("*.py"))
    rooms = [p for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()]
    assert 5 < len(modules) <= MOST_MODULES
    assert 10 < len(rooms) + 1 <= MOST_ROOMS  # the lessons are programs


def test_no_folder_of_sources_is_crowded() -> None:
    counts = Counter(p.parent for p in sources() if "tests" not in p.parts)
    figures = ROOT / "guide" / "figures"
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder, count in counts.items()
        if count > MOST_FILES and folder.parent != figures and folder.name != "steps"
    }
    assert crowded == {}


def test_no_file_is_long() -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in sources()}
    assert len(lengths) > 300
    long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > MOST_LINES}
    assert long == {}


def test_no_function_is_long() -> None:
    long = {}
    for path in tracked("src", "tools", "benchmarks"):
        if path.suffix != ".py" or path.parent == COMMANDS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and code_lines(node) > LONGEST:
                long[f"{path.relative_to(ROOT)}: {node.name}"] = code_lines(node)
    assert long == {}


def test_contributing_names_every_room() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = page.partition("```text\n")[2].partition("```")[0]
    named = {line.split()[0].strip("/") for line in tree.splitlines() if line.strip()}
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    modules = {p.name for p in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert (rooms | modules) - named == set()
