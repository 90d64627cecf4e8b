"""A saved model in two: what is the same for every save of one model, and what tells one save from another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import yaml

from ..cas import Cas
from ..digest import CHUNK
from ..tree import Entry, Tree
from .archive import normalise
from .mlmodel import find_mlmodel, load_yaml
from .source import broken, the_file

_PROVENANCE = frozenset(
    {"model_uuid", "run_id", "utc_time_created", "artifact_path", "model_id", "model_size_bytes", "mlflow_version"}
)
_PLACES = frozenset({"artifact_path"})
"""What is left out altogether: where the files lay on someone's machine or in a bucket."""
# folders of metrics, logs and registry notes, that MLflow keeps beside a model
# rows of the user's data, which belong nowhere that he did not name
_ROWS = ("input_example.json", "serving_input_example.json", "serving_input_payload.json")
_UNSERVED = ("registered_model_meta", "metadata/")


def split(cas: Cas, model: Tree, known: Mapping[str, object] | None = None) -> tuple[Tree, Tree]:
    """The canonical model and its provenance, a tree with provenance.json alone; `known` is what else that has to say.

    Two saves of one fitted model give the same canonical tree. UserError `model-missing` for an empty tree,
    `broken-mlmodel` and `broken-model` for files that are not what they seem.
    """
    described = find_mlmodel(model)
    kept = model if described else the_file(model)
    facts: Mapping[str, object] = {}
    if described:
        facts, text = _divided(load_yaml(cas.get(model[described].digest), described))
        rest = [e for e in model if e.path != described and not e.path.startswith(_UNSERVED) and e.path not in _ROWS]
        kept = Tree.of([*rest, _stored(cas, "MLmodel", text.encode())])
    canonical = Tree.of(_normal(cas, entry) for entry in kept)
    return canonical, cas.put_texts(
        {"provenance.json": json.dumps({**facts, **(known or {})}, indent=2, sort_keys=True, default=str) + "\n"}
    )


def _divided(raw: dict[str, object]) -> tuple[dict[str, object], str]:
    """What tells a save apart, and the rest of MLmodel as text."""
    # lists and mappings are left out: with YAML's aliases a few lines of them unfold to gigabytes of JSON
    facts = {k: v for k, v in raw.items() if k in _PROVENANCE - _PLACES and not isinstance(v, (dict, list, set, tuple))}
    rest = {key: value for key, value in raw.items() if key not in _PROVENANCE and key != "saved_input_example_info"}
    return facts, yaml.safe_dump(rest, sort_keys=True, allow_unicode=True, width=120)


def _stored(cas: Cas, path: str, data: bytes) -> Entry:
    return Entry(path=path, digest=cas.put_bytes(data), size=len(data))


def _normal(cas: Cas, entry: Entry) -> Entry:
    """The file itself, or a skops archive without times and addresses; never executable, as no model file is."""
    same = Entry(path=entry.path, digest=entry.digest, size=entry.size)
    if not entry.path.endswith(".skops"):
        return same
    with cas.verified(entry.digest).open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return same
        file.seek(0)
        with broken(entry.path), TemporaryFile() as target:
            normalise(file, cast(BinaryIO, target))
            target.seek(0)
            digest, size = cas.put_chunks(iter(lambda: target.read(CHUNK), b""))
            return Entry(path=entry.path, digest=digest, size=size)
