"""scikit-learn's multi-layer perceptrons: a product and an activation a layer."""

from __future__ import annotations

from collections.abc import Mapping

from .fitted import Fitted
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, finite

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    if model.out_activation_ == "softmax":
        shares = softmax(graph, _outputs(graph, model, table))
        return {"predict": largest(graph, shares), "predict_proba": shares}
    if model.n_outputs_ != 1:
        raise ValueError("MLPClassifier: the model gives several labels at once")
    share = graph.add("Sigmoid", _outputs(graph, model, table))
    return {"predict": above(graph, flat(graph, share), 0.5), "predict_proba": complement(graph, share)}


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    if model.out_activation_ != "identity":
        raise ValueError(f"MLPRegressor: there is no conversion of the output {model.out_activation_}")
    values = _outputs(graph, model, table)
    return {"predict": flat(graph, values) if model.n_outputs_ == 1 else values}


def _outputs(graph: Graph, model: Fitted, table: Table) -> str:
    tensor = finite(graph, table).tensor
    layers = [*zip(model.coefs_, model.intercepts_, strict=True)]
    for number, (weights, bias) in enumerate(layers, start=1):
        tensor = graph.add("Add", graph.add("MatMul", tensor, graph.constant(weights)), graph.constant(bias))
        if number < len(layers) and model.activation != "identity":
            tensor = graph.add(ACTIVATIONS[model.activation], tensor)
    return tensor
