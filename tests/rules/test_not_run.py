"""What a machine lacks is reported as not run, and fails where it is required."""

import sys
from contextlib import ExitStack
from types import ModuleType

import pytest
from support import find_python, not_run
from support.browsers import firefox, webkit

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_a_thing_that_is_missing_skips_the_test_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"^not run: no browser$"):
        not_run("browser", "no browser")


@pytest.mark.parametrize("required", ["browser", "cc,browser", "browser, names"])
def test_a_required_thing_that_is_missing_fails_the_test(
    required: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE", required)
    with pytest.raises(pytest.fail.Exception, match=r"^not run: no browser, "):
        not_run("browser", "no browser")


def test_requiring_one_thing_does_not_require_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUIRE", "browser,cc,names")
    with pytest.raises(pytest.skip.Exception):
        not_run("pythons", "no python3.12")


@pytest.mark.parametrize("other", [firefox, webkit])
def test_a_browser_that_is_missing_is_said_to_be_and_where_to_get_it(
    other: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="tools/other-browsers"):
        other.start(ExitStack())
    monkeypatch.setenv("REQUIRE", "firefox,webkit")
    with pytest.raises(pytest.fail.Exception, match=r"^not run: there is no \w+"):
        other.start(ExitStack())


def test_the_running_python_is_found_and_an_old_one_is_not() -> None:
    assert find_python(THIS)
    assert find_python("2.3") is None
