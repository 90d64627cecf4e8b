"""Models around one other model: searches, a limit of one's own for a class, a target that was transformed."""

from __future__ import annotations

from collections.abc import Mapping

from .fitted import Fitted, full_name
from .functions import applied
from .graph import Graph, above, flat
from .members import Convert, asked, double, response, two
from .tables import Table


def inner(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A search answers as the best model that it found, a frozen model as the one that it holds."""
    found = getattr(model, "best_estimator_", None)
    return convert(graph, model.estimator if found is None else found, table)


def thresholded(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A classifier of two classes that has a limit of its own for one of them."""
    within = getattr(model, "estimator_", model.estimator)
    if not two(within):
        raise ValueError(f"{full_name(model)}: there is no conversion of more than two classes")
    answers = dict(convert(graph, within, table))
    first = _positive(model) == within.classes_[0]
    auto = model.response_method == "auto"
    methods = ("predict_proba", "decision_function") if auto else (model.response_method,)
    method, score = response(graph, within, answers, methods)
    if first and method == "predict_proba":
        score = graph.add("Gather", answers[method], graph.constant([0], "int64"), axis=1)
    elif first:
        score = graph.add("Neg", score)
    limit = getattr(model, "best_threshold_", getattr(model, "threshold", "auto"))
    if isinstance(limit, str):
        limit = 0.5 if method == "predict_proba" else 0.0
    reached = above(graph, flat(graph, double(graph, score)), float(limit), op="GreaterOrEqual")
    return answers | {"predict": graph.add("Sub", graph.constant(1, "int64"), reached) if first else reached}


def _positive(model: Fitted) -> object:
    """The label that has the limit; by default the second one."""
    scorer = getattr(model, "_curve_scorer", None)
    found = model.pos_label if scorer is None else scorer._get_pos_label()
    return model.classes_[1] if found is None else found


def transformed_target(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """A regressor of a transformed number, which is brought back."""
    number = asked(convert(graph, model.regressor_, table), "predict", model.regressor_)
    made = _back(graph, model.transformer_, double(graph, number))
    return {"predict": made if graph.dtype(number) == "float64" else graph.cast(made, "float32")}


def _back(graph: Graph, transformer: Fitted, number: str) -> str:
    name = type(transformer).__name__
    if name == "FunctionTransformer":
        function = transformer.inverse_func
        return number if function is None else applied(graph, function, number)
    if (
        name not in ("StandardScaler", "RobustScaler", "MinMaxScaler", "MaxAbsScaler")
        or transformer.n_features_in_ != 1
    ):
        raise ValueError(f"TransformedTargetRegressor: there is no conversion of what undoes {name}")
    scale = getattr(transformer, "scale_", None)
    if name == "MinMaxScaler":
        number = graph.add("Sub", number, graph.constant(transformer.min_[0]))
        return graph.add("Div", number, graph.constant(transformer.scale_[0]))
    if scale is not None:
        number = graph.add("Mul", number, graph.constant(scale[0]))
    offset = getattr(transformer, "mean_", None) if name == "StandardScaler" else getattr(transformer, "center_", None)
    used = getattr(transformer, "with_mean", getattr(transformer, "with_centering", False))
    return graph.add("Add", number, graph.constant(offset[0])) if used and offset is not None else number
