"""The answers that a service gives: their types, the fields of these, and the functions that make them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...compiler.codegen.bind import Code
from ...compiler.codegen.fields import Field
from ...compiler.codegen.identifiers import identifiers
from ...compiler.model_spec import Label, Output
from .offered import ANSWERS
from .rows import RESERVED, encodable

BY_CLASS = ("predict_proba", "decision_function")
"""Methods that may answer with a number for each class."""


def class_fields(classes: Sequence[Label]) -> tuple[Field, ...]:
    """A number for each class, under the class's label."""
    labels = [label_key(label) for label in classes]
    names = identifiers(labels, taken=RESERVED, stem="label")
    pairs = zip(labels, names, strict=True)
    return tuple(
        Field(name=n, annotation="float | None", default="" if n == label else f"field(name={label!r})")
        for label, n in pairs
    )


def label_key(label: Label) -> str:
    """A class's label as the key of a JSON object: text as it is, else as JSON writes it."""
    return label if isinstance(label, str) else json.dumps(label)


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of the answers, as types, struct fields and functions."""

    outputs: Mapping[str, Output]
    classes: tuple[Label, ...]

    def aliases(self) -> dict[str, Code]:
        predict, decision, transform = (self.outputs.get(m) for m in ("predict", "decision_function", "transform"))
        return {
            **({"Label": Code(_python(predict))} if predict else {}),
            **({"Score": Code(_python(decision))} if decision else {}),
            **({"Value": Code(_answer(transform))} if transform else {}),
        }

    def structs(self) -> dict[str, Sequence[Field]]:
        structs: dict[str, Sequence[Field]] = {}
        if found := self.outputs.get("predict"):
            structs["Prediction"] = [Field(name="prediction", annotation=_answer(found, "Label"))]
        if "predict_proba" in self.outputs:
            kind = "ClassProbabilities" if self._by_class("predict_proba") else "list[float | None]"
            structs["Probabilities"] = [Field(name="probabilities", annotation=kind)]
            structs["ClassProbabilities"] = class_fields(self.classes)
        if found := self.outputs.get("decision_function"):
            kind = "ClassScores" if self._by_class("decision_function") else _answer(found, "Score")
            structs["Decision"] = [Field(name="scores" if found.shape else "score", annotation=kind)]
            structs["ClassScores"] = class_fields(self.classes)
        return structs

    def implementations(self) -> dict[str, str]:
        chosen: dict[str, str] = {}
        if (found := self.outputs.get("predict")) and found.type in ("float", "double"):
            chosen["prediction"] = "prediction_numbers" if found.shape else "prediction_number"
        if "predict_proba" in self.outputs:
            chosen["probabilities"] = f"probabilities_{'by_class' if self._by_class('predict_proba') else 'list'}"
        if found := self.outputs.get("decision_function"):
            kind = "by_class" if self._by_class("decision_function") else "list" if found.shape else "number"
            chosen["decision"] = f"decision_{kind}"
        return chosen

    def _by_class(self, method: str) -> bool:
        return bool(self.keys(method))

    def keys(self, method: str) -> tuple[str, ...]:
        """What the answers have a number for each of: the classes' labels, or nothing where they have other values."""
        keys = tuple(map(label_key, self.classes)) if method in BY_CLASS else ()
        shape = self.outputs[method].shape
        return keys if all(map(encodable, keys)) and shape == (len(keys),) and len({*keys}) == len(keys) else ()


def _python(output: Output) -> str:
    element = ANSWERS[output.type]
    return f"list[{element}]" if output.shape else element


def _answer(output: Output, alias: str = "") -> str:
    """The type of an answer, by the alias of the model's own where it is the same: JSON has no NaN or infinity."""
    if ANSWERS[output.type] != "float":
        return alias or _python(output)
    return "list[float | None]" if output.shape else f"{alias or 'float'} | None"
