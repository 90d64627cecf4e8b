"""The folder that MLflow loads as a python_function: MLmodel, the project's packages as code, and what proves it.

See https://mlflow.org/docs/latest/ml/model/#storage-format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import yaml

from ...compiler.cas import Cas
from ...compiler.model_spec import Column, Output, Param
from ...compiler.tree import Tree
from ...schema.lockfile import pins as locked
from ..project.params import default_of
from ..wheel import pins

CODE = "code"
PROOF = "proof"
REQUIRES = {"mlflow-skinny": ">=2.10", "pandas": ">=1.5"}
"""What loads the folder and makes tables of what it is asked; all of MLflow does, too."""


def folder(
    *,
    cas: Cas,
    project: Tree,
    package: str,
    python: str,
    signature: Mapping[str, str] | None,
    report: Tree,
) -> Tree:
    """The whole folder; the same bytes for the same project."""
    described: dict[str, object] = {
        "flavors": {
            "python_function": {
                "loader_module": f"{package}.pyfunc",
                "code": CODE,
                "env": {"virtualenv": "python_env.yaml"},
                "python_version": python,
            }
        },
        **({"signature": dict(signature)} if signature else {}),
    }
    lock = cas.text(project, "requirements.lock")
    texts = {
        "MLmodel": _dump(described),
        "python_env.yaml": _dump({"python": python, "dependencies": ["-r requirements.txt"]}),
        "requirements.txt": _required(lock),
        "requirements.lock": lock,
    }
    return project.under("src").at(CODE) | report.at(PROOF) | cas.put_texts(texts)


def signature(inputs: Sequence[Column], outputs: Sequence[Output], own: Sequence[Param] = ()) -> dict[str, str]:
    """What MLflow checks of a table before the model is asked, and what it is told of the answers, each as JSON."""
    columns = [{"type": c.type, "name": c.name, "required": not _may_be_left_out(c)} for c in inputs]
    methods = [output.method for output in outputs]
    params = [Param(name="method", type="string", default=(methods[0],)), *own]
    told = [
        {"name": p.name, "type": p.type, "default": default_of(p), "shape": [-1] if p.many else None} for p in params
    ]
    first = outputs[0]
    found = {"inputs": json.dumps(columns), "params": json.dumps(told)}
    return found if first.shape else {**found, "outputs": json.dumps([{"type": first.type, "required": True}])}


def _required(lock: str) -> str:
    """The lock without hashes, since they would have to be there for MLflow's own needs as well."""
    pinned = {pin.name for pin in locked(lock)}
    more = [f"{name}{versions}" for name, versions in REQUIRES.items() if name not in pinned]
    return "".join(f"{line}\n" for line in (*more, *pins(lock)))


def _may_be_left_out(column: Column) -> bool:
    return column.optional or column.limits.default is not None


def _dump(data: Mapping[str, object]) -> str:
    return yaml.safe_dump(data, sort_keys=True, allow_unicode=True, width=120)
