"""scikit-learn: pipelines, estimators and the user's own classes that behave as they do."""

from __future__ import annotations

import json
from collections import deque
from functools import cache
from pathlib import Path
from typing import TypedDict

from ...model_spec import Label, Step
from ..flavor import Flavor, Identity, class_of, flavors
from ..npy import as_array, labels, number
from ..symbols import Instance, Value
from ._sklearn_methods import first_part, inner, methods_of, step_values

VECTORIZERS = frozenset({"CountVectorizer", "TfidfVectorizer", "HashingVectorizer"})
"""scikit-learn's classes that take a list of texts and no table."""


class _Table(TypedDict):
    """sklearn.json: made from real versions of scikit-learn by tests/compiler/formats/sklearn_table.py."""

    versions: list[str]
    estimators: dict[str, list[str]]
    names: list[str]


@cache
def _table() -> _Table:
    table: _Table = json.loads(Path(__file__).with_name("sklearn.json").read_text())
    return table


def _names() -> frozenset[str]:
    return frozenset(_table()["estimators"]) | frozenset(_table()["names"])


def _identify(model: Value) -> Identity | None:
    """Any object of scikit-learn's own, or one that keeps what scikit-learn's estimators keep."""
    name = class_of(model)
    if name is None or not isinstance(model, Instance):
        return None
    ours = str(name) in _table()["estimators"]
    if not ours and "n_features_in_" not in model.state and "_sklearn_version" not in model.state:
        return None
    version = _version(model)
    others = {name: methods for flavor in flavors() for name, methods in flavor.methods.items()}
    versions = {k: v for step in _parts(model, last=True) if (o := _others(step)) for k, v in o.versions.items()}
    return Identity(
        class_name=str(name),
        steps=tuple(Step(name=key, class_name=_step_class(step)) for key, step in step_values(model)),
        methods=methods_of(model, {**_table()["estimators"], **others}),
        classes=_classes(model),
        names=_names_in(model),
        count=_count(model),
        texts=any(part.class_name.name in VECTORIZERS for part in _parts(model, last=False)),
        versions={**versions, "scikit-learn": version} if version else versions,
    )


def _others(part: Instance) -> Identity | None:
    """What another library tells of a part that is one of its models."""
    name = str(class_of(part))
    return next((flavor.identify(part) for flavor in flavors() if name in flavor.methods), None)


def _step_class(step: Value) -> str:
    return str(class_of(step) or step)


def _inwards(model: Instance, *, last: bool) -> Instance | None:
    """The part that answers for the model's input (its first step) or output (its last one)."""
    steps = [step for _, step in step_values(model) if isinstance(step, Instance)]
    if steps:
        return steps[-1 if last else 0]
    found = inner(model) or (None if last else first_part(model))
    return found if isinstance(found, Instance) else None


def _parts(model: Instance, *, last: bool) -> list[Instance]:
    """The model and, inwards from it, what answers for it; a forged file's circles end after some rounds."""
    parts = [model]
    while len(parts) < 50 and (part := _inwards(parts[-1], last=last)):
        parts.append(part)
    return parts


def _classes(model: Instance) -> tuple[Label, ...]:
    for part in _parts(model, last=True):
        if other := _others(part):
            return other.classes
        encoders = (part.state.get(key) for key in ("_label_binarizer", "label_binarizer_", "_label_encoder", "le_"))
        for holder in (part, *encoders):
            if isinstance(holder, Instance) and (found := labels(as_array(holder.state.get("classes_")))):
                return found
    return ()


def _names_in(model: Instance) -> tuple[str, ...]:
    for part in _parts(model, last=False):
        if "feature_names_in_" in part.state:
            return tuple(map(str, labels(as_array(part.state["feature_names_in_"]))))
        if "n_features_in_" in part.state:
            return ()
    return ()


def _count(model: Instance) -> int | None:
    counts = (number(part.state.get("n_features_in_")) for part in _parts(model, last=False))
    return next((count for count in counts if count is not None), None)


def _version(model: Instance) -> str:
    """The version that the model, or else the nearest object in it, was saved by."""
    pending: deque[Value] = deque([model])
    seen: set[int] = set()
    while pending:
        value = pending.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Instance):
            found = value.state.get("_sklearn_version")
            if isinstance(found, str):
                return found
            pending.extend(value.state.values())
        elif isinstance(value, (list, tuple)):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
    return ""


FLAVOR = Flavor(name="sklearn", names=_names, identify=_identify)
