"""What tests of the guide may cost, and what pages may name."""

import re
from pathlib import Path
from typing import Any

from support.guide.paths import KINDS, MADE, PATHS
from support.guide.watch import Watch, too_many


def test_no_page_names_python_or_the_editor_as_its_own(guide_site: Path) -> None:
    # both come with a press: test_running_code.py watches the requests
    for file in guide_site.rglob("*.html"):
        assert not re.search("pyodide|codemirror", file.read_text("utf-8"), re.I), file


def test_every_kind_of_page_is_one_that_is_there() -> None:
    assert set(KINDS) <= {*PATHS, *MADE}


def test_a_test_that_opens_a_third_context_would_be_found(
    new_context: Any, watch: Watch
) -> None:
    watch.take()
    for opened in range(1, 4):
        new_context()
        assert bool(too_many(watch.contexts)) == (opened == 3)
    _, contexts = watch.take()
    assert "3 browser contexts in one test" in too_many(contexts)


FORBIDDEN = re.compile(r"wait_for_timeout|networkidle|time\.sleep")


def test_no_browser_test_sleeps() -> None:
    here = Path(__file__).parents[1]
    files = [*here.rglob("*.py"), *(here.parent / "support/guide").rglob("*.py")]
    assert len(files) > 20
    found = [file.name for file in files if FORBIDDEN.search(file.read_text("utf-8"))]
    assert found == [Path(__file__).name]
