"""LightGBM's models: all in float64, numbers next to zero taken for zero."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .categories import HALF, Booleans, Sets, bits, coded
from .fitted import Fitted
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, numeric
from .trees import Floats, Tree, summed

ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold: what is not further from zero is zero."""
CATEGORY, DEFAULT_LEFT, MISSING = 1, 2, 12
"""Bits of `decision_type`; the two of MISSING tell what is missing."""
NOTHING, ZEROS, NANS = 0, 4, 8
EXPONENTIAL = ("poisson", "gamma", "tweedie")
PLAIN = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg")

CATEGORIES = re.compile(r"-?\d+(:-?\d+)*")
"""What the file says of the values of a column of categories."""

Fields = Mapping[str, str]


def booster(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    header, scores = _scores(graph, model, table)
    return {"predict": _transformed(graph, header.get("objective", ""), scores)}


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """A regressor or ranker."""
    return booster(graph, model.booster_, table)


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    header, scores = _scores(graph, model.booster_, table)
    shares = _shares(graph, header.get("objective", ""), scores)
    if len(model.classes_) > 2:
        return {"predict": largest(graph, shares), "predict_proba": shares}
    return {"predict": above(graph, flat(graph, shares), 0.5), "predict_proba": complement(graph, shares)}


def _shares(graph: Graph, objective: str, scores: str) -> str:
    kind, *options = objective.split()
    if kind == "multiclass":
        return softmax(graph, scores)
    if kind not in ("binary", "multiclassova", "cross_entropy"):
        raise ValueError(f"there is no conversion of the objective {objective or 'of your own'}")
    steepness = [float(text.partition(":")[2]) for text in options if text.startswith("sigmoid:")]
    return graph.add("Sigmoid", graph.add("Mul", scores, graph.constant(steepness[0])) if steepness else scores)


def _transformed(graph: Graph, objective: str, scores: str) -> str:
    """What `predict` makes of scores."""
    kind, *options = objective.split() or [""]
    if kind in EXPONENTIAL:
        return flat(graph, graph.add("Exp", scores))
    if kind in PLAIN and "sqrt" not in options:
        return flat(graph, scores)
    shares = _shares(graph, objective or "custom", scores)
    return shares if kind.startswith("multiclass") else flat(graph, shares)


def _scores(graph: Graph, model: Fitted, table: Table) -> tuple[Fields, str]:
    # as many trees as `predict` uses: those up to the best iteration, if one was found
    header, *trees = _sections(model.model_to_string())
    targets = int(header["num_tree_per_iteration"])
    table = coded(graph, table, _labels(header, model))
    numeric(table)
    sets = Sets(len(table.columns))
    made = [_tree(fields, i % targets, sets) for i, fields in enumerate(trees)]
    # what is not below zero once its fraction is cut off
    scores = summed(graph, made, sets.beside(graph, table.tensor, least=-1.0), targets=targets)
    if "average_output" in header:
        scores = graph.add("Div", scores, graph.constant(len(trees) / targets))
    return header, scores


def _labels(header: Fields, model: Fitted) -> Mapping[int, Sequence[object]]:
    """The labels of a table's columns of categories, whose numbers the trees see; by the columns' places."""
    known: list[list[object]] = model.pandas_categorical or []
    if not known:
        return {}
    infos = header.get("feature_infos", "").split(" ")
    told = re.search(r"^\[categorical_feature: (.*)\]$", model.model_to_string(), re.MULTILINE)
    given = sorted({int(place) for place in (told[1] if told else "").split(",") if place.isdecimal()})
    seen = [place for place, info in enumerate(infos) if CATEGORIES.fullmatch(info)]
    places = next((found for found in (given, seen) if len(found) == len(known)), None)
    if places is None:
        raise ValueError("which columns have categories is not told")
    return dict(zip(places, known, strict=True))


def _sections(text: str) -> Iterator[Fields]:
    """The model's own fields, then each tree's."""
    for section in text.partition("end of trees")[0].split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in section.strip().splitlines())
        if "version" in fields or "Tree" in fields:
            yield fields


def _tree(fields: Fields, target: int, sets: Sets) -> Tree:
    if fields.get("is_linear", "0") != "0":
        raise ValueError("there is no conversion of linear trees")
    leaves = _numbers(fields, "leaf_value")
    if len(leaves) == 1:
        none = np.array([-1])
        return Tree(
            feature=none, threshold=leaves, left=none, right=none, nan_left=none < 0, value=leaves, target=target
        )
    kinds = _numbers(fields, "decision_type").astype(np.int64)
    _check(kinds)
    splits = _thresholds(_numbers(fields, "threshold"))
    feature = _numbers(fields, "split_feature").astype(np.int64)
    for node in np.flatnonzero(kinds & CATEGORY):
        feature[node], splits[node] = sets.feature(int(feature[node]), _set(fields, int(node))), HALF
    missing = np.where(kinds & MISSING == NANS, kinds & DEFAULT_LEFT != 0, splits >= 0)
    inner, outer = len(splits), len(leaves)

    def children(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Branches come first, and then the leaves, which the file counts down from -1."""
        found = _numbers(fields, name).astype(np.int64)
        return np.concatenate([np.where(found < 0, inner - 1 - found, found), np.full(outer, -1)])

    return Tree(
        feature=np.concatenate([feature, np.zeros(outer, np.int64)]),
        threshold=np.concatenate([splits, np.zeros(outer)]),
        left=children("left_child"),
        right=children("right_child"),
        nan_left=np.concatenate([missing, np.zeros(outer, bool)]),
        value=np.concatenate([np.zeros(inner), leaves]),
        target=target,
    )


def _set(fields: Fields, node: int) -> Booleans:
    """Which categories go left at a node; all else goes right."""
    place = int(_numbers(fields, "threshold")[node])
    start, end = _numbers(fields, "cat_boundaries").astype(np.int64)[place : place + 2]
    known = bits(_numbers(fields, "cat_threshold").astype(np.int64)[start:end])
    return np.array([*known, False, False])


def _numbers(fields: Fields, name: str) -> Floats:
    return np.array([float(text) for text in fields[name].split()])


def _check(kinds: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> None:
    if ((kinds & MISSING == ZEROS) & (kinds & CATEGORY == 0)).any():
        raise ValueError("there is no conversion of zero_as_missing")


def _thresholds(splits: Floats) -> Floats:
    """Thresholds that split unchanged rows as the file's split rows in which tiny numbers are zero."""
    below = np.nextafter(-ZERO, -np.inf)
    tiny = np.where(splits >= 0, ZERO, below)
    found: Floats = np.where(np.abs(splits) <= ZERO, tiny, splits)
    return found
