"""What is kept between builds: made once, by the name of all that it comes from."""

import os
import time
from pathlib import Path
from typing import Any

import answer_ahead
import pytest
from support.guide.paths import PATHS

from glassgpt.guide import assets, cache, stamp
from glassgpt.lessons import FILES


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for what is kept."""
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "build")
    return tmp_path / "build"


def test_what_is_kept_is_made_once() -> None:
    made = []
    for _ in range(2):
        assert cache.recall("facts", "a", lambda: made.append(1) or b"x") == b"x"
    assert made == [1]


def test_without_a_checkout_nothing_is_kept(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "CHECKOUT", tmp_path / "nowhere")
    assert cache.recall("facts", "a", lambda: b"x") == b"x"
    assert not room.exists()


def test_a_place_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(cache, "FOLDER", tmp_path / "file")
    assert cache.recall("facts", "a", lambda: b"x") == b"x"


def test_a_fact_is_worked_out_anew_when_the_code_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def double(number: float) -> float:
        asked.append(number)
        return 2 * number

    for code in ("one", "one", "other"):
        monkeypatch.setattr(stamp, "of_facts", lambda code=code: code)
        assert cache.kept_fact(double)(0.1) == 0.2
    assert asked == [0.1, 0.1]


def test_what_nothing_asked_for_in_a_month_goes(room: Path) -> None:
    for name in ("old", "new"):
        cache.recall("encoded", name, lambda: b"x")
    last = time.time() - 31 * 24 * 3600
    os.utime(room / "encoded/old", (last, last))
    cache.clear_old()
    assert [file.name for file in (room / "encoded").iterdir()] == ["new"]


def test_a_copy_is_encoded_anew_only_when_its_file_changes(
    tmp_path: Path, room: Path
) -> None:
    file = tmp_path / "site/page.html"
    file.parent.mkdir()
    for text, kept in (("one", 2), ("one", 2), ("other", 4)):
        file.write_text(text)
        assets.encode_all(tmp_path / "site")
        assert len(list((room / "encoded").iterdir())) == kept
        assert (tmp_path / "site/page.html.gz").is_file()


def test_a_second_process_asks_from_the_last_page_on_and_leaves_faults_to_the_build(
    guide_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refused(page: Any, context: object) -> None:
        asked.append(page.path)
        raise ValueError(page.path)

    monkeypatch.setattr(answer_ahead, "render", refused)
    monkeypatch.setattr(answer_ahead.verify, "expected", asked.append)
    answer_ahead.main()
    assert asked == [*reversed(PATHS), *range(len(FILES))]
