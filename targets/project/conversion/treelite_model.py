"""A fitted ensemble of trees as treelite's file, after a line of JSON that says what stands around the trees."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import treelite
import treelite.sklearn

from .fitted import Fitted, full_name, opened, takes_nan

Link = Literal["none", "sigmoid", "softmax", "exponential"]
SCORED = ("predict", "predict_proba", "decision_function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """How rows come to the trees, and what is made of their sums."""

    seen: Literal["float32", "float64"]
    takes: Literal["finite", "no infinity", "anything"]
    link: Link
    zero: Literal["first", "second"] = "first"
    """The class of two that a sum of zero means."""
    labels: str = "[]"


def converted(model: Fitted, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The file for a model with these columns, (name, MLflow's type, optional); ValueError says why there is none."""
    model = opened(model)
    if kinds := {kind for _, kind, _ in columns} - {"double", "float", "integer", "long", "boolean"}:
        raise ValueError(f"treelite takes numbers, not {', '.join(sorted(kinds))}")
    name = full_name(model)
    read = next((read for prefix, read in READERS.items() if name.startswith(prefix)), None)
    if read is None:
        raise ValueError(f"there is no conversion of {name}")
    if "_forest." in name and takes_nan(model.estimators_[0]) and any(optional for _, _, optional in columns):
        raise ValueError("treelite cannot tell where the forest sends what is missing")
    around, trees = read(model)
    if missing := [method for method in methods if method not in SCORED]:
        raise ValueError(f"{name}: there is no conversion of `{missing[0]}`")
    head = json.dumps(asdict(around), sort_keys=True).encode()
    content: bytes = trees.serialize_bytes()
    return head + b"\n" + content


def _labels(model: Fitted) -> str:
    classes = getattr(model, "classes_", None)
    return "[]" if classes is None else json.dumps(classes.tolist())


def _forest(model: Fitted) -> tuple[Around, Fitted]:
    if model.n_outputs_ != 1:
        raise ValueError("treelite: there is no conversion of several outputs")
    return Around(seen="float32", takes="finite", link="none", labels=_labels(model)), _imported(model)


def _boosting(model: Fitted) -> tuple[Around, Fitted]:
    around = Around(seen="float32", takes="finite", link=_link(model), zero="second", labels=_labels(model))
    return around, _imported(model)


def _histograms(model: Fitted) -> tuple[Around, Fitted]:
    around = Around(seen="float64", takes="anything", link=_link(model), labels=_labels(model))
    return around, _imported(model)


def _imported(model: Fitted) -> Fitted:
    try:
        return treelite.sklearn.import_model(model)
    except treelite.TreeliteError as error:
        raise ValueError(f"treelite: {error}") from error


def _link(model: Fitted) -> Link:
    if hasattr(model, "classes_"):
        return "softmax" if len(model.classes_) > 2 else "sigmoid"
    loss = type(model._loss).__name__
    return "exponential" if loss in ("HalfPoissonLoss", "HalfGammaLoss") else "none"


def _lightgbm(model: Fitted) -> tuple[Around, Fitted]:
    booster: Fitted = getattr(model, "booster_", model)
    header = booster.model_to_string().partition("\n\n")[0].splitlines()
    objective = next((line.partition("=")[2] for line in header if line.startswith("objective=")), "")
    link: Mapping[str, Link] = {"binary sigmoid:1": "sigmoid", "regression": "none"}
    known = link.get(objective, "softmax" if objective.startswith("multiclass ") else None)
    if known is None:
        raise ValueError(f"treelite: there is no conversion of the objective {objective or 'of your own'}")
    around = Around(seen="float64", takes="anything", link=known, labels=_labels(model))
    return around, treelite.frontend.from_lightgbm(booster)


READERS: Mapping[str, Callable[[Fitted], tuple[Around, Fitted]]] = {
    "lightgbm.": _lightgbm,
    "sklearn.ensemble._forest.": _forest,
    "sklearn.ensemble._gb.": _boosting,
    "sklearn.ensemble._hist_gradient_boosting.": _histograms,
}
