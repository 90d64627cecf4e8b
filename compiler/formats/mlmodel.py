"""The MLmodel file that MLflow writes beside a model, and the pins beside it, of any year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ...schema.diagnostics import UserError, fail
from ..cas import Cas
from ..tree import Tree
from .signature import Signature, parse_signature

_LONGEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MlModel:
    """What MLflow recorded about a model: a claim, whose flavor and file are hints, and which allows nothing."""

    flavor: str
    """Name of the model library's flavor; "python_function" when there is no other."""
    file: str
    """Path of the serialised model below the folder; empty where none is named."""
    format: str = ""
    """MLflow's serialization_format: pickle, cloudpickle or skops; empty in old folders."""
    class_name: str = ""
    """The model's class, where the flavor names it."""
    signature: Signature | None = None
    python: str = ""
    pins: Mapping[str, str]
    """Version specifiers by canonical distribution name, from requirements.txt or conda.yaml."""


def find_mlmodel(tree: Tree) -> str | None:
    """The path of the MLmodel file at the tree's root."""
    return next((e.path for e in tree if e.path.lower() == "mlmodel"), None)


def read_mlmodel(cas: Cas, tree: Tree, path: str) -> MlModel:
    """UserError `broken-mlmodel` when it is not an MLmodel file, `unknown-flavor` when it names no model library."""
    raw = load_yaml(cas.get(tree[path].digest), path)
    flavors = {str(k).lower(): v for k, v in _mapping(raw.get("flavors")).items()}
    if not flavors:
        raise _broken(path, "it lists no flavors")
    general = _mapping(flavors.get("python_function"))
    name = _flavor_name(flavors, general)
    own = _mapping(flavors.get(name))
    return MlModel(
        flavor=name,
        file=_file_name(own, general),
        format=str(own.get("serialization_format") or ""),
        class_name=str(own.get("model_class") or own.get("model_type") or ""),
        signature=parse_signature(raw.get("signature")),
        python=_python(cas, tree, general),
        pins=_pins(cas, tree),
    )


def load_yaml(data: bytes, path: str) -> dict[str, object]:
    """A YAML mapping; UserError `broken-mlmodel` when the file holds something else."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(data) > _LONGEST:
        raise _broken(path, "it is too long")
    try:
        # aliases multiply: few lines could unfold to gigabytes, and MLflow writes none; merge keys need them
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=loader)):
            raise _broken(path, "it uses aliases")
        raw = yaml.load(data, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _broken(path, " ".join(str(error).split())) from None
    if not isinstance(raw, dict):
        raise _broken(path, "it is not a mapping")
    return {str(k): v for k, v in raw.items()}


def _broken(path: str, why: str) -> UserError:
    return fail("broken-mlmodel", f"{path} cannot be read: {why}", field=("model", "path"))


def _mapping(value: object) -> dict[str, object]:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def _flavor_name(flavors: Mapping[str, object], general: Mapping[str, object]) -> str:
    """The library's own flavor rather than python_function, whose loader_module may still tell it."""
    own = sorted(name for name in flavors if name != "python_function")
    if own:
        return "sklearn" if "sklearn" in own else own[0]
    package, _, library = str(general.get("loader_module") or "").lower().partition(".")
    known = package == "mlflow" and library and not library.startswith("pyfunc")
    return library if known else "python_function"


def _file_name(own: Mapping[str, object], general: Mapping[str, object]) -> str:
    found = next((own[k] for k in ("pickled_model", "model_path", "data") if own.get(k)), None)
    found = found or general.get("model_path") or general.get("data") or ""
    return str(found).strip("/")


def _python(cas: Cas, tree: Tree, general: Mapping[str, object]) -> str:
    if version := general.get("python_version"):
        return str(version)
    if "python_env.yaml" in tree:
        raw = load_yaml(cas.get(tree["python_env.yaml"].digest), "python_env.yaml")
        return str(raw.get("python") or "")
    return ""


def _pins(cas: Cas, tree: Tree) -> dict[str, str]:
    """requirements.txt's specifiers, else those of conda.yaml's pip section; lines in other forms say nothing here."""
    lines: list[object] = []
    if "requirements.txt" in tree:
        lines = list(cas.get(tree["requirements.txt"].digest).decode("utf-8", "replace").splitlines())
    elif "conda.yaml" in tree:
        raw = load_yaml(cas.get(tree["conda.yaml"].digest), "conda.yaml")
        dependencies = raw.get("dependencies")
        for entry in dependencies if isinstance(dependencies, list) else ():
            pip = _mapping(entry).get("pip")
            lines += pip if isinstance(pip, list) else []
    return dict(pin for line in lines if (pin := _pin(str(line))))


def _pin(line: str) -> tuple[str, str] | None:
    try:
        requirement = Requirement(line.split(" #")[0].strip())
    except InvalidRequirement:
        return None
    return canonicalize_name(requirement.name), str(requirement.specifier)
