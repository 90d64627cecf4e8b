"""What of the templates a model takes: its methods, loader, container, and the shapes of its rows and answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...compiler.codegen.bind import Code
from ...compiler.codegen.fields import Field
from ...compiler.codegen.identifiers import identifiers
from ...compiler.command import seconds
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Column, ColumnType, Label, ModelSpec, Output
from ...schema.config import Config, Serve
from ...schema.diagnostics import fail
from . import pages, payload_log
from .catalog import Framework
from .features import left_out
from .hooked import check_hooks, hook_constants
from .hooking import must_wait, request_fields
from .limits import column_type, within
from .model_module import model_constants, model_functions
from .names import VERSION, Names
from .needs import requirements

DATATYPES: Mapping[ColumnType, str] = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
"""The same in the Open Inference Protocol, which has no times."""

ANSWERS: Mapping[ColumnType, str] = {
    "boolean": "bool",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "string": "str",
}
"""The elements that an answer can have, as Python sees them."""

# What goes when a model lacks a method, in whichever module it stands.
PARTS: Mapping[str, frozenset[str]] = {
    "predict": frozenset({"predict", "Prediction", "prediction"}),
    "predict_proba": frozenset({"predict_proba", "Probabilities", "probabilities"}),
    "decision_function": frozenset({"decision_function", "Decision", "decision"}),
    "transform": frozenset({"transform", "Transformed"}),
}
PROTOCOLS = {"mlflow": "invocations", "v2": "v2"}
"""The module of each protocol beside typed JSON."""

RESERVED = frozenset({"int", "float", "bool", "str", "bytes", "datetime", "field", "Annotated", "Integer", "Long"})
RESERVED |= frozenset({"Literal", "Any"})
RESERVED |= frozenset({"Float", "Datetime", "Meta", "Struct", "Row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The typed values that the passes take."""

    flavor: str
    optimizer: str
    """What compiled the model; empty where its flavor's library asks it."""
    methods: tuple[str, ...]
    model: dict[str, str]
    """Implementations for the prototypes of the model module."""
    model_constants: dict[str, object]
    """The constants that those may read."""
    answers: Mapping[str, str]
    """Implementations for the prototypes of the predictor module."""
    structs: Mapping[str, Sequence[Field]]
    constants: Mapping[str, Mapping[str, object]]
    dropped: frozenset[str]
    left_out: frozenset[str]
    """What belongs to features that deploy.yaml does not ask for."""
    example: Mapping[str, object] | None
    hooks: Hooks | None = None
    logs_payloads: bool
    waits: bool = False
    """Whether the hooks run in a loop of their own."""
    open: bool = False
    """Whether a row may hold keys that are not looked at."""


def choose(
    spec: ModelSpec,
    outputs: tuple[Output, ...],
    config: Config,
    framework: Framework,
    example: Mapping[str, object] | None,
    hooks: Hooks | None = None,
) -> Choices:
    """Decide all that depends on the model; UserError when it cannot be served as deploy.yaml asks."""
    names = Names.of(config.name)
    needs = requirements(config, spec, framework)
    libraries = tuple(sorted({r.name.partition("[")[0] for r in needs}))
    names.check(_modules(libraries, config, hooks))
    _check_columns(spec)
    served = {o.method: o for o in _served(spec, outputs, config)}
    if hooks:
        check_hooks(hooks, spec.inputs, tuple(served))
    shapes = _Shapes(served, spec.classes)
    logged = payload_log.constants(config, spec.inputs)
    return Choices(
        flavor=spec.flavor,
        optimizer=spec.optimizer,
        methods=tuple(served),
        model=model_functions(spec),
        model_constants=model_constants(spec),
        answers=shapes.implementations(),
        structs={**_rows(spec.inputs, hooks), **shapes.structs()},
        constants={
            **({"origins": {"ORIGINS": config.serve.cors}} if config.serve.cors else {}),
            "settings": settings_constants(config.serve, names) | logged.pop("settings"),
            "predictor": {"MODEL": spec.file},
            "schema": shapes.aliases(),
            **_protocols(spec, served, config),
            **logged,
            "info": {
                "NAME": config.name,
                "MODEL_CLASS": spec.class_name,
                "FLAVOR": spec.flavor,
                "METHODS": tuple(served),
                "LIBRARIES": libraries,
                "REPORT": pages.report(spec, config),
            },
            "pages": {"FILES": pages.files(config)},
            "openapi": {"VERSION": VERSION, "EXAMPLE": _example(spec.inputs, config, example, hooks)},
            **_hooks(spec.inputs, config, hooks),
        },
        dropped=_left_out(config).union(
            *(parts for method, parts in PARTS.items() if method not in served),
            pages.dropped(spec, config),
        ),
        left_out=left_out(config.serve),
        example=example,
        hooks=hooks,
        logs_payloads=config.serve.payload_log is not None,
        waits=bool(hooks and config.serve.hooks and must_wait(hooks, config.serve.hooks.timeout)),
        open=config.serve.extra == "ignore",
    )


