"""What a run of the tests took: its ten slowest files, so that growth is seen."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

REPORTED = ("passed", "failed", "error", "skipped", "")


def seconds_of(reports: Iterable[Any]) -> Counter[str]:
    """The seconds of each file, set-up and clearing away included."""
    found: Counter[str] = Counter()
    for report in reports:
        found[report.nodeid.partition("::")[0]] += report.duration
    return found


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the slowest files of a run that is more than one file."""
    stats = terminalreporter.stats
    reports = [
        report
        for kind in REPORTED
        for report in stats.get(kind, ())
        if isinstance(report, pytest.TestReport)
    ]
    seconds = seconds_of(reports)
    if len(seconds) < 2 or config.option.verbose < 0:
        return
    terminalreporter.section("slowest files, in seconds of all processes")
    for file, each in seconds.most_common(10):
        terminalreporter.write_line(f"{each:7.1f}  {file}")
