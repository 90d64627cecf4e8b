"""The model module: of a flavor, from parts that flavors share and its own, or its loader alone; of an optimiser."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from ...compiler.codegen.bind import Code, bind
from ...compiler.codegen.drop import drop
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.prune import prune
from ...compiler.codegen.relocate import Move, relocate
from ...compiler.codegen.source import definitions, parse
from ...compiler.model_spec import ModelSpec
from .catalog import facts
from .params import heard, settled
from .tables import table_constants, table_functions

HERE = Path(__file__).parent
TEXTS = "sklearn.feature_extraction.text."
UNREAD = frozenset({"words", "_words", "Words", "readers", "worded", "write"})
"""What of a compiled model goes that reads no texts."""


def template(folder: str, name: str, target: str) -> cst.Module:
    """A template's module, its imports leading to `target`."""
    text = (HERE / folder / f"{name}.py").read_text(encoding="utf-8")
    return relocate(parse(text), Move(package=(folder,), source=("template",), target=target))


def model_functions(spec: ModelSpec) -> dict[str, str]:
    """Which of the parts' functions and classes stand for the module's prototypes."""
    prototypes = {"Estimator": "Estimator", "Model": "Model"}
    loaders = _loaders(spec)
    if heard(spec):
        loaders |= {"load": "load_listening", "loaded": loaders["load"]}
    return {**prototypes, **loaders, **table_functions(spec)}


def model_constants(spec: ModelSpec) -> dict[str, object]:
    """The constants that those functions may read."""
    library, _, _ = spec.class_name.partition(".")
    own = Code(f"{library}.{spec.class_name.rpartition('.')[2]}")
    return {"TRUSTED": list(spec.types), "CLASS": own, "DEFAULTS": settled(spec), **table_constants(spec)}


def reads_words(spec: ModelSpec) -> bool:
    """Whether the model has a part that takes texts to pieces."""
    return any(name.startswith(TEXTS) for name in (spec.class_name, *spec.types))


def model_module(flavor: str, chosen: dict[str, str]) -> cst.Module:
    """The model module with the chosen functions, whose constants are still to be bound."""
    return fill(template("template", "model", "."), Filling(source=_parts(flavor), chosen=chosen))


def bind_model(module: cst.Module, constants: dict[str, object]) -> cst.Module:
    """The model module with those of the constants that its functions read."""
    has = definitions(module.body)
    return bind(module, {name: value for name, value in constants.items() if name in has})


def compiled_module(optimizer: str) -> cst.Module:
    """The model module of a compiled model: what its optimiser's file answers with, not what that converts with."""
    text = (HERE / "optimizers" / f"{optimizer}.py").read_text(encoding="utf-8")
    own = drop(parse(text), {"convert"})
    own = relocate(own, Move(package=("optimizers",), source=("template",), target="."))
    module = template("template", "model", ".")
    both = definitions(module.body).keys() & definitions(own.body).keys()
    return fill(module, Filling(source=own, chosen={name: name for name in sorted(both)}))


def loading_module(spec: ModelSpec) -> str:
    """A module that stands alone, with the service's own `load(path)`: for whoever asks the model itself."""
    module = model_module(spec.flavor, model_functions(spec))
    return prune(bind_model(module, model_constants(spec)), {"load"}).code


def _parts(flavor: str) -> cst.Module:
    """All that a model module may be made of; what the flavor defines itself goes before what flavors share."""
    tables, shared, own = (
        template(folder, name, ".")
        for folder, name in (("template", "tables"), ("template", "estimator"), ("flavors", flavor))
    )
    return shared.with_changes(body=[*shared.body, *tables.body, *own.body])


def _loaders(spec: ModelSpec) -> dict[str, str]:
    """The flavor's own `load_SERIALIZER`; else the shared one, which the flavor may want to add to by class."""
    says = facts("flavors", spec.flavor)
    own = definitions(template("flavors", spec.flavor, ".").body)
    if f"load_{spec.serializer}" in own:
        return {"load": f"load_{spec.serializer}"}
    shared = "load" if spec.serializer == "skops" else f"load_{spec.serializer}"
    saved = says.get("SAVED", {})
    assert isinstance(saved, dict)
    if found := saved.get(spec.class_name, saved.get("")):
        return {"load": str(found), "unpickled": shared}
    return {"load": shared}
