"""What the probe is given and what it says: JSON on both sides, since it runs in another environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...compiler.model_spec import Label, ModelSpec, Output

PACKAGE = "deployc_probe"
MODULE = f"{PACKAGE}.probe"
"""What is run, as `python -m MODULE REQUEST ANSWER`."""
SCRIPTS = tuple(Path(__file__).with_name(f"{name}.py") for name in ("probe", "learnt"))
"""The modules of that package."""
LOADING = "deployc_loading.py"
"""The module `model_module.loading_module`, which scripts import that ask a model itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a model was seen to answer."""

    outputs: tuple[Output, ...]
    example: Mapping[str, object] | None
    """A synthesised row that the model takes; None when none was found."""
    closed: Mapping[str, tuple[Label | None, ...]]
    """The only values that the model takes in a column, of those columns that are known to have such."""
    problems: Mapping[str, str]
    """Why a method has no output, by method."""


def probe_request(
    spec: ModelSpec, model: Path, rows: Sequence[Mapping[str, object]] = (), *, publish: bool = False
) -> str:
    """The text of the file that the script takes; `model` is the folder of the canonical model.

    `publish` says that one of the rows may be shown.
    """
    request = {
        "model": str(model / spec.file),
        "container": spec.container,
        "columns": [[c.name, c.type, c.optional, c.categories] for c in spec.inputs],
        "shape": spec.inputs[0].shape if spec.container == "tensor" else (),
        "methods": spec.methods,
        "rows": list(rows),
        "publish": [c.name for c in spec.inputs if c.redacted] if publish else None,
    }
    return json.dumps(request)


def read_probe(text: str) -> Probed:
    """What the script printed."""
    said = json.loads(text)
    outputs = tuple(Output(method=o["method"], type=o["type"], shape=tuple(o["shape"])) for o in said["outputs"])
    closed = {name: tuple(values) for name, values in said["closed"].items()}
    return Probed(outputs=outputs, example=said["example"], closed=closed, problems=said["problems"])
