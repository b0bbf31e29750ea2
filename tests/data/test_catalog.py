"""The data sets with a name: what is listed, fetched, checked and kept."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from glassgpt.data import catalog
from glassgpt.data.documents import read
from glassgpt.errors import DataError, UsageError

PUBLIC = b"emma\nolivia\nava\n"
SHA256 = hashlib.sha256(PUBLIC).hexdigest()
DEAD_URL = "http://127.0.0.1:9/names.txt"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a small file in the place of the public one."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GLASSGPT_CACHE", str(folder))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    use(monkeypatch, DEAD_URL)
    return folder


@pytest.fixture
def server() -> Iterator[str]:
    """The address at which a server on this machine gives PUBLIC."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/names.txt":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(PUBLIC)))
            self.end_headers()
            self.wfile.write(PUBLIC)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def use(monkeypatch: pytest.MonkeyPatch, url: str, sha256: str = SHA256) -> None:
    """Expect the public file at `url`, with that hash."""
    built_in, public = catalog.DATASETS
    changed = replace(public, url=url, sha256=sha256)
    monkeypatch.setattr(catalog, "DATASETS", (built_in, changed))


def given(folder: Path, content: bytes = PUBLIC) -> Path:
    file = folder / "given.txt"
    file.write_bytes(content)
    return file


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_a_given_file_is_verified_kept_and_loaded(cache: Path, tmp_path: Path) -> None:
    path = catalog.fetch("karpathy-names", given(tmp_path))
    assert path.read_bytes() == PUBLIC
    assert names_in(cache) == [path.name]
    corpus = read("karpathy-names")
    assert corpus.documents == ("emma", "olivia", "ava")
    assert corpus.name == "karpathy-names"


def test_a_wrong_file_is_refused_with_both_hashes_and_nothing_kept(
    cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        catalog.fetch("karpathy-names", given(tmp_path, b"eve\n"))
    assert hashlib.sha256(b"eve\n").hexdigest() in str(caught.value)
    assert SHA256 in str(caught.value)
    assert names_in(cache) == []


def test_a_wrong_file_leaves_a_fetched_one_as_it_was(
    cache: Path, tmp_path: Path
) -> None:
    path = catalog.fetch("karpathy-names", given(tmp_path))
    with pytest.raises(DataError):
        catalog.fetch("karpathy-names", given(tmp_path, b"eve\n"))
    assert path.read_bytes() == PUBLIC


def test_a_download_is_kept_and_not_repeated(
    cache: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, f"{server}/names.txt")
    path = catalog.fetch("karpathy-names")
    assert path.read_bytes() == PUBLIC
    use(monkeypatch, DEAD_URL)
    assert catalog.fetch("karpathy-names") == path


def test_a_download_of_other_bytes_is_not_kept(
    cache: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, f"{server}/names.txt", sha256="0" * 64)
    with pytest.raises(DataError, match=SHA256):
        catalog.fetch("karpathy-names")
    assert names_in(cache) == []


@pytest.mark.parametrize("where", ["dead", "404"])
def test_without_a_network_the_remedy_is_a_local_file(
    cache: Path, server: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    use(monkeypatch, DEAD_URL if where == "dead" else f"{server}/none")
    with pytest.raises(DataError) as caught:
        catalog.fetch("karpathy-names")
    assert "could not be downloaded" in str(caught.value)
    assert "glassgpt data fetch karpathy-names --from FILE" in caught.value.remedy
    assert "\n" not in str(caught.value) + caught.value.remedy
    assert names_in(cache) == []


def test_a_set_that_was_not_fetched_says_how_to_fetch_it(cache: Path) -> None:
    with pytest.raises(DataError) as caught:
        read("karpathy-names")
    assert str(caught.value).startswith("missing data: karpathy-names")
    assert "glassgpt data fetch karpathy-names" in caught.value.remedy


def test_a_fetched_file_that_changed_is_refused_and_fetched_again(
    cache: Path, tmp_path: Path
) -> None:
    path = catalog.fetch("karpathy-names", given(tmp_path))
    path.write_bytes(b"eve\n")
    with pytest.raises(DataError, match="has changed"):
        read("karpathy-names")
    assert [one.state for one in catalog.datasets()] == ["built in", "not fetched"]
    catalog.fetch("karpathy-names", given(tmp_path))
    assert read("karpathy-names").documents == ("emma", "olivia", "ava")


def test_the_list_tells_what_is_there(cache: Path, tmp_path: Path) -> None:
    states = [(one.dataset.name, one.present) for one in catalog.datasets()]
    assert states == [("names", True), ("karpathy-names", False)]
    catalog.fetch("karpathy-names", given(tmp_path))
    assert [one.state for one in catalog.datasets()] == ["built in", "fetched"]


def test_the_built_in_set_needs_no_fetching(cache: Path, tmp_path: Path) -> None:
    assert catalog.fetch("names") == catalog.BUILT_IN_PATH
    with pytest.raises(UsageError, match="built in"):
        catalog.fetch("names", given(tmp_path))


def test_an_unknown_set_is_a_usage_error_that_names_the_nearest(cache: Path) -> None:
    with pytest.raises(UsageError) as caught:
        catalog.fetch("karpaty-names")
    assert "Did you mean karpathy-names?" in caught.value.remedy


def test_a_given_file_that_is_missing_is_an_error(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        catalog.fetch("karpathy-names", tmp_path / "none.txt")


def test_a_cache_that_cannot_be_written_is_an_error_that_names_the_variable(
    cache: Path, tmp_path: Path
) -> None:
    cache.write_bytes(b"a file where the folder should be")
    with pytest.raises(DataError) as caught:
        catalog.fetch("karpathy-names", given(tmp_path))
    assert "GLASSGPT_CACHE" in caught.value.remedy


def test_the_cache_is_the_users_when_no_variable_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GLASSGPT_CACHE", raising=False)
    assert "glassgpt" in catalog.cache_folder().parts


def test_the_public_file_is_the_one_that_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, karpathy_names: Path
) -> None:
    monkeypatch.setenv("GLASSGPT_CACHE", str(tmp_path))
    catalog.fetch("karpathy-names", karpathy_names)
    corpus = read("karpathy-names")
    (listed,) = [d for d in catalog.DATASETS if d.name == "karpathy-names"]
    assert len(corpus.documents) == listed.documents == 32_033
    assert corpus.blank == 0
