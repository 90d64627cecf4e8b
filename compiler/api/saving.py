"""A fitted model as a folder that MLflow and deployc read: in its library's own format where that keeps all of it."""

from __future__ import annotations

import pickle
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import yaml

from ...schema.diagnostics import UserError, fail
from ..formats.pickles import walk
from ..formats.stream import opened
from .main_code import NOTEBOOK, main_code

PROTOCOL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A model's file in its folder, as MLflow's flavor of the library describes it."""

    file: str
    flavor: str
    facts: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    """Of the module `main_code`, where the model uses what the notebook or script itself defines."""

    @property
    def mlmodel(self) -> str:
        """The text of the file MLmodel beside it; it holds no time and no identifier, so that the same model is the
        same folder.
        """
        own = {"pickled_model" if self.pickled else "data": self.file, **self.facts}
        general = {
            "loader_module": f"mlflow.{self.flavor}",
            "model_path" if self.pickled else "data": self.file,
            "python_version": platform.python_version(),
        }
        return yaml.safe_dump({"flavors": {"python_function": general, self.flavor: own}})

    @property
    def pickled(self) -> bool:
        return self.flavor == "sklearn"


class _XGBoost(Protocol):
    def save_model(self, fname: str) -> None: ...


class _LightGBM(Protocol):
    def save_model(self, filename: str) -> object: ...


class _CatBoost(Protocol):
    def save_model(self, fname: str, format: str) -> None: ...


def save(model: object, folder: Path) -> Saved:
    """Write the model's file. UserError `model-unsaved` says what in it cannot be written, `class-in-notebook` what of
    it could not be found again.
    """
    if isinstance(model, type):
        advice = f"create a {model.__name__}, fit it, and give that"
        raise fail("unknown-flavor", f"{model.__name__} is a class, not a model", help=advice)
    kind = type(model)
    library = kind.__module__.partition(".")[0]
    try:
        return _OWN.get((library, kind.__name__), _pickled)(model, folder)
    except UserError:
        raise
    except Exception as error:  # whatever the model's own code raises
        raise _unsaved(kind.__name__, str(error)) from None


def modules(folder: Path, saved: Saved) -> tuple[str, ...]:
    """The modules that the model's file names."""
    if not saved.pickled:
        return ()
    with (folder / saved.file).open("rb") as file:
        return tuple(sorted({mention.name.module for mention in walk(opened(file)).mentions}))


def _xgboost(model: object, folder: Path) -> Saved:
    cast(_XGBoost, model).save_model(str(folder / "model.ubj"))
    return Saved(
        file="model.ubj", flavor="xgboost", facts={"model_class": "xgboost.core.Booster", "model_format": "ubj"}
    )


def _lightgbm(model: object, folder: Path) -> Saved:
    cast(_LightGBM, model).save_model(str(folder / "model.txt"))
    return Saved(file="model.txt", flavor="lightgbm", facts={"model_class": "lightgbm.basic.Booster"})


def _catboost(model: object, folder: Path) -> Saved:
    cast(_CatBoost, model).save_model(str(folder / "model.cbm"), format="cbm")
    facts = {"model_type": type(model).__name__, "save_format": "cbm"}
    return Saved(file="model.cbm", flavor="catboost", facts=facts)


# of the scikit-learn API of XGBoost and LightGBM, the own formats lose the class, and LightGBM's also the labels
_OWN: Mapping[tuple[str, str], Callable[[object, Path], Saved]] = {
    ("xgboost", "Booster"): _xgboost,
    ("lightgbm", "Booster"): _lightgbm,
    ("catboost", "CatBoostClassifier"): _catboost,
    ("catboost", "CatBoostRegressor"): _catboost,
    ("catboost", "CatBoostRanker"): _catboost,
}


def _pickled(model: object, folder: Path) -> Saved:
    """By Python's own pickle; never with cloudpickle, whose files hold code that nobody can read."""
    file = folder / "model.pkl"
    own = _pickle(model, file)
    code = main_code(own, vars(sys.modules[NOTEBOOK])) if own else None
    if code:
        with code.named():
            _pickle(model, file)
    facts = {"serialization_format": "pickle"}
    return Saved(file=file.name, flavor="sklearn", facts=facts, code=code.text if code else "")


def _pickle(model: object, path: Path) -> set[str]:
    """Write a model's file; the names in it of what the notebook or script defines."""
    with path.open("wb") as file:
        pickle.dump(model, file, protocol=PROTOCOL)
    with path.open("rb") as file:
        names = [mention.name for mention in walk(opened(file)).mentions]
    return {str(name.name).partition(".")[0] for name in names if name.module == NOTEBOOK}


def _unsaved(name: str, error: str) -> UserError:
    local = "lambda" in error or "<locals>" in error or "local object" in error
    advice = "a lambda, or what is defined within a function, cannot be found again: define it with `def` in a module"
    return fail(
        "model-unsaved",
        f"the {name} cannot be saved: {error}",
        help=advice if local else "what holds an open file, a connection or a lock cannot be saved: leave it out",
    )
