"""XGBoost's models: rows, thresholds and sums in float32, the base score first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any  # JSON of which a few fields are read

import numpy as np

from . import expf
from .categories import HALF, Booleans, Sets, coded
from .fitted import Fitted
from .graph import Graph, above, flat, largest
from .tables import Table, as_float32, not_infinite
from .trees import Floats, Tree, stump, summed

EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox")
PLAIN = ("reg:", "rank:", "binary:logitraw", "survival:aft")


def booster(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """A Booster, which refuses infinity."""
    learner = _read(model)
    seen = not_infinite(graph, as_float32(graph, coded(graph, table, _labels(learner))))
    trees = _Trees(start=_start(learner), booster=learner["gradient_booster"])
    return {"predict": _transformed(graph, learner["objective"]["name"], trees.margins(graph, seen))}


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    learner, margins = _estimated(graph, model, table)
    objective = learner["objective"]["name"]
    if objective in ("multi:softprob", "multi:softmax"):
        shares = expf.softmax(graph, margins)
        return {"predict": largest(graph, shares), "predict_proba": shares}
    if objective not in ("binary:logistic", "reg:logistic"):
        raise ValueError(f"there is no conversion of a classifier with the objective {objective}")
    share = expf.sigmoid(graph, margins)
    label = above(graph, flat(graph, share), 0.5, dtype="float32")
    return {"predict": label, "predict_proba": expf.pair(graph, margins)}


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """A regressor or ranker."""
    learner, margins = _estimated(graph, model, table)
    return {"predict": _transformed(graph, learner["objective"]["name"], margins)}


def _estimated(graph: Graph, model: Fitted, table: Table) -> tuple[dict[str, Any], str]:
    if not np.isnan(model.missing):
        raise ValueError(f"{type(model).__name__}: there is no conversion of missing={model.missing}")
    learner = _read(model.get_booster())
    rounds = model._get_iteration_range(None)[1] or None
    trees = _Trees(start=_start(learner), booster=learner["gradient_booster"], rounds=rounds, in_place=True)
    return learner, trees.margins(graph, as_float32(graph, coded(graph, table, _labels(learner))))


def _read(booster: Fitted) -> dict[str, Any]:
    learner: dict[str, Any] = json.loads(bytes(booster.save_raw("json")))["learner"]
    return learner


def _labels(learner: Mapping[str, Any]) -> Mapping[int, Sequence[object]]:
    """The labels of columns of categories, as files have them since XGBoost 3.1; else rows have their numbers."""
    booster = learner["gradient_booster"]
    entries = booster.get("gbtree", booster).get("model", {}).get("cats", {}).get("enc") or []
    kinds = learner.get("feature_types", [])
    chosen = [i for i, kind in enumerate(kinds) if kind == "c"] if len(kinds) == len(entries) else []
    return {place: labels for place in chosen if (labels := _texts(entries[place]))}


def _texts(entry: Mapping[str, Any]) -> Sequence[object]:
    """One column's labels; none where they are not ASCII, as XGBoost cuts such texts wrongly."""
    values: list[int] = entry["values"]
    if "offsets" not in entry:
        return values
    if any(not 0 <= value < 128 for value in values):
        return []
    return [bytes(values[start:end]).decode() for start, end in pairwise(entry["offsets"])]


def _transformed(graph: Graph, objective: str, margins: str) -> str:
    """What `predict` makes of margins."""
    if objective.startswith("multi:"):
        shares = expf.softmax(graph, margins)
        return shares if objective == "multi:softprob" else graph.cast(largest(graph, margins), "float32")
    if objective in ("binary:logistic", "reg:logistic"):
        return flat(graph, expf.sigmoid(graph, margins))
    if objective in EXPONENTIAL:
        return flat(graph, expf.exponential(graph, margins))
    if not objective.startswith(PLAIN):
        raise ValueError(f"there is no conversion of the objective {objective}")
    return flat(graph, margins)


