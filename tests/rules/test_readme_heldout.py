"""The held-out losses in the README are those that come out."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from support import not_run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """tools/readme_table.py, which writes the table."""
    path = ROOT / "tools" / "readme_table.py"
    spec = importlib.util.spec_from_file_location("readme_table", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def printed(readme: str) -> dict[int, str]:
    """The last cell of each step's row."""
    rows = re.findall(r"^\| (\d) .*\| ([\d.]+) \|$", readme, re.M)
    return {int(step): loss for step, loss in rows}


def test_every_step_has_a_held_out_loss_with_four_decimals() -> None:
    losses = printed(README)
    assert list(losses) == [0, 1, 2, 3, 4, 5]
    assert all(re.fullmatch(r"\d\.\d{4}", loss) for loss in losses.values())
    assert losses[1] == losses[2]


def test_the_tool_changes_the_last_column_and_nothing_else(tool: ModuleType) -> None:
    written = tool.with_losses(README, {step: step + 0.5 for step in range(6)})
    assert printed(written) == {step: f"{step}.5000" for step in range(6)}
    kept = {step: float(loss) for step, loss in printed(README).items()}
    assert tool.with_losses(written, kept) == README


def test_the_tool_adds_the_column_where_there_is_none(tool: ModuleType) -> None:
    bare = "| step | a | b | c | d |\n|---|---|---|---|---|\n| 3 x | 1 | 2 | 3 | 4 |\n"
    assert tool.with_losses(bare, {3: 2.5}) == (
        "| step | a | b | c | d | held-out loss |\n|---|---|---|---|---|---|\n"
        "| 3 x | 1 | 2 | 3 | 4 | 2.5000 |\n"
    )


@pytest.mark.full
def test_the_losses_in_the_readme_are_those_that_come_out(tool: ModuleType) -> None:
    try:
        from glassgpt.kernel.bindings.library import why_unavailable
    except ImportError as error:
        not_run("cc", str(error))
    if why := why_unavailable():
        not_run("cc", why)
    assert tool.with_losses(README, tool.measured()) == README
