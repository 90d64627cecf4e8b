"""Pipelines and what else puts transformers together: each part in turn, by the class it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .classes import META, PREDICTORS, TRANSFORMERS
from .fitted import Fitted, full_name
from .graph import Graph
from .tables import Table, beside, readable, select

PIPELINE = "sklearn.pipeline.Pipeline"


def predicted(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """The tensor of each method's answers; ValueError when a part of the model cannot be converted."""
    if full_name(model) == PIPELINE:
        *first, last = (step for _, step in model.steps)
        for step in first:
            table = transformed(graph, step, table)
        return {"transform": readable(table).tensor} if last in (None, "passthrough") else predicted(graph, last, table)
    if around := META.get(full_name(model)):
        return around(graph, model, table, predicted)
    if convert := PREDICTORS.get(full_name(model)):
        return convert(graph, model, readable(table))
    return {"transform": readable(transformed(graph, model, table)).tensor}


def transformed(graph: Graph, model: Fitted, table: Table) -> Table:
    """What a transformer makes of a table; ValueError when it cannot be converted."""
    if model is None or model == "passthrough":
        return table
    if compound := COMPOUNDS.get(full_name(model)):
        return compound(graph, model, table)
    convert = TRANSFORMERS.get(full_name(model))
    if convert is None:
        raise ValueError(f"there is no conversion of {full_name(model)}")
    return convert(graph, model, readable(table))


def _pipeline(graph: Graph, model: Fitted, table: Table) -> Table:
    for _, step in model.steps:
        table = transformed(graph, step, table)
    return table


def _union(graph: Graph, model: Fitted, table: Table) -> Table:
    parts = [(part, (model.transformer_weights or {}).get(name)) for name, part in model.transformer_list]
    if any(weight is not None for _, weight in parts):
        raise ValueError("FeatureUnion: there is no conversion of weights")
    made = [transformed(graph, part, table) for part, _ in parts if part != "drop"]
    return beside(graph, made, sparse=any(one.sparse for one in made))


def _columns(graph: Graph, model: Fitted, table: Table) -> Table:
    names = {name: place for place, name in enumerate(column.name for column in table.columns)}
    fitted = [str(name) for name in getattr(model, "feature_names_in_", ())]
    by_name = bool(fitted) and set(fitted) <= set(names)
    made = []
    for name, part, _ in model.transformers_:
        chosen: Sequence[int] = model._transformer_to_input_indices.get(name, ())
        if not len(chosen) or (isinstance(part, str) and part == "drop"):
            continue
        places = [names[fitted[i]] if by_name else int(i) for i in chosen]
        made.append(transformed(graph, part, select(graph, table, places)))
    return beside(graph, made, sparse=bool(model.sparse_output_))


COMPOUNDS: Mapping[str, Callable[[Graph, Fitted, Table], Table]] = {
    PIPELINE: _pipeline,
    "sklearn.compose._column_transformer.ColumnTransformer": _columns,
    "sklearn.pipeline.FeatureUnion": _union,
}
