"""Pipelines and what else puts transformers together, as what they make of a linear model's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from . import sums_categories, sums_numbers, sums_words
from .fitted import Fitted
from .sums_table import Table, beside, each, keep, select


def transformed(model: Fitted, table: Table) -> Table:
    """What a transformer makes of a table; ValueError when it cannot be converted."""
    if model is None or model == "passthrough":
        return table
    convert = TRANSFORMERS.get(type(model).__name__)
    if convert is None or not type(model).__module__.startswith("sklearn."):
        raise ValueError(f"it has a step {type(model).__name__}")
    return convert(model, table)


def _pipeline(model: Fitted, table: Table) -> Table:
    for _, step in model.steps:
        table = transformed(step, table)
    return table


def _union(model: Fitted, table: Table) -> Table:
    weights = model.transformer_weights or {}
    made = [
        _weighed(transformed(part, table), weights.get(name)) for name, part in model.transformer_list if part != "drop"
    ]
    return beside(made, sparse=any(one.sparse for one in made))


def _columns(model: Fitted, table: Table) -> Table:
    by_name = hasattr(model, "feature_names_in_")
    weights = model.transformer_weights or {}
    made = []
    for name, part, wanted in model.transformers_:
        chosen: Sequence[int] = model._transformer_to_input_indices.get(name, ())
        if not len(chosen) or (isinstance(part, str) and part == "drop"):
            continue
        # an array's columns are copied where they are listed, and looked at where they lie where they are sliced
        listed = by_name or not isinstance(wanted, slice)
        picked = select(table, [int(i) for i in chosen], by_column=listed or table.by_column)
        made.append(_weighed(transformed(part, picked), weights.get(name)))
    if not made:
        raise ValueError("all columns are dropped")
    return beside(made, sparse=bool(model.sparse_output_))


def _weighed(table: Table, weight: float | None) -> Table:
    return table if weight is None else each(table, "multiply", [weight] * table.width)


def _chosen(model: Fitted, table: Table) -> Table:
    return keep(table, model.get_support().tolist())


def _identity(model: Fitted, table: Table) -> Table:
    if model.func is not None:
        raise ValueError("it has a step FunctionTransformer")
    return table


TRANSFORMERS: Mapping[str, Callable[[Fitted, Table], Table]] = {
    "ColumnTransformer": _columns,
    "CountVectorizer": sums_words.counts,
    "FeatureUnion": _union,
    "FunctionTransformer": _identity,
    "KBinsDiscretizer": sums_categories.bins,
    "MaxAbsScaler": sums_numbers.max_abs,
    "MinMaxScaler": sums_numbers.min_max,
    "OneHotEncoder": sums_categories.one_hot,
    "OrdinalEncoder": sums_categories.ordinal,
    "Pipeline": _pipeline,
    "RFE": _chosen,
    "RobustScaler": sums_numbers.robust,
    "SelectFromModel": _chosen,
    "SelectKBest": _chosen,
    "SelectPercentile": _chosen,
    "SimpleImputer": sums_numbers.imputer,
    "StandardScaler": sums_numbers.standard,
    "TargetEncoder": sums_categories.target,
    "TfidfTransformer": sums_words.weights,
    "TfidfVectorizer": sums_words.weighted_counts,
    "VarianceThreshold": _chosen,
}
