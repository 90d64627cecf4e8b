"""CatBoost: its binary files (.cbm, .cb), and pickles of its models."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ....schema.diagnostics import fail
from ...model_spec import Label
from ..flavor import Data, Flavor, Form, Identity, Native, class_of
from ..symbols import Instance, Malformed, Value
from ._flatbuffers import Buffer, Table

_MARK = b"CBM1"
_CORE = "catboost.core."
_METHODS = {
    "catboost.core.CatBoost": ("predict",),
    "catboost.core.CatBoostClassifier": ("predict", "predict_proba"),
    "catboost.core.CatBoostRegressor": ("predict",),
    "catboost.core.CatBoostRanker": ("predict",),
}
_RANKING = ("YetiRank", "PairLogit", "Query", "StochasticRank", "LambdaMart", "StochasticFilter")
_VERSION = re.compile(r"tags/v(\d+(?:\.\d+)+)\s")
_MOST_COLUMNS = 1 << 20

# numbers of fields, in model.fbs and features.fbs of CatBoost's sources
_TREES, _FACTS = 1, 2
_CATEGORIES, _NUMBERS, _TEXTS, _EMBEDDINGS = 4, 5, 12, 18


@dataclass(frozen=True, slots=True)
class _Feature:
    place: int
    name: str
    kind: Literal["number", "category", "text", "embedding"]


def _identify(model: Value) -> Identity | None:
    """A model of one of CatBoost's classes, which keeps its file."""
    name = str(class_of(model))
    if not isinstance(model, Instance) or name not in _METHODS:
        return None
    saved = model.state.get("__model")
    if isinstance(saved, bytes):
        return _described(name, _root(saved))
    return Identity(class_name=name, methods=_METHODS[name], arrays="objects", versions={"catboost": ""})


def _read_binary(data: Data, claimed: str) -> Native:
    root = _root(data)
    name = f"{_CORE}{claimed}"
    return Native(identity=_described(name if name in _METHODS else _recorded_class(root), root), serializer="cbm")


def _root(data: Data) -> Table:
    size = int.from_bytes(data[4:8], "little")
    if data[:4] != _MARK or 8 + size > len(data):
        raise Malformed("the file ends early", len(data))
    return Buffer(data, 8, 8 + size).root()


def _described(name: str, root: Table) -> Identity:
    features = _features(root)
    places = {feature.place: feature for feature in features}
    if set(places) != set(range(len(features))):
        raise Malformed("its columns are not numbered one by one")
    names = tuple(places[place].name for place in range(len(features)))
    _check_served(features)
    numbers = all(feature.kind == "number" for feature in features)
    return Identity(
        class_name=name,
        methods=_METHODS[name],
        classes=_classes(root) if "predict_proba" in _METHODS[name] else (),
        # columns without a name are named by their places
        names=() if all(n in ("", str(place)) for place, n in enumerate(names)) else names,
        count=len(features),
        types=tuple("string" if places[place].kind == "text" else "double" for place in range(len(features))),
        categories={feature.place: () for feature in features if feature.kind == "category"},
        arrays="numbers" if numbers else "objects",
        versions={"catboost": _version(root)},
    )


def _features(root: Table) -> tuple[_Feature, ...]:
    trees = root.table(_TREES)
    if trees is None:
        raise Malformed("it holds no trees")
    numbers = (_Feature(f.number(2, -1), f.text(4), "number") for f in trees.tables(_NUMBERS))
    categories = (_Feature(f.number(1, -1), f.text(2), "category") for f in trees.tables(_CATEGORIES))
    texts = (_Feature(f.number(1, -1), f.text(2), "text") for f in trees.tables(_TEXTS))
    embeddings = (_Feature(f.number(1, -1), f.text(2), "embedding") for f in trees.tables(_EMBEDDINGS))
    found = (*numbers, *categories, *texts, *embeddings)
    if not 0 < len(found) <= _MOST_COLUMNS:
        raise Malformed(f"it has {len(found)} columns")
    return found


def _check_served(features: tuple[_Feature, ...]) -> None:
    for feature in features:
        if feature.kind == "embedding":
            text = f"column `{feature.name}` holds embeddings, lists of numbers, which cannot be served yet"
            raise fail("unsupported-column", text, field=("model", "path"), help="train with a column for each number")


def _recorded_class(root: Table) -> str:
    """The class that fits the loss: the file does not name one."""
    if _classes(root):
        return f"{_CORE}CatBoostClassifier"
    loss = _mapping(_fact(root, "params").get("loss_function")).get("type")
    return f"{_CORE}{'CatBoostRanker' if str(loss).startswith(_RANKING) else 'CatBoostRegressor'}"


def _classes(root: Table) -> tuple[Label, ...]:
    """The classes in the order of probabilities."""
    names = _fact(root, "class_params").get("class_names")
    labels = names if isinstance(names, list) else []
    return tuple(label for label in labels if isinstance(label, str | int | float))


def _version(root: Table) -> str:
    found = _VERSION.search(_texts(root).get("catboost_version_info", ""))
    return found[1] if found else ""


def _fact(root: Table, key: str) -> Mapping[str, object]:
    """What the model records under a key as a JSON object; empty where it does not."""
    try:
        return _mapping(json.loads(_texts(root).get(key, "{}")))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"its {key} cannot be read ({error})") from None


def _texts(root: Table) -> Mapping[str, str]:
    return {fact.text(0): fact.text(1) for fact in root.tables(_FACTS)}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


FLAVOR = Flavor(
    name="catboost",
    names=lambda: frozenset(_METHODS),
    identify=_identify,
    methods=_METHODS,
    forms=(Form(begins=lambda head: head.startswith(_MARK), read=_read_binary),),
)
