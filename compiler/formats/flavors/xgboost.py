"""XGBoost: its files in UBJSON and JSON, and pickles of a Booster or of a model of the scikit-learn API."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ...model_spec import ColumnType, Label
from ..flavor import Data, Flavor, Form, Identity, Native, class_of
from ..npy import number
from ..symbols import Instance, Malformed, Value
from ._ubjson import parse

_BOOSTER = "xgboost.core.Booster"
_PREDICT, _CLASSIFY = ("predict",), ("predict", "predict_proba")
_METHODS = {
    _BOOSTER: _PREDICT,
    "xgboost.sklearn.XGBModel": _PREDICT,
    "xgboost.sklearn.XGBClassifier": _CLASSIFY,
    "xgboost.sklearn.XGBRegressor": _PREDICT,
    "xgboost.sklearn.XGBRanker": _PREDICT,
    "xgboost.sklearn.XGBRFClassifier": _CLASSIFY,
    "xgboost.sklearn.XGBRFRegressor": _PREDICT,
}
_BY_KIND = {"classifier": "XGBClassifier", "regressor": "XGBRegressor", "ranker": "XGBRanker"}
# it computes in 32 bits, so what it takes as a number has to fit there
_TYPES: Mapping[str, ColumnType] = {"int": "long", "float": "float", "q": "float", "i": "boolean", "c": "long"}
_NUMBERED = "its file keeps no categories, as before XGBoost 3.1: a request gives their numbers"
_GARBLED = "XGBoost cuts names of categories beyond ASCII wrongly as it saves them: a request gives their numbers"
_MOST_COLUMNS = 1 << 20
_LONGEST_JSON = 256 << 20
_OLD = struct.Struct("<4sfIiiiII")
_LARGE = frozenset({"trees", "weights"})


def _identify(model: Value) -> Identity | None:
    """A Booster, or a model of the scikit-learn API, which keeps one."""
    name = str(class_of(model))
    if not isinstance(model, Instance) or name not in _METHODS:
        return None
    booster = model if name == _BOOSTER else model.state.get("_Booster")
    saved = _saved(booster) if isinstance(booster, Instance) else {}
    return _described(name, saved, number(model.state.get("n_classes_")))


def _saved(booster: Instance) -> Mapping[str, Value]:
    """What a pickled Booster holds as bytes; nothing where they are those of a version before 1.0, or too many."""
    handle = booster.state.get("handle")
    if isinstance(handle, Instance) and handle.args:
        handle = handle.args[0]
    if not isinstance(handle, bytes) or not handle.startswith(b"{"):
        return {}
    saved = _mapping(parse(handle, skipped=_LARGE))
    return _mapping(saved.get("Model")) or saved


def _read_ubjson(data: Data, claimed: str) -> Native:
    return _native(_mapping(parse(data, skipped=_LARGE)), claimed)


def _read_json(data: Data, claimed: str) -> Native:
    if len(data) > _LONGEST_JSON:
        raise Malformed("it is longer than a model in JSON may be: save it with the suffix .ubj")
    try:
        # a model's JSON is mostly weights, which say nothing here
        saved = json.loads(data[:], parse_float=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"its JSON cannot be read ({error})") from None
    return _native(_mapping(saved), claimed)


def _read_old(data: Data, claimed: str) -> Native:
    """The form without names that versions before 2.1 wrote for unknown suffixes, and 3.1 reads no more."""
    if len(data) < _OLD.size:
        raise Malformed("the file ends early", len(data))
    _, _, columns, classes, _, _, major, minor = _OLD.unpack(data[: _OLD.size])
    numbers = {"num_feature": str(columns), "num_class": str(classes)}
    found = _native({"learner": {"learner_model_param": numbers}}, claimed)
    identity = replace(found.identity, versions={**found.identity.versions, "xgboost": f"{major}.{minor}.*"})
    return replace(found, identity=identity)


def _native(saved: Mapping[str, Value], claimed: str) -> Native:
    learner = _mapping(saved.get("learner"))
    if not _mapping(learner.get("learner_model_param")):
        raise Malformed("it holds no learner")
    name = claimed if claimed in _METHODS else _recorded_class(learner)
    return Native(identity=_described(name, saved, None), serializer="booster" if name == _BOOSTER else "estimator")


def _recorded_class(learner: Mapping[str, Value]) -> str:
    """The class that saved the file: one of the scikit-learn API leaves a note of its kind."""
    note = _mapping(learner.get("attributes")).get("scikit_learn")
    try:
        kind = _mapping(json.loads(note)).get("_estimator_type") if isinstance(note, str) else None
    except (ValueError, RecursionError):
        kind = None
    return f"xgboost.sklearn.{_BY_KIND[kind]}" if isinstance(kind, str) and kind in _BY_KIND else _BOOSTER


def _described(name: str, saved: Mapping[str, Value], classes: int | None) -> Identity:
    learner = _mapping(saved.get("learner"))
    numbers = _mapping(learner.get("learner_model_param"))
    count = _whole(numbers.get("num_feature"))
    kinds = _texts(learner.get("feature_types"), count)
    encoded = _encoded(learner, kinds)
    categories = {place: labels for place, entry in encoded.items() if (labels := _labels(entry))}
    classes = classes or max(_whole(numbers.get("num_class")) or 0, 2)
    needs = {"xgboost": _version(saved.get("version"))}
    return Identity(
        class_name=name,
        methods=_METHODS[name],
        classes=tuple(range(classes)) if _METHODS[name] == _CLASSIFY and classes <= _MOST_COLUMNS else (),
        names=_texts(learner.get("feature_names"), count),
        count=count,
        types=_types(kinds or ("float",) * (count or 0)),
        categories=categories,
        closed=True,
        arrays="numbers",
        versions=needs if name == _BOOSTER else needs | {"scikit-learn": ""},
        notes=_notes(kinds.count("c") - len(categories), any(map(_garbled, encoded.values()))),
    )


def _types(kinds: Sequence[str]) -> tuple[ColumnType, ...]:
    return tuple(_TYPES.get(kind, "float") for kind in kinds)


def _version(value: Value) -> str:
    parts = value if isinstance(value, (list, tuple)) else ()
    return ".".join(str(part) for part in parts) if len(parts) == 3 and all(type(p) is int for p in parts) else ""


def _encoded(learner: Mapping[str, Value], kinds: Sequence[str]) -> dict[int, Mapping[str, Value]]:
    """The columns of categories as files have them since version 3.1; before, a column takes their numbers."""
    booster = _mapping(learner.get("gradient_booster"))
    # dart keeps a gbtree within it
    booster = _mapping(booster.get("gbtree")) or booster
    found = _mapping(_mapping(booster.get("model")).get("cats")).get("enc")
    if not isinstance(found, (list, tuple)) or len(found) != len(kinds):
        return {}
    return {place: _mapping(entry) for place, entry in enumerate(found) if kinds[place] == "c"}


def _notes(lacking: int, garbled: bool) -> tuple[str, ...]:
    """Why a request has numbers in columns of categories."""
    return () if not lacking else (_GARBLED,) if garbled else (_NUMBERED,)


def _labels(encoded: Mapping[str, Value]) -> tuple[Label, ...]:
    """The categories of one column: numbers, or texts as one string of bytes and where each begins."""
    values, offsets = _whole_numbers(encoded.get("values")), _whole_numbers(encoded.get("offsets"))
    if offsets is None:
        return values or ()
    if _garbled(encoded):
        return ()
    text = bytes(value % 256 for value in values or ())
    return tuple(text[start:end].decode() for start, end in pairwise(offsets))


def _garbled(encoded: Mapping[str, Value]) -> bool:
    """Whether texts may be cut wrongly: of those of pandas XGBoost counts the characters where bytes are meant."""
    values = _whole_numbers(encoded.get("values")) or ()
    return "offsets" in encoded and any(not 0 <= value < 128 for value in values)


def _whole_numbers(value: Value) -> tuple[int, ...] | None:
    items = value if isinstance(value, (list, tuple)) else (None,)
    whole = tuple(item for item in items if type(item) is int)
    return whole if len(whole) == len(items) else None


def _texts(value: Value, count: int | None) -> tuple[str, ...]:
    """A list of `count` texts; empty when it is something else."""
    items = value if isinstance(value, (list, tuple)) else ()
    return tuple(map(str, items)) if len(items) == count and all(isinstance(i, str) for i in items) else ()


def _whole(value: Value) -> int | None:
    """A count, which XGBoost writes as text; None when it is not a sensible one."""
    text = str(value)[:10]
    return int(text) if text.isdecimal() and 0 < int(text) <= _MOST_COLUMNS else None


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


FLAVOR = Flavor(
    name="xgboost",
    names=lambda: frozenset(_METHODS),
    identify=_identify,
    methods=_METHODS,
    forms=(
        Form(begins=lambda head: head.startswith(b"{L") and b"learner" in head[:20], read=_read_ubjson),
        Form(begins=lambda head: head.startswith(b"binf"), read=_read_old),
        Form(begins=lambda head: head.lstrip().startswith(b"{") and b'"learner"' in head, read=_read_json),
    ),
)
