"""scikit-learn's encoders, as the choices that each value of a column makes in a linear model's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np

from .fitted import Fitted
from .sums_table import Cell, Choice, Number, Other, Part, Source, Table, Value, Words

Known: TypeAlias = tuple[tuple[Value, ...], Sequence[int]]
"""Values, and of each the position of its category."""


def one_hot(model: Fitted, table: Table) -> Table:
    """A column for each category, but those that are dropped: 1 where the row has it."""
    parts = tuple(_one_hot(model, i, part) for i, part in enumerate(table.parts))
    return Table(parts=parts, sparse=bool(getattr(model, "sparse_output", getattr(model, "sparse", False))))


def _one_hot(model: Fitted, i: int, part: Part) -> Choice:
    groups, missing = _groups(model, i), model.handle_unknown in ("infrequent_if_exist", "warn")
    dropped = None if model.drop_idx_ is None else model._drop_idx_after_grouping[i]
    width = max(groups, default=-1) + 1
    kept = [group for group in range(width) if group != dropped]
    cells: list[Cell | None] = [(kept.index(group), 1.0) if group != dropped else None for group in groups]
    rare = _rare(model, i)
    other = cells[rare[0]] if missing and rare else None
    return _choice(part, model.categories_[i], cells, other, [0.0] * len(kept), refuses=model.handle_unknown == "error")


def ordinal(model: Fitted, table: Table) -> Table:
    """The number of each row's category."""
    if getattr(model, "_infrequent_enabled", False):
        raise ValueError("OrdinalEncoder: infrequent categories cannot be converted")
    return Table(parts=tuple(_ordinal(model, i, part) for i, part in enumerate(table.parts)))


def _ordinal(model: Fitted, i: int, part: Part) -> Choice:
    values = model.categories_[i].tolist()
    missing = float(getattr(model, "encoded_missing_value", np.nan))
    cells: list[Cell | None] = [(0, missing if _none(value) else float(number)) for number, value in enumerate(values)]
    refuses = model.handle_unknown == "error"
    other = None if refuses else (0, float(model.unknown_value))
    return _choice(part, model.categories_[i], cells, other, [0.0], refuses=refuses)


def target(model: Fitted, table: Table) -> Table:
    """What the target was on average where a category was; of several classes a number for each."""
    means = np.atleast_1d(model.target_mean_).tolist()
    each = [(i, part, number) for i, part in enumerate(table.parts) for number in range(len(means))]
    return Table(parts=tuple(_target(model, i, part, number, means) for i, part, number in each))


def _target(model: Fitted, i: int, part: Part, number: int, means: Sequence[float]) -> Choice:
    cells: list[Cell | None] = [(0, value) for value in model.encodings_[i * len(means) + number].tolist()]
    return _choice(part, model.categories_[i], cells, (0, means[number]), [0.0], refuses=False)


def bins(model: Fitted, table: Table) -> Table:
    """KBinsDiscretizer: a number or a column for each range."""
    parts = tuple(_bins(model, i, part) for i, part in enumerate(table.parts))
    return Table(parts=parts, by_column=model.encode == "ordinal", sparse=model.encode == "onehot")


def _bins(model: Fitted, i: int, part: Part) -> Choice:
    if not isinstance(part, Number) or part.dtype != "float64" or model.dtype not in (None, np.float64):
        raise ValueError("KBinsDiscretizer: only columns of doubles can be converted")
    edges, count, fill = model.bin_edges_[i].tolist(), int(model.n_bins_[i]), _fill(part)
    wide = model.encode != "ordinal"
    cells: list[Cell | None] = [(j, 1.0) if wide else (0, float(j)) for j in range(count)]
    base = (0.0,) * (count if wide else 1)
    known, refuses = tuple(edges[1:-1]), fill is None
    other = None if fill is None else cells[int(np.searchsorted(known, fill, side="right"))]
    return Choice(
        source=part.source, base=base, known=known, cells=tuple(cells), other=other, refuses=refuses, ranges=True
    )


def _choice(
    part: Part,
    categories: Fitted,
    cells: Sequence[Cell | None],
    other: Cell | None,
    base: list[float],
    *,
    refuses: bool,
) -> Choice:
    if isinstance(part, Choice | Words):
        raise ValueError("an encoder stands behind an encoder or a vectorizer")
    if isinstance(part, Number) and part.dtype == "float32":
        raise ValueError(f"the column `{part.source.name}` of single floats is taken for categories")
    fill = part.fill if isinstance(part, Other) else _fill(part)
    found = dict(_known(part.source, categories.tolist(), cells))
    if fill is not None:
        # what is missing is filled in before it is looked for
        found.pop(None, None)
        if fill in found:
            found[None] = found[fill]
    return Choice(
        source=part.source,
        base=tuple(base),
        known=tuple(found),
        cells=tuple(found.values()),
        other=other,
        refuses=refuses,
    )


def _known(
    source: Source, values: Sequence[object], cells: Sequence[Cell | None]
) -> Iterator[tuple[Value, Cell | None]]:
    """The values that a row may have, and what they stand for."""
    if source.kind not in ("string", "boolean", "integer", "long", "float", "double"):
        raise ValueError(f"the column `{source.name}` of type {source.kind} is taken for categories")
    for value, cell in zip(values, cells, strict=True):
        if _none(value):
            yield None, cell
        elif isinstance(value, str if source.kind == "string" else bool | int | float):
            yield value, cell
        elif source.kind != "string":
            raise ValueError(f"the column `{source.name}` has the category {value!r}, which is no number")


def _fill(part: Number) -> float | None:
    """What stands for what is missing in a column of which nothing else is changed."""
    if not part.steps:
        return None
    if {name for name, _, _ in part.steps} != {"fill"}:
        raise ValueError("an encoder stands behind a scaler")
    return part.steps[0][1]


def _none(value: object) -> bool:
    return isinstance(value, float) and value != value


def _groups(model: Fitted, i: int) -> list[int]:
    """The number of each category; infrequent ones have one together."""
    mapping = model._default_to_infrequent_mappings[i] if getattr(model, "_infrequent_enabled", False) else None
    return [*range(len(model.categories_[i]))] if mapping is None else mapping.tolist()


def _rare(model: Fitted, i: int) -> list[int]:
    """Positions of the infrequent categories."""
    found = model._infrequent_indices[i] if getattr(model, "_infrequent_enabled", False) else None
    return [] if found is None else found.tolist()
