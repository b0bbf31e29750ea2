"""From text to sequences: `load` takes whatever names documents, or holds them.

`documents` has the written rule, `catalog` the data sets with a name, `order` says
which comes when, `heldout` keeps some out, `loader` hands them to training, and
`prepared` keeps token ids on disk for what memory cannot hold.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Union, cast

from glassgpt.data import catalog
from glassgpt.data.documents import (
    FROM_PYTHON,
    Corpus,
    clean,
    clean_start,
    parse_documents,
    read,
)
from glassgpt.data.prepared.manifest import is_prepared
from glassgpt.errors import DataError, invalid, shown

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData

Documents = Union[str, os.PathLike[str], Iterable[str], Corpus, "PreparedData"]

__all__ = ["Corpus", "Documents", "clean", "clean_start", "load", "load_corpus"]


def load(documents: Documents, whole: bool = False) -> "Corpus | PreparedData":
    """Documents by name, by file or as they are, or a prepared folder.

    What was loaded before is given back. `whole` reads every byte of a prepared folder,
    however large, to be sure of it. Raises DataError where they cannot be read.
    """
    if isinstance(documents, str | os.PathLike):
        name = str(documents)
        if name not in catalog.NAMES and is_prepared(Path(name)):
            from glassgpt.data.prepared.dataset import PreparedData

            return PreparedData(Path(name), name, whole)
    elif hasattr(documents, "sha256"):
        return cast("Corpus | PreparedData", documents)
    return load_corpus(documents)


def load_corpus(documents: str | os.PathLike[str] | Iterable[str]) -> Corpus:
    """Documents by name, by file, or as they are. Raises DataError."""
    if isinstance(documents, str):
        if "\n" in documents or "\r" in documents:
            why = "it is a text, and no name of one"
            remedy = "Give its lines, text.splitlines(), or the path of its file."
            raise invalid("documents", shown(documents, 60), why, remedy, DataError)
        return read(documents)
    if isinstance(documents, os.PathLike):
        return read(str(Path(documents).absolute()))  # a file, never a name
    try:
        return parse_documents(_joined(documents), FROM_PYTHON)
    except (TypeError, UnicodeEncodeError) as error:
        remedy = "Give a name, a file, or a list of str."
        raise invalid("documents", documents, str(error), remedy, DataError) from None


def _joined(documents: Iterable[str]) -> bytes:
    """Documents as lines. Raises DataError for one that would be several."""
    if isinstance(documents, Mapping):
        raise TypeError("it is a dict, and only its keys would be read")
    texts = list(documents)
    for number, text in enumerate(texts):
        if isinstance(text, str) and ("\n" in text or "\r" in text):
            why = "it has a line end, and a document is one line"
            remedy = (
                'Join its lines, " ".join(text.split()), or keep them: write files, '
                "then glassgpt data prepare FILES --whole"
            )
            what = f"documents[{number}]"
            raise invalid(what, shown(text, 60), why, remedy, DataError)
    return "\n".join(texts).encode()
