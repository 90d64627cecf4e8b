"""scikit-learn's models that ask one model for each class, or for each target."""

from __future__ import annotations

from collections.abc import Mapping

from .fitted import Fitted, full_name
from .graph import Graph, above, complement, flat, largest
from .members import Convert, asked, column, double, response, second
from .tables import Table


def against_rest(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A model for each class says how sure it is that a row is of that one; of two classes one model alone."""
    if model.multilabel_:
        raise ValueError(f"{full_name(model)}: the model gives several labels at once")
    members = [(one, convert(graph, one, table)) for one in model.estimators_]
    found = [response(graph, one, said) for one, said in members]
    scores, answers = _beside(graph, [tensor for _, tensor in found]), {}
    if all("predict_proba" in said for _, said in members):
        answers["predict_proba"] = _shares(graph, [second(graph, said["predict_proba"]) for _, said in members])
    if all(method == "decision_function" for method, _ in found):
        answers["decision_function"] = flat(graph, scores) if len(members) == 1 else scores
    if len(members) > 1:
        return {**answers, "predict": largest(graph, scores)}
    limit = 0.0 if found[0][0] == "decision_function" else 0.5
    return {**answers, "predict": above(graph, flat(graph, scores), limit)}


def each_target(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A model for each number that is to be told."""
    said = [asked(convert(graph, one, table), "predict", one) for one in model.estimators_]
    return {"predict": _beside(graph, [column(graph, tensor) for tensor in said])}


def _shares(graph: Graph, columns: list[str]) -> str:
    """Each class's probability, as parts of one."""
    if len(columns) == 1:
        return complement(graph, double(graph, columns[0]))
    shares = _beside(graph, columns)
    total = graph.add("ReduceSum", shares, graph.constant([1], "int64"), keepdims=1)
    none = graph.add("Equal", total, graph.constant(0.0))
    return graph.add("Div", shares, graph.add("Where", none, graph.constant(1.0), total))


def _beside(graph: Graph, columns: list[str]) -> str:
    return graph.add("Concat", *(double(graph, one) for one in columns), axis=1)
