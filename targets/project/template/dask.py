"""Answers to a Dask DataFrame, whose workers each load the model once."""

from __future__ import annotations

import dask.dataframe as dd

from .frames import METHOD, answered, columns, dtype


def scored(frame: dd.DataFrame, method: str = METHOD) -> dd.DataFrame:
    """The answers to the rows, partition by partition, with the same index."""
    meta = {column.name: dtype(column) for column in columns(method)}
    return frame.map_partitions(answered, method, meta=meta)
