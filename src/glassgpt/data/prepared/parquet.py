"""Rows of Parquet files, as documents; pyarrow reads them, where it is installed."""

from collections.abc import Iterator
from typing import Any

from glassgpt.data.prepared.pieces import (
    CHUNK,
    Piece,
    Position,
    bad,
    checked_text,
    no_field,
)
from glassgpt.errors import GlassGPTError, missing, shown


def rows(given: str, field: str, start: Position, size: int) -> Iterator[Piece]:
    """Rows of a Parquet file, as many at a time as have about `size` bytes.

    Positions count rows.
    """
    parquet = library()
    try:
        file = parquet.ParquetFile(given, pre_buffer=False, buffer_size=CHUNK)
    except (ValueError, OSError) as error:  # pyarrow's own are subclasses of these
        raise bad(given, f"it is no Parquet file: {error}", "Name another.") from None
    with file:
        names = file.schema_arrow.names
        if field not in names:
            found = dict.fromkeys(names)
            raise no_field(given, f"there is no column {shown(field)}", found)
        done, column = 0, names.index(field)
        for group in range(file.num_row_groups):
            meta = file.metadata.row_group(group)
            if done + meta.num_rows <= start.offset:
                done += meta.num_rows
                continue
            count = _rows_at_once(meta, column, size)
            for batch in file.iter_batches(count, row_groups=[group], columns=[field]):
                first, done = done, done + batch.num_rows
                if done > start.offset:
                    texts = _column(given, batch, field, first)
                    yield Piece(Position(done), texts=texts)


def _rows_at_once(meta: Any, column: int, size: int) -> int:
    """How many rows of a group have about `size` bytes in a column."""
    # nested columns before this one would shift it; they are then estimated
    chunk = meta.column(min(column, meta.num_columns - 1))
    heavy = max(1, chunk.total_uncompressed_size)
    return int(max(1, min(meta.num_rows, size * meta.num_rows // heavy)))


def _column(given: str, batch: Any, field: str, first: int) -> tuple[str, ...]:
    values = batch.column(0).to_pylist()
    return tuple(
        checked_text(given, value, f"row {row:,}, {shown(field)}")
        for row, value in enumerate(values, start=first + 1)
        if value is not None
    )


def library() -> Any:
    """pyarrow.parquet. Raises GlassGPTError where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        remedy = 'Install it: pip install "glassgpt[parquet]"'
        raise missing("pyarrow, which reads Parquet", remedy, GlassGPTError) from None
    return pyarrow.parquet