def settings_constants(serve: Serve, names: Names) -> dict[str, object]:
    """What the settings are unless the environment says otherwise."""
    return {
        "PREFIX": names.prefix,
        "PORT": serve.port,
        "WORKERS": serve.workers,
        "TIMEOUT_SECONDS": serve.timeout_seconds,
        "MAX_BATCH": serve.batching.max_batch,
        "MAX_QUEUE": serve.batching.max_queue,
        "BATCH_WAIT_MS": serve.batching.wait_ms,
        **({"API_KEY": True} if serve.api_key else {}),
    }


def _protocols(spec: ModelSpec, served: Mapping[str, Output], config: Config) -> dict[str, Mapping[str, object]]:
    """The constants of the modules that speak other protocols than typed JSON."""
    method = "predict" if "predict" in served else next(iter(served))
    inputs = {column.name: DATATYPES[column.type] for column in spec.inputs}
    outputs = {m: (DATATYPES[o.type], [-1, *o.shape]) for m, o in served.items()}
    constants: dict[str, Mapping[str, object]] = {
        "tabular": {
            "POSITIONAL": spec.container == "ndarray",
            "KINDS": {column.name: kind for column in spec.inputs if (kind := _kind(column))},
        },
        "invocations": {"METHOD": method},
        "v2": {"METHOD": method, "INPUTS": inputs, "OUTPUTS": outputs},
    }
    left_out = _left_out(config)
    return {module: values for module, values in constants.items() if module not in left_out}


def _kind(column: Column) -> str:
    """What a column is to protocols that can say its values in more than one way; empty where they cannot."""
    bounded = column.limits.minimum is not None or column.limits.maximum is not None
    if column.type in ("float", "double"):
        # Bounds and categories admit no NaN; an optional number is null instead.
        return "" if column.optional or bounded or column.closed or column.limits.values else "number"
    kinds = {"integer": "integer", "long": "integer", "datetime": "moment", "string": "text"}
    return kinds.get(column.type, "")


def _left_out(config: Config) -> frozenset[str]:
    """The modules of the protocols that are not spoken."""
    return frozenset(module for protocol, module in PROTOCOLS.items() if protocol not in config.serve.protocols)


def _rows(columns: Sequence[Column], hooks: Hooks | None) -> dict[str, Sequence[Field]]:
    """The fields of what the service takes, and of what the model takes where that is something else."""
    if hooks and hooks.pre and hooks.request:
        return {"Row": request_fields(hooks.request), "Features": row_fields(columns)}
    return {"Row": row_fields(columns)}


def _hooks(columns: Sequence[Column], config: Config, hooks: Hooks | None) -> dict[str, Mapping[str, object]]:
    if not hooks or not config.serve.hooks:
        return {}
    limit = config.serve.hooks.timeout
    waiting = {"TIMEOUT": seconds(limit) if limit else None}
    return {"hooks": hook_constants(hooks, columns), "waiting": waiting}


def _example(
    columns: Sequence[Column], config: Config, example: Mapping[str, object] | None, hooks: Hooks | None
) -> dict[str, object]:
    """The row that the documentation shows."""
    if config.serve.hooks and config.serve.hooks.example:
        return dict(config.serve.hooks.example)
    if hooks and hooks.pre and hooks.request:
        return {field.key: field.example for field in hooks.request.fields if not field.default}
    return example_row(columns) if example is None else within(example, columns)


def _modules(libraries: Sequence[str], config: Config, hooks: Hooks | None) -> frozenset[str]:
    """Names that importable modules of the libraries and of the user have, as far as they can be told."""
    own = {PurePosixPath(path).stem for path in config.model.code}
    own |= {path.partition("/")[0].removesuffix(".py") for path in (hooks.files if hooks else ())}
    return frozenset({library.lower().replace("-", "_") for library in libraries} | {"sklearn"} | own)


