"""scikit-learn's gradient boosting: a start, then trees added to it in float64."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .fitted import Fitted
from .forests import sklearn_tree
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, as_float32, finite, numeric
from .trees import Tree, stump, summed


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    # a score of zero is the second class here, and the first one with histograms
    return _classified(graph, _scores(graph, model, table), len(model.classes_), "GreaterOrEqual")


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    return {"predict": flat(graph, _scores(graph, model, table))}


def histogram_classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    return _classified(graph, _histogram_scores(graph, model, table), len(model.classes_), "Greater")


def histogram_regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    scores = flat(graph, _histogram_scores(graph, model, table))
    link = type(model._loss.link).__name__
    if link not in ("IdentityLink", "LogLink"):
        raise ValueError(f"there is no conversion of the link function {link}")
    return {"predict": graph.add("Exp", scores) if link == "LogLink" else scores}


def _classified(graph: Graph, scores: str, classes: int, op: str) -> dict[str, str]:
    if classes > 2:
        shares = softmax(graph, scores)
        return {"predict": largest(graph, scores), "predict_proba": shares, "decision_function": scores}
    score = flat(graph, scores)
    return {
        "predict": above(graph, score, op=op),
        "predict_proba": complement(graph, graph.add("Sigmoid", scores)),
        "decision_function": score,
    }


def _scores(graph: Graph, model: Fitted, table: Table) -> str:
    if type(getattr(model, "_loss", None)).__name__ == "ExponentialLoss":
        raise ValueError("GradientBoostingClassifier: there is no conversion of the exponential loss")
    start = _start(model)
    stages = [
        sklearn_tree(one.tree_, one.tree_.value[:, 0, 0] * model.learning_rate, target)
        for stage in model.estimators_
        for target, one in enumerate(stage)
    ]
    seen = finite(graph, as_float32(graph, table)).tensor
    return summed(graph, [*map(stump, start, range(len(start))), *stages], seen, targets=len(start))


def _start(model: Fitted) -> list[float]:
    """The score before the first tree, which is the same for all rows unless the user gave a model for it."""
    if type(model.init_).__name__ not in ("str", "DummyClassifier", "DummyRegressor"):
        raise ValueError(f"{type(model).__name__}: it starts from a model of its own, {type(model.init_).__name__}")
    score: list[float] = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0].tolist()
    return score


def _histogram_scores(graph: Graph, model: Fitted, table: Table) -> str:
    numeric(table)
    if getattr(model, "is_categorical_", None) is not None and np.any(model.is_categorical_):
        raise ValueError(f"{type(model).__name__}: there is no conversion of categories within it")
    start = np.ravel(model._baseline_prediction).tolist()
    trees = [_histogram_tree(one.nodes, target) for stage in model._predictors for target, one in enumerate(stage)]
    stumps = [*map(stump, start, range(len(start)))]
    return summed(graph, [*stumps, *trees], table.tensor, targets=len(start))


def _histogram_tree(nodes: Fitted, target: int) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        nan_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"].astype(np.float64),
        target=target,
    )
