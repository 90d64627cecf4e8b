"""Tables of pandas, as Spark and Dask cut their own into: the answers to one of them."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache

import msgspec
import pandas as pd
from msgspec.inspect import FloatType, IntType, Type, UnionType

from .problems import Rejected
from .scoring import ANSWERS, Ask, asking
from .tabular import rows
from .writing import Column, answer_columns, as_json

METHOD = next(iter(ANSWERS))


def answered(table: pd.DataFrame, method: str = METHOD) -> pd.DataFrame:
    """A row of answers for each of the table's; ValueError says which value the model does not take.

    Columns that the model does not know are not looked at.
    """
    records = table.to_dict("records")
    try:
        found = [msgspec.to_builtins(answer) for answer in _ask()(method, rows(records))] if records else []
    except Rejected as error:
        raise ValueError(f"{error.message} - at `{error.field}`" if error.field else error.message) from error
    made = {
        column.name: pd.Series([_cell(column.value(line)) for line in found], table.index, dtype(column))
        for column in columns(method)
    }
    return pd.DataFrame(made, table.index)


def columns(method: str) -> list[Column]:
    """The columns of a method's answers, such as `scores.yes`."""
    return answer_columns([ANSWERS[method]])


def dtype(column: Column) -> str:
    """What pandas calls a column's values; a number may be missing, and what is no number is an object."""
    kind = column.type
    kinds = {type(each) for each in _kinds(kind)} if kind else set[type[Type]]()
    return "float64" if kinds == {FloatType} else "Int64" if kinds == {IntType} else "object"


def _kinds(kind: Type) -> list[Type]:
    found = kind.types if isinstance(kind, UnionType) else (kind,)
    return [each for each in found if type(each).__name__ != "NoneType"]


def _cell(value: object) -> object:
    return as_json(value) if isinstance(value, list | dict) else value


@cache
def _ask() -> Ask:
    """The model, loaded once in each process that computes."""
    return ExitStack().enter_context(asking())