def _check_columns(spec: ModelSpec) -> None:
    names = [column.name for column in spec.inputs]
    if not names:
        message = "the model does not say which columns it takes"
        raise fail("no-signature", message, field=("model", "path"), help="give `model.sample`, a CSV with such rows")
    if double := [name for name, count in Counter(names).items() if count > 1]:
        raise fail("double-column", f"the model takes two columns named `{double[0]}`", field=("model", "path"))


def _served(spec: ModelSpec, outputs: tuple[Output, ...], config: Config) -> list[Output]:
    """The outputs to serve, in the model's order."""
    have = [o for o in outputs if o.method in PARTS and o.type in ANSWERS and len(o.shape) <= 1]
    for i, method in enumerate(config.serve.methods):
        if method not in {o.method for o in have}:
            at = ("serve", "methods", i)
            able = ", ".join(o.method for o in have) or "none that can be served"
            raise fail("unknown-method", f"the model has no method `{method}`", field=at, help=f"it has: {able}")
    served = [o for o in have if o.method in config.serve.methods or not config.serve.methods]
    if not served:
        raise fail("no-methods", "the model has no method that can be served", field=("model", "path"))
    return served


def row_fields(columns: Sequence[Column]) -> tuple[Field, ...]:
    """A field for each column, in their order; UserError `unsupported-column` for a name that no JSON type can hold."""
    for column in columns:
        if not _plain(column.name):
            text = f"the model takes a column named {column.name!r}: quotes, backslashes and controls cannot be served"
            raise fail("unsupported-column", text, field=("model", "path"), help="train it with another name")
    names = identifiers([c.name for c in columns], taken=RESERVED, stem="column")
    return tuple(_row_field(column, name) for column, name in zip(columns, names, strict=True))


def _row_field(column: Column, name: str) -> Field:
    annotation = column_type(column) + (" | None" if column.optional else "")
    default = "None" if column.optional else ""
    if column.limits.default is not None:
        default = repr(column.limits.default)
    if name == column.name:
        return Field(name=name, annotation=annotation, default=default)
    given = f", default={default}" if default else ""
    return Field(name=name, annotation=annotation, default=f"field(name={column.name!r}{given})")


def class_fields(classes: Sequence[Label]) -> tuple[Field, ...]:
    """A number for each class, under the class's label."""
    labels = [label_key(label) for label in classes]
    names = identifiers(labels, taken=RESERVED, stem="label")
    pairs = zip(labels, names, strict=True)
    return tuple(
        Field(name=n, annotation="float | None", default="" if n == label else f"field(name={label!r})")
        for label, n in pairs
    )


def _plain(name: str) -> bool:
    """Whether msgspec can encode a field of this name."""
    return name.isprintable() and not set(name) & set('"\\')


def label_key(label: Label) -> str:
    """A class's label as the key of a JSON object: text as it is, else as JSON writes it."""
    return label if isinstance(label, str) else json.dumps(label)


def example_row(columns: Sequence[Column]) -> dict[str, object]:
    """A row that the signature accepts, synthesised from it."""
    values: Mapping[ColumnType, object] = {
        "boolean": True,
        "integer": 1,
        "long": 1,
        "float": 1.0,
        "double": 1.0,
        "string": "text",
        "binary": "AA==",
        "datetime": "2026-01-01T00:00:00Z",
    }
    plain = {column.name: column.categories[0] if column.categories else values[column.type] for column in columns}
    return within(plain, columns)


@dataclass(frozen=True, slots=True)
class _Shapes:
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
        shape = self.outputs[method].shape
        keys = {label_key(label) for label in self.classes}
        named = bool(keys) and all(map(_plain, keys))
        return named and shape == (len(self.classes),) and len(keys) == len(self.classes)


def _python(output: Output) -> str:
    element = ANSWERS[output.type]
    return f"list[{element}]" if output.shape else element


def _answer(output: Output, alias: str = "") -> str:
    """The type of an answer, by the alias of the model's own where it is the same: JSON has no NaN or infinity."""
    if ANSWERS[output.type] != "float":
        return alias or _python(output)
    return "list[float | None]" if output.shape else f"{alias or 'float'} | None"
