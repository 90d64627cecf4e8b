"""scikit-learn's gradient boosting: a start, then trees added to it in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .categories import HALF, Sets, bits
from .encoding import ordinal
from .fitted import Fitted
from .forests import sklearn_tree
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, as_float32, beside, finite, numeric, select
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
    categories = getattr(model, "is_categorical_", None)
    if categories is not None and np.any(categories):
        table = _encoded(graph, model, table, np.asarray(categories))
    numeric(table)
    sets = Sets(len(table.columns))
    start = np.ravel(model._baseline_prediction).tolist()
    # of a column of categories these are the categories; they are looked up in no other one
    counts = [int(np.max(known, initial=0)) + 1 for known in model._bin_mapper.bin_thresholds_]
    stages = [(target, one) for stage in model._predictors for target, one in enumerate(stage)]
    trees = [_histogram_tree(one, target, sets, counts) for target, one in stages]
    stumps = [*map(stump, start, range(len(start)))]
    tensor = sets.beside(graph, table.tensor, least=-1.0)
    return summed(graph, [*stumps, *trees], tensor, targets=len(start))


def _encoded(graph: Graph, model: Fitted, table: Table, chosen: Fitted) -> Table:
    """The columns of categories as numbers, then the others."""
    if getattr(model, "_preprocessor", None) is None:
        raise ValueError(f"{type(model).__name__}: there is no conversion of categories before scikit-learn 1.4")
    encoder = model._preprocessor.named_transformers_["encoder"]
    made = [ordinal(graph, encoder, select(graph, table, np.flatnonzero(chosen).tolist()))]
    if not chosen.all():
        made.append(select(graph, table, np.flatnonzero(~chosen).tolist()))
    return beside(graph, made)


def _histogram_tree(predictor: Fitted, target: int, sets: Sets, counts: Sequence[int]) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    feature, threshold = nodes["feature_idx"].astype(np.int64), nodes["num_threshold"].astype(np.float64)
    for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf):
        known = bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])[: counts[feature[node]]]
        # what is unknown has become NaN
        lacking = [bool(nodes["missing_go_to_left"][node])] * 2
        feature[node] = sets.feature(int(feature[node]), np.array([*known, *lacking]))
        threshold[node] = HALF
    return Tree(
        feature=feature,
        threshold=threshold,
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        nan_left=nodes["missing_go_to_left"].astype(bool),
        value=nodes["value"].astype(np.float64),
        target=target,
    )
