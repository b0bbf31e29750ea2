"""The data sets that have a name: one built in, one fetched when asked for.

Nothing is downloaded unless `fetch` is called. What is fetched is checked against a
sha256 written here before it is kept, and again whenever it is read.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from glassgpt.errors import DataError, GlassGPTError, invalid, missing, shown, unknown

BUILT_IN_PATH = Path(__file__).parents[1] / "steps" / "names.txt"
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Dataset:
    """A named data set. `sha256` is of the raw file; without `url` it is built in."""

    name: str
    documents: int
    sha256: str
    source: str
    licence: str
    url: str = ""


DATASETS = (
    Dataset(
        name="names",
        documents=32_257,
        sha256="bd02dfd33179e23ec2dd093cbd4de619834f75d660ef1ae04d3127e7a0110053",
        source="US Social Security Administration, given names of 2018",
        licence="public domain",
    ),
    Dataset(
        name="karpathy-names",
        documents=32_033,
        sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
        source="names.txt of github.com/karpathy/makemore",
        licence="MIT",
        url="https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
    ),
)
NAMES = tuple(dataset.name for dataset in DATASETS)


@dataclass(frozen=True)
class DatasetStatus:
    """A line of `glassgpt data list`: the set, its file, and whether it is there."""

    dataset: Dataset
    path: Path
    present: bool

    @property
    def state(self) -> str:
        """One of "built in", "fetched" and "not fetched"."""
        if not self.dataset.url:
            return "built in"
        return "fetched" if self.present else "not fetched"


def datasets() -> list[DatasetStatus]:
    """Every named set, in order; a fetched file that is damaged is not present."""
    return [
        DatasetStatus(one, path, _sha256_of(path) == one.sha256)
        for one in DATASETS
        for path in [path_of(one)]
    ]


def cache_folder() -> Path:
    """Where fetched files are kept: $GLASSGPT_CACHE, or the user's cache folder."""
    if given := os.environ.get("GLASSGPT_CACHE"):
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("glassgpt", appauthor=False)


def path_of(dataset: Dataset) -> Path:
    """The file of a data set, whether or not it is there yet."""
    return cache_folder() / f"{dataset.name}.txt" if dataset.url else BUILT_IN_PATH


def read(name: str) -> bytes:
    """The raw bytes of a data set; DataError if it was not fetched or is damaged."""
    dataset = _by_name(name)
    path = path_of(dataset)
    remedy = _how_to_get(dataset)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise missing(f"data: {name}; not fetched yet", remedy, DataError) from None
    except OSError as error:
        raise _unusable(path, error, remedy) from None
    if hashlib.sha256(raw).hexdigest() != dataset.sha256:
        raise invalid("data", name, f"{path} has changed", remedy, DataError)
    return raw


def fetch(name: str, from_file: Path | None = None) -> Path:
    """Put a data set into the cache and return its path.

    The bytes come from `from_file`, or else from the network, unless they are there
    already. Raises DataError when they cannot be had, or when their sha256 is not the
    one expected; then the cache is as it was.
    """
    dataset = _by_name(name)
    path = path_of(dataset)
    if not dataset.url:
        if from_file is not None:
            raise invalid("--from", from_file, f"{name} is built in", "Leave it out.")
        return path
    if from_file is None and _sha256_of(path) == dataset.sha256:
        return path
    raw = _download(dataset) if from_file is None else _read_local(from_file)
    _verify(dataset, raw, from_file)
    _store(raw, path)
    return path


def _by_name(name: str) -> Dataset:
    for dataset in DATASETS:
        if dataset.name == name:
            return dataset
    raise unknown("data set", name, NAMES)


def _how_to_get(dataset: Dataset) -> str:
    if not dataset.url:
        return "Install glassgpt again."
    return f"Fetch it with: glassgpt data fetch {dataset.name}"


def _from_a_file(dataset: Dataset) -> str:
    return f"Have the file? glassgpt data fetch {dataset.name} --from FILE"


def _sha256_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _download(dataset: Dataset) -> bytes:
    # loaded only here: they take longer to import than all the rest
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import urlopen

    try:
        with urlopen(dataset.url, timeout=TIMEOUT_SECONDS) as answer:
            raw: bytes = answer.read()
            return raw
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        reason = getattr(error, "reason", "") or error
        why = f"{dataset.name} could not be downloaded: {shown(reason)}"
        raise missing(f"network; {why}", _from_a_file(dataset), DataError) from None


def _read_local(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, error, "Name the file you have.") from None


def _verify(dataset: Dataset, raw: bytes, from_file: Path | None) -> None:
    found = hashlib.sha256(raw).hexdigest()
    if found != dataset.sha256:
        what = from_file or dataset.url
        why = f"sha256 {found}, not {dataset.sha256}"
        remedy = f"Nothing was kept. Have it from {dataset.source}, unchanged."
        raise invalid("data", what, why, remedy, DataError)


def _store(raw: bytes, path: Path) -> None:
    """Write beside the target and rename, so that nobody reads half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(raw)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        remedy = "Set GLASSGPT_CACHE to a folder that you may write to."
        raise _unusable(path, error, remedy) from None


def _unusable(path: Path, error: OSError, remedy: str) -> GlassGPTError:
    why = (error.strerror or str(error)).lower()
    return invalid("data", path, why, remedy, DataError)
