"""What a run says of its slowest files."""

from types import SimpleNamespace

from support.slowest import seconds_of


def test_a_file_s_seconds_are_those_of_all_its_tests_and_their_set_up() -> None:
    reports = [
        SimpleNamespace(nodeid="tests/a.py::test_one", duration=1.0),
        SimpleNamespace(nodeid="tests/b.py::test_two[a::b]", duration=4.0),
        SimpleNamespace(nodeid="tests/a.py::test_three", duration=0.5),
    ]
    found = seconds_of(reports).most_common()
    assert found == [("tests/b.py", 4.0), ("tests/a.py", 1.5)]
