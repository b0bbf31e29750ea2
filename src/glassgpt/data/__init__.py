"""From text to sequences: `load` takes whatever names documents, or holds them.

`documents` has the written rule, `catalog` the data sets with a name, `order` says
which comes when, `heldout` keeps some out, `loader` hands them to training, and
`prepared` keeps token ids on disk for what memory cannot hold.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from glassgpt.data import catalog
from glassgpt.data.documents import Corpus, clean, parse_documents, read
from glassgpt.data.prepared.manifest import is_prepared
from glassgpt.errors import DataError, invalid

if TYPE_CHECKING:
    from glassgpt.data.prepared.dataset import PreparedData

__all__ = ["Corpus", "clean", "load", "load_corpus"]


def load(
    documents: str | os.PathLike[str] | Iterable[str], whole: bool = False
) -> "Corpus | PreparedData":
    """Documents by name, by file or as they are, or a prepared folder.

    `whole` reads every byte of a prepared folder, however large, to be sure of it.
    Raises DataError where they cannot be read.
    """
    if isinstance(documents, str | os.PathLike):
        name = str(documents)
        if name not in catalog.NAMES and is_prepared(Path(name)):
            from glassgpt.data.prepared.dataset import PreparedData

            return PreparedData(Path(name), name, whole)
    return load_corpus(documents)


def load_corpus(documents: str | os.PathLike[str] | Iterable[str]) -> Corpus:
    """Documents by name, by file, or as they are. Raises DataError."""
    if isinstance(documents, str):
        return read(documents)
    if isinstance(documents, os.PathLike):
        return read(str(Path(documents).absolute()))  # a file, never a name
    try:
        return parse_documents("\n".join(documents).encode(), "documents from Python")
    except (TypeError, UnicodeEncodeError) as error:
        remedy = "Give a name, a file, or a list of str."
        raise invalid("documents", documents, str(error), remedy, DataError) from None
