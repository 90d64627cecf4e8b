"""Decision trees as arrays, and a graph's node that walks many of them in the order in which the original adds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from .graph import Graph, ordered_sum

Comparison = Literal["<=", "<"]
MODES = {"<=": 0, "<": 1}

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A binary tree, one position a node, the root first; `left` and `right` are -1 at a leaf.

    A row goes left where its feature compares with the threshold, or is NaN and `nan_left` says so. `value` is what a
    leaf gives: a number for the target `target`, or, with two dimensions, a number for each target.
    """

    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    nan_left: NDArray[np.bool_]
    value: Floats
    target: int = 0

    @property
    def leaves(self) -> NDArray[np.bool_]:
        leaves: NDArray[np.bool_] = self.left < 0
        return leaves


def stump(value: float, target: int = 0) -> Tree:
    """A tree of one leaf: what is added before all others."""
    none, zero = np.array([-1]), np.array([0])
    return Tree(
        feature=zero,
        threshold=np.zeros(1),
        left=none,
        right=none,
        nan_left=np.zeros(1, bool),
        value=np.array([value], dtype=np.float64),
        target=target,
    )


def summed(
    graph: Graph,
    trees: Sequence[Tree],
    tensor: str,
    *,
    targets: int,
    comparison: Comparison = "<=",
    dtype: str = "float64",
) -> str:
    """The sums of what the trees' leaves give, [rows, targets], added from the first tree to the last.

    `dtype` is the tensor's, in which is compared and added.
    """
    if all(tree.value.ndim == 1 for tree in trees):
        return _walk(graph, trees, tensor, targets, comparison, dtype)
    if single := _one_target_a_leaf(trees):
        return _walk(graph, single, tensor, targets, comparison, dtype)
    # A leaf of the operator has one number for one target. So each tree gives the position of its leaf, where the
    # leaf's numbers are looked up.
    starts = np.cumsum([0, *(len(tree.value) for tree in trees)])
    places = [
        replace(tree, value=start + np.arange(len(tree.value), dtype=np.float64), target=i)
        for i, (tree, start) in enumerate(zip(trees, starts, strict=False))
    ]
    found = graph.cast(_walk(graph, places, tensor, len(trees), comparison, dtype), "int64")
    values = graph.add("Gather", graph.constant(np.concatenate([tree.value for tree in trees]), dtype), found)
    return ordered_sum(graph, values, axis=1, length=len(trees))


def _one_target_a_leaf(trees: Sequence[Tree]) -> list[Tree] | None:
    """Trees whose every leaf gives 1 to one target and nothing to the others, told by position: -1 - target.

    Then sums are whole numbers, which are exact in any order.
    """
    leaves = np.concatenate([tree.value[tree.leaves] for tree in trees])
    if not (np.isin(leaves, (0.0, 1.0)).all() and (leaves.sum(axis=1) == 1).all()):
        return None
    return [replace(tree, value=tree.value.argmax(axis=1).astype(np.float64), target=-1) for tree in trees]


def _walk(graph: Graph, trees: Sequence[Tree], tensor: str, targets: int, comparison: Comparison, dtype: str) -> str:
    """The operator. A tree whose target is -1 has the target of each leaf as its value, to which it gives 1."""
    packed = _Packed.of(trees)
    nan_true = {"nodes_missing_value_tracks_true": packed.nan_true.tolist()} if packed.nan_true.any() else {}
    weights = np.asarray(packed.weights, dtype=dtype)
    splits = np.asarray(packed.splits, dtype=dtype)
    return graph.add(
        "TreeEnsemble",
        tensor,
        domain="ai.onnx.ml",
        n_targets=targets,
        tree_roots=packed.roots,
        nodes_featureids=packed.features.tolist(),
        nodes_splits=numpy_helper.from_array(splits),
        nodes_modes=numpy_helper.from_array(np.full(len(splits), MODES[comparison], dtype=np.uint8)),
        nodes_truenodeids=packed.true.tolist(),
        nodes_trueleafs=packed.true_leaves.tolist(),
        nodes_falsenodeids=packed.false.tolist(),
        nodes_falseleafs=packed.false_leaves.tolist(),
        leaf_weights=numpy_helper.from_array(weights),
        leaf_targetids=packed.targets.tolist(),
        aggregate_function=1,
        post_transform=0,
        **nan_true,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """The operator's attributes: branches of all trees in one row, and their leaves in another."""

    roots: list[int]
    features: Integers
    splits: Floats
    true: Integers
    true_leaves: Integers
    false: Integers
    false_leaves: Integers
    nan_true: Integers
    weights: Floats
    targets: Integers

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> _Packed:
        branches = np.cumsum([0, *(max(1, int((~tree.leaves).sum())) for tree in trees)])
        leaves = np.cumsum([0, *(int(tree.leaves.sum()) for tree in trees)])
        packed = [_pack(tree, int(b), int(v)) for tree, b, v in zip(trees, branches, leaves, strict=False)]
        names = ("features", "splits", "true", "true_leaves", "false", "false_leaves", "nan_true", "weights", "targets")
        joined = {name: np.concatenate([one[i] for one in packed]) for i, name in enumerate(names)}
        return cls(roots=branches[:-1].tolist(), **joined)


def _pack(tree: Tree, first_branch: int, first_leaf: int) -> tuple[NDArray[np.generic], ...]:
    inner, leaves = np.flatnonzero(~tree.leaves), np.flatnonzero(tree.leaves)
    place = np.empty(len(tree.left), dtype=np.int64)
    place[inner] = first_branch + np.arange(len(inner))
    place[leaves] = first_leaf + np.arange(len(leaves))
    values = tree.value[leaves]
    weights = np.ones(len(leaves)) if tree.target < 0 else values
    targets = values.astype(np.int64) if tree.target < 0 else np.full(len(leaves), tree.target)
    if not len(inner):
        # a tree needs a branch: both of its sides lead to the one leaf
        zero, one, leaf = np.zeros(1, np.int64), np.ones(1, np.int64), np.array([first_leaf])
        return zero, np.zeros(1), leaf, one, leaf, one, zero, weights, targets
    left, right = tree.left[inner], tree.right[inner]
    sides = [(place[side], tree.leaves[side].astype(np.int64)) for side in (left, right)]
    nan_left = tree.nan_left[inner].astype(np.int64)
    return tree.feature[inner], tree.threshold[inner], *sides[0], *sides[1], nan_left, weights, targets
