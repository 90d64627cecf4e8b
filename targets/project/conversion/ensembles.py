"""scikit-learn's ensembles of any models: voting, stacking, bagging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from . import forests
from .fitted import Fitted, full_name
from .graph import Graph, largest
from .members import Convert, asked, average, column, double, label, second, total, two
from .tables import Table, beside, numbered, numeric, select

TREES = ("sklearn.tree._classes.DecisionTree", "sklearn.tree._classes.ExtraTree")


def voting_classifier(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    weights = model._weights_not_none
    members = [(one, convert(graph, one, table)) for one in model.estimators_]
    if model.voting == "soft":
        shares = average(graph, [asked(said, "predict_proba", one) for one, said in members], weights)
        return {"predict": largest(graph, shares), "predict_proba": shares}
    each = [1.0] * len(members) if weights is None else weights
    votes = [_votes(graph, model, one, said, w) for (one, said), w in zip(members, each, strict=True)]
    return {"predict": largest(graph, total(graph, votes))}


def _votes(graph: Graph, model: Fitted, member: Fitted, said: Mapping[str, str], weight: float) -> str:
    """A column for each class, the member's weight in that of its label; it has learnt the places of labels."""
    flags = np.eye(len(model.classes_))[np.asarray(member.classes_, dtype=np.int64)] * weight
    return graph.add("Gather", graph.constant(flags), asked(said, "predict", member))


def voting_regressor(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    said = [asked(convert(graph, one, table), "predict", one) for one in model.estimators_]
    return {"predict": average(graph, said, model._weights_not_none)}


def stacked(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A model that sees what others answer, and the columns too where it is to."""
    final = model.final_estimator_
    if hasattr(model, "classes_") and [*final.classes_] != [*range(len(model.classes_))]:
        raise ValueError(f"{full_name(model)}: its last model has not learnt all labels")
    made = [
        _answered(graph, one, convert(graph, one, table), method)
        for one, method in zip(model.estimators_, model.stack_method_, strict=True)
    ]
    if model.passthrough:
        numeric(table)
        made.append(table)
    return convert(graph, final, beside(graph, made, sparse=model.passthrough and table.sparse))


def _answered(graph: Graph, member: Fitted, said: Mapping[str, str], method: str) -> Table:
    """A member's answers as columns; of two classes' probabilities the second alone."""
    if method == "predict":
        tensor = column(graph, label(graph, member, said))
    else:
        tensor = asked(said, method, member)
        tensor = second(graph, tensor) if method == "predict_proba" and two(member) else column(graph, tensor)
    many = method != "predict" and not two(member)
    single = graph.dtype(tensor) == "float32"
    columns = numbered(len(member.classes_) if many else 1, "float32" if single else "float64")
    return Table(tensor=double(graph, tensor), columns=columns)


def bagging_classifier(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    table, count = as_array(table), len(model.classes_)
    if _are_trees(model.estimators_) and all(len(one.classes_) == count for one in model.estimators_):
        return forests.bagged_classifier(graph, model, table)
    members = [(one, convert(graph, one, seen)) for one, seen in _seen(graph, model, table)]
    found = {}
    if all("predict_proba" in said for _, said in members):
        shares = [_of_all(graph, one, said["predict_proba"], count) for one, said in members]
    else:
        shares = [_votes(graph, model, one, said, 1.0) for one, said in members]
    if all("decision_function" in said and len(one.classes_) == count for one, said in members):
        found["decision_function"] = average(graph, [said["decision_function"] for _, said in members])
    mean = average(graph, [double(graph, share) for share in shares])
    return {**found, "predict": largest(graph, mean), "predict_proba": mean}


def _of_all(graph: Graph, member: Fitted, shares: str, count: int) -> str:
    """A member's probabilities of all classes: none for those that it has not seen."""
    if len(member.classes_) == count:
        return shares
    spread = np.eye(count)[np.asarray(member.classes_, dtype=np.int64)]
    return graph.add("MatMul", double(graph, shares), graph.constant(spread))


def bagging_regressor(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    table = as_array(table)
    if _are_trees(model.estimators_) and model.estimators_[0].n_outputs_ == 1:
        return forests.bagged_regressor(graph, model, table)
    said = [asked(convert(graph, one, seen), "predict", one) for one, seen in _seen(graph, model, table)]
    return {"predict": average(graph, [double(graph, one) for one in said])}


def as_array(table: Table) -> Table:
    """The table as one array of numbers, without names."""
    numeric(table)
    return replace(table, columns=numbered(len(table.columns), table.dtype))


def _seen(graph: Graph, model: Fitted, table: Table) -> list[tuple[Fitted, Table]]:
    """Each member with the columns that it was trained on."""
    chosen = [select(graph, table, [int(i) for i in places]) for places in model.estimators_features_]
    return [*zip(model.estimators_, chosen, strict=True)]


def _are_trees(members: Sequence[Fitted]) -> bool:
    return all(full_name(one).startswith(TREES) for one in members)
