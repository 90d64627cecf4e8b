"""Parquet, read and written by pyarrow a batch of rows at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO  # Any: what a file holds

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec.inspect import BoolType, FloatType, IntType, ListType, StrType, Type, UnionType

from .reading import InputError, Record
from .schema import Row
from .tabular import rows
from .writing import Column, as_json

BATCH = 2000
TYPES: dict[type[Type], pa.DataType] = {
    BoolType: pa.bool_(),
    IntType: pa.int64(),
    FloatType: pa.float64(),
    StrType: pa.string(),
}


class ParquetReader:
    """A Parquet file; the place behind a record is how many rows are before it."""

    def __init__(self, file: BinaryIO, place: int) -> None:
        if not file.seekable():
            raise InputError("Parquet cannot be read from standard input")
        try:
            self._file = pq.ParquetFile(file)
        except pa.ArrowInvalid as error:
            raise InputError(f"the file is not Parquet: {error}") from None
        self.columns: tuple[str, ...] | None = tuple(self._file.schema_arrow.names)
        self.total: int = self._file.metadata.num_rows
        self._place = place

    def __iter__(self) -> Iterator[Record]:
        groups, skipped = self._groups()
        place = self._place - skipped
        for batch in self._file.iter_batches(BATCH, row_groups=groups):
            for values in batch.to_pylist():
                place += 1
                if place > self._place:
                    yield Record(values, place)

    def kind(self, column: str) -> Type | None:
        found = self._file.schema_arrow.field(column).type
        return next((kind() for kind, own in TYPES.items() if _is(found, own)), None)

    def rows(self, records: Sequence[Mapping[str, object]]) -> list[Row]:
        """The typed rows; a number without a fraction may stand for an integer."""
        return rows(records)

    def _groups(self) -> tuple[list[int], int]:
        """The groups that hold rows behind the place, and how many of these groups' rows are before it."""
        metadata, before = self._file.metadata, 0
        for group in range(metadata.num_row_groups):
            size = metadata.row_group(group).num_rows
            if before + size > self._place:
                return [*range(group, metadata.num_row_groups)], self._place - before
            before += size
        return [], 0


class ParquetWriter:
    """Parquet. It ends with a table of what is where, so what is written first is a stream of Arrow's."""

    streams = False

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        fields = [pa.field(column.name, _arrow(column)) for column in columns]
        self._schema = pa.schema(fields)

    def head(self) -> bytes:
        found: bytes = self._schema.serialize().to_pybytes()
        return found

    def lines(self, answers: Sequence[Mapping[str, Any]]) -> bytes:
        if not answers:
            return b""
        values = [[_value(column, line) for line in answers] for column in self._columns]
        arrays = [pa.array(each, field.type) for each, field in zip(values, self._schema, strict=True)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        found: bytes = batch.serialize().to_pybytes()
        return found

    def finish(self, made: Path) -> Path:
        new = made.with_name(made.name + ".new")
        with open(made, "rb") as file, pq.ParquetWriter(new, self._schema) as writer:
            for batch in pa.ipc.open_stream(file):
                writer.write_batch(batch)
        with open(new, "rb") as whole:
            os.fsync(whole.fileno())
        return new


def _arrow(column: Column) -> pa.DataType:
    """The type of a column; what has no plain type is text."""
    return _plain(column.type) or pa.string()


def _is(found: pa.DataType, own: pa.DataType) -> bool:
    return bool(
        found == own
        or (pa.types.is_integer(found) and own == pa.int64())
        or (found == pa.float32() and own == pa.float64())
        or (found == pa.large_string() and own == pa.string())
    )


def _plain(kind: Type | None) -> pa.DataType | None:
    if isinstance(kind, UnionType):
        own = {_plain(each) for each in kind.types if each.__class__.__name__ != "NoneType"}
        return own.pop() if len(own) == 1 else None
    if isinstance(kind, ListType):
        item = _plain(kind.item_type)
        return None if item is None else pa.list_(item)
    return TYPES.get(type(kind)) if kind is not None else None


def _value(column: Column, line: Mapping[str, Any]) -> object:
    value = column.value(line)
    if value is None or _arrow(column) != pa.string() or isinstance(value, str):
        return value
    return as_json(value) if isinstance(value, list | dict) else str(value)
