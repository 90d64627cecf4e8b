"""CatBoost's models of numbers: rows and borders in float32, sums in float64."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # JSON of which a few fields are read

import numpy as np

from .fitted import Fitted
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, as_float32
from .trees import Tree, summed


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    scores = _scores(graph, model, table)
    if len(model.classes_) > 2:
        return {"predict": largest(graph, scores), "predict_proba": softmax(graph, scores)}
    shares = graph.add("Sigmoid", scores)
    return {"predict": above(graph, flat(graph, scores)), "predict_proba": complement(graph, shares)}


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    return {"predict": flat(graph, _scores(graph, model, table))}


def _scores(graph: Graph, model: Fitted, table: Table) -> str:
    facts = _read(model)
    features = facts["features_info"]
    if set(features) - {"float_features"} or "oblivious_trees" not in facts:
        raise ValueError(f"{type(model).__name__}: there is a conversion of symmetric trees of numbers alone")
    flats = {f["feature_index"]: f["flat_feature_index"] for f in features["float_features"]}
    right = {f["feature_index"]: f["nan_value_treatment"] == "AsTrue" for f in features["float_features"]}
    scale, bias = facts["scale_and_bias"]
    targets = len(np.ravel(bias))
    trees = [_tree(tree, targets, flats, right) for tree in facts["oblivious_trees"]]
    sums = summed(graph, trees, as_float32(graph, table).tensor, targets=targets)
    scaled = sums if scale == 1 else graph.add("Mul", sums, graph.constant(scale))
    return graph.add("Add", scaled, graph.constant(np.ravel(bias)))


def _read(model: Fitted) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


def _tree(tree: Mapping[str, Any], targets: int, flats: Mapping[int, int], nan_right: Mapping[int, bool]) -> Tree:
    """A tree that asks the same of all rows on one level, as a binary tree; a leaf's position has a bit a level."""
    splits = tree["splits"] or []
    inner, outer = 2 ** len(splits) - 1, 2 ** len(splits)
    places = np.arange(inner)
    levels = np.log2(places + 1).astype(np.int64)
    asked = [int(split["float_feature_index"]) for split in splits]
    values = np.array(tree["leaf_values"], dtype=np.float64).reshape(outer, targets)
    # the path to a leaf, the first level in its highest bit, read the other way round
    width = len(splits)
    order = [int(f"{leaf:0{width}b}"[::-1], 2) if width else 0 for leaf in range(outer)]
    given = np.concatenate([np.zeros((inner, targets)), values[order]])

    def each(of: list[Any], kind: type) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
        return np.concatenate([np.array(of, dtype=kind)[levels] if of else [], np.zeros(outer, kind)]).astype(kind)

    return Tree(
        feature=each([flats[feature] for feature in asked], np.int64),
        threshold=each([np.float32(split["border"]) for split in splits], np.float64),
        left=np.concatenate([2 * places + 1, np.full(outer, -1)]),
        right=np.concatenate([2 * places + 2, np.full(outer, -1)]),
        nan_left=each([not nan_right[feature] for feature in asked], bool),
        value=given[:, 0] if targets == 1 else given,
    )
