"""LightGBM: its own text files, and pickles or skops archives of a Booster or of a model of the scikit-learn API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from ...model_spec import Label
from ..flavor import Data, Flavor, Form, Identity, Native, class_of
from ..npy import as_array, labels
from ..symbols import Instance, Malformed, Value

_BOOSTER = "lightgbm.basic.Booster"
_METHODS = {
    _BOOSTER: ("predict",),
    "lightgbm.sklearn.LGBMModel": ("predict",),
    "lightgbm.sklearn.LGBMClassifier": ("predict", "predict_proba"),
    "lightgbm.sklearn.LGBMRegressor": ("predict",),
    "lightgbm.sklearn.LGBMRanker": ("predict",),
}
_MOST_COLUMNS = 1 << 20
_LONGEST_PART = 64 << 20
"""Bytes of the head, and of the tail, that describe the columns; between them are the trees."""
_UNNAMED = re.compile(r"Column_\d+")
_CATEGORIES = re.compile(r"-?\d+(:-?\d+)*")


def _identify(model: Value) -> Identity | None:
    """A Booster, or a model of the scikit-learn API, which keeps one."""
    name = str(class_of(model))
    if not isinstance(model, Instance) or name not in _METHODS:
        return None
    booster = model if name == _BOOSTER else model.state.get("_Booster")
    state = booster.state if isinstance(booster, Instance) else {}
    text = next((t for key in ("_handle", "handle") if isinstance(t := state.get(key), str)), "")
    encoder = model.state.get("_le")
    kept = encoder.state if isinstance(encoder, Instance) else {}
    classes = labels(as_array(kept.get("classes_", model.state.get("_classes"))))
    found = _described(name, text.encode("utf-8", "surrogatepass"), classes)
    version = kept.get("_sklearn_version")
    return replace(found, versions={**found.versions, "scikit-learn": version}) if isinstance(version, str) else found


def _read_text(data: Data, claimed: str) -> Native:
    if data.rfind(b"\nend of trees") < 0:
        raise Malformed("the file ends before its trees do")
    identity = _described(_BOOSTER, data, ())
    if identity.count is None:
        raise Malformed("it does not say how many columns it takes")
    return Native(identity=identity, serializer="booster")


def _described(name: str, data: Data, classes: tuple[Label, ...]) -> Identity:
    head = _head(data)
    count = _whole(head.get("max_feature_idx", ""))
    names = tuple(head.get("feature_names", "").split(" "))
    known = len(names) == count and not all(map(_UNNAMED.fullmatch, names))
    needs = {"lightgbm": ""}
    return Identity(
        class_name=name,
        methods=_METHODS[name],
        classes=classes if "predict_proba" in _METHODS[name] else (),
        names=names if known else (),
        count=count,
        categories=_categories(head, data),
        arrays="numbers",
        versions=needs if name == _BOOSTER else needs | {"scikit-learn": ""},
    )


def _head(data: Data) -> Mapping[str, str]:
    """The lines `key=value` before the first tree."""
    end = data.find(b"\nTree=")
    lines = data[: min(end if end >= 0 else len(data), _LONGEST_PART)].decode("utf-8", "replace").splitlines()
    return {key: value for key, equals, value in (line.partition("=") for line in lines) if equals}


def _whole(last: str) -> int | None:
    """A count from the last one's number; None when it is not a sensible one."""
    return int(last) + 1 if last[:8].isdecimal() and len(last) <= 8 and int(last) < _MOST_COLUMNS else None


def _categories(head: Mapping[str, str], data: Data) -> dict[int, tuple[Label, ...]]:
    """The categories of a table's columns; a file lists them in the columns' order, and apart from it the columns."""
    known = _last_line(data, b"\npandas_categorical:")
    try:
        found = json.loads(known) if known else None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"its list of categories cannot be read ({error})") from None
    if not isinstance(found, list) or not all(isinstance(part, list) and _are_labels(part) for part in found):
        return {}
    infos = head.get("feature_infos", "").split(" ")
    given = _last_line(data, b"\n[categorical_feature: ").rstrip("]\r").split(",")
    chosen = [int(place) for place in given if place[:7].isdecimal() and int(place[:7]) < len(infos)]
    seen = [place for place, info in enumerate(infos) if _CATEGORIES.fullmatch(info)]
    places = next((p for p in (sorted(set(chosen)), seen) if len(p) == len(found)), None)
    if places is None:
        raise Malformed(f"it has {len(found)} lists of categories for {len(seen)} columns of categories")
    return dict(zip(places, map(tuple, found), strict=True))


def _are_labels(values: list[object]) -> bool:
    return all(isinstance(value, str | int | float) for value in values)


def _last_line(data: Data, begins: bytes) -> str:
    """What follows `begins` on the last line that begins so; empty when there is none."""
    start = data.rfind(begins)
    if start < 0:
        return ""
    start += len(begins)
    end = data.find(b"\n", start)
    return data[start : min(end if end >= 0 else len(data), start + _LONGEST_PART)].decode("utf-8", "replace")


FLAVOR = Flavor(
    name="lightgbm",
    names=lambda: frozenset(_METHODS),
    identify=_identify,
    methods=_METHODS,
    forms=(Form(begins=lambda head: head.startswith((b"tree\nversion=", b"tree\r\nversion=")), read=_read_text),),
)
