"""A fitted model as the bytes of an ONNX file: which of the converters knows its class."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .composition import predicted
from .fitted import Fitted, full_name, opened
from .graph import Graph
from .tables import rows


def converted(model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The file for a model with these columns, (name, MLflow's type, optional); ValueError says why there is none.

    Its one input, `rows`, is a matrix of float64 with a column for each of the model's; texts are numbers by the
    metadata `vocabularies`. Each method has an output of its name; where the metadata has `labels`, predict's are
    positions there. An output `refused` is zero where the model takes the rows.
    """
    model = opened(model)
    graph = Graph(len(columns))
    table = rows(graph, columns)
    try:
        answers = predicted(graph, model, table)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{full_name(model)} is not as it is in the versions that are known: {error}") from error
    if missing := [method for method in methods if method not in answers]:
        raise ValueError(f"{full_name(model)}: there is no conversion of `{missing[0]}`")
    vocabularies = {i: c.vocabulary.texts for i, c in enumerate(table.columns) if c.vocabulary is not None}
    metadata = {"labels": labels} if (labels := _labels(model)) else {}
    if vocabularies:
        metadata["vocabularies"] = json.dumps(vocabularies)
    return graph.model({method: answers[method] for method in methods}, metadata)


def _labels(model: Fitted) -> str:
    """A classifier's labels as JSON."""
    classes = getattr(model, "classes_", None)
    return "" if classes is None else json.dumps(classes.tolist())