def _start(learner: Mapping[str, Any]) -> Floats:
    """The margin before the first tree, for each target."""
    facts = learner["learner_model_param"]
    if int(facts.get("num_target", 1)) > 1:
        raise ValueError("there is no conversion of several targets")
    score = np.array([float(text) for text in str(facts["base_score"]).strip("[]").split(",")], dtype=np.float32)
    objective = learner["objective"]["name"]
    if objective in ("binary:logistic", "reg:logistic", "binary:logitraw"):
        score = -_logarithm(np.float32(1) / score - np.float32(1))
    if objective in EXPONENTIAL:
        score = _logarithm(score)
    count = max(1, int(facts["num_class"]))
    start: Floats = np.broadcast_to(score, (count,)).astype(np.float64)
    return start


def _logarithm(values: Fitted) -> Fitted:
    """C's logf; numpy's own of float32 is further from the true value."""
    return np.log(values.astype(np.float64)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trees:
    """What is added up: the margin before the first tree, and the trees of the first `rounds`, by default of all."""

    start: Floats
    booster: Mapping[str, Any]
    rounds: int | None = None
    in_place: bool = False
    """Whether rows are predicted where they lie, as the scikit-learn API does."""

    def margins(self, graph: Graph, table: Table) -> str:
        starts = map(stump, self.start.tolist(), range(len(self.start)))
        sets, targets = Sets(len(table.columns)), len(self.start)
        trees = [*starts, *self._trees(sets)]
        below = float(np.nextafter(np.float32(0), np.float32(-1)))
        seen = sets.beside(graph, graph.cast(table.tensor, "float32"), least=below)
        return summed(graph, trees, seen, targets=targets, comparison="<", dtype="float32")

    def _trees(self, sets: Sets) -> list[Tree]:
        weights = self.booster.get("weight_drop")
        model = self.booster["gbtree"]["model"] if weights is not None else self.booster.get("model", {})
        if "trees" not in model:
            raise ValueError(f"there is no conversion of the booster {self.booster['name']}")
        trees = [_tree(tree, target, sets) for tree, target in zip(model["trees"], model["tree_info"], strict=True)]
        if weights is not None:
            trees = [self._weighted(tree, weight) for tree, weight in zip(trees, np.float32(weights), strict=True)]
        return trees if self.rounds is None else trees[: _end(model, self.rounds)]

    def _weighted(self, tree: Tree, weight: np.float32) -> Tree:
        """A tree of DART's. In place, XGBoost adds the start to each tree and takes it off again, which rounds."""
        value = np.float32(tree.value)
        if self.in_place:
            start = np.float32(self.start[tree.target])
            value = (start + value) - start
        return replace(tree, value=(value * weight).astype(np.float64))


def _end(model: Mapping[str, Any], rounds: int) -> int:
    """The number of trees that the first rounds made."""
    if starts := model.get("iteration_indptr"):
        return int(starts[rounds])
    targets: int = max(model["tree_info"]) + 1
    return rounds * targets * int(model["gbtree_model_param"].get("num_parallel_tree", 1))


def _tree(tree: Mapping[str, Any], target: int, sets: Sets) -> Tree:
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise ValueError("there is no conversion of leaves with several numbers")
    conditions = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    feature, threshold = np.array(tree["split_indices"], dtype=np.int64), conditions.copy()
    for node, left in _sets(tree):
        feature[node], threshold[node] = sets.feature(int(feature[node]), left), HALF
    return Tree(
        feature=feature,
        threshold=threshold,
        left=np.array(tree["left_children"], dtype=np.int64),
        right=np.array(tree["right_children"], dtype=np.int64),
        nan_left=np.array(tree["default_left"], dtype=bool),
        value=conditions,
        target=target,
    )


def _sets(tree: Mapping[str, Any]) -> Iterator[tuple[int, Booleans]]:
    """Nodes that split by category, and which go left there: all but those that the node names."""
    lists = (tree[f"categories_{name}"] for name in ("nodes", "segments", "sizes"))
    for node, start, size in zip(*lists, strict=True):
        named = np.array(tree["categories"][start : start + size], dtype=np.int64)
        left = np.ones(int(named.max()) + 3, dtype=bool)
        left[named] = False
        left[-2] = bool(tree["default_left"][node])
        yield int(node), left
