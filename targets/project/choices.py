"""What of the templates a model takes: its methods, loader and constants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ...compiler.codegen.fields import Field
from ...compiler.command import seconds
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Column, ModelSpec, Output
from ...schema.config import Config, Serve
from ...schema.diagnostics import fail
from . import imaged, pages, payload_log, redacted, scored, spelled
from .answers import Shapes
from .catalog import Framework
from .closed import UNEXPLAINED, Closed, constants, listed
from .features import left_out
from .hooked import hook_constants
from .hooking import must_wait
from .model_module import model_constants, model_functions, reads_words
from .names import VERSION, Names
from .needs import requirements
from .offered import offered
from .params import UNCHECKED, UNTOLD, WITHOUT, heard
from .protocols import param_constants, protocol_constants, unspoken
from .rows import RESERVED, row_types, shown_row
from .spelled import UNSPELLED

PARTS: Mapping[str, frozenset[str]] = {
    "predict": frozenset({"predict", "Prediction", "prediction"}),
    "predict_proba": frozenset({"predict_proba", "Probabilities", "probabilities"}),
    "decision_function": frozenset({"decision_function", "Decision", "decision"}),
    "transform": frozenset({"transform", "Transformed"}),
}
"""What goes when a model lacks a method, in whichever module it stands."""


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
    takes_images: bool = False
    """Whether a request may hold an image in the place of an array."""
    reads_words: bool = False
    """Whether the model takes texts apart."""
    open: bool = False
    """Whether a row may hold keys that are not looked at."""


def choose(
    spec: ModelSpec,
    outputs: tuple[Output, ...],
    config: Config,
    framework: Framework,
    example: Mapping[str, object] | None,
    hooks: Hooks | None = None,
    closed: Closed | None = None,
    asked: Sequence[Column] | None = None,
) -> Choices:
    """Decide all that depends on the model; UserError when it cannot be served as deploy.yaml asks.

    `asked` are the columns of requests, where other models answer some of the model's own.
    """
    names = Names.of(config.name)
    closed = closed or {}
    if not (hooks and hooks.pre):
        # What `pre` gives is checked by the model alone: a type that refused it would blame the service.
        spec = replace(spec, inputs=listed(spec.inputs, closed))
    libraries = tuple(sorted({r.name.partition("[")[0] for r in requirements(config, spec, framework)}))
    names.check(_modules(libraries, config, hooks))
    _check_columns(spec)
    served = {o.method: o for o in offered(outputs, config)}
    if hooks or asked is not None or any(column.image for column in spec.inputs):
        _check_plain((*spec.inputs, *(asked or ())))
    pictured = imaged.checked(spec.inputs, hooks) is not None
    # What hooks give and take has no place for them.
    told = bool(heard(spec)) and "predict" in served and not hooks
    shapes = Shapes(served, spec.classes)
    return Choices(
        flavor=spec.flavor,
        optimizer=spec.optimizer,
        methods=tuple(served),
        model=model_functions(spec),
        model_constants=model_constants(spec),
        answers=shapes.implementations(),
        structs={**row_types(spec.inputs, hooks, asked), **imaged.row_type(spec.inputs), **shapes.structs()},
        constants=_merged(_constants(spec, served, config, libraries, asked), spelled.constants(spec.inputs, RESERVED))
        | {"schema": shapes.aliases(), **_constants_of_rows(spec, config, hooks, closed, example)},
        dropped=unspoken(config).union(
            scored.unwanted(config),
            *(parts for method, parts in PARTS.items() if method not in served),
            () if told else WITHOUT,
            pages.dropped(spec, config),
        ),
        left_out=left_out(config.serve).union(
            () if constants(spec.inputs, closed) else UNEXPLAINED,
            () if redacted.constants(spec.inputs) else redacted.UNREDACTED,
            () if pictured else imaged.WITHOUT,
            () if spelled.odd(spec.inputs) else UNSPELLED,
            () if spec.params else UNCHECKED,
            () if told else UNTOLD,
        ),
        example=example,
        hooks=hooks,
        logs_payloads=config.serve.payload_log is not None,
        waits=bool(hooks and config.serve.hooks and must_wait(hooks, config.serve.hooks.timeout)),
        takes_images=pictured,
        reads_words=reads_words(spec),
        open=config.serve.extra == "ignore",
    )


def _constants_of_rows(
    spec: ModelSpec,
    config: Config,
    hooks: Hooks | None,
    closed: Closed,
    example: Mapping[str, object] | None,
) -> dict[str, Mapping[str, object]]:
    """The constants of the modules that know rows or hooks."""
    explained = constants(spec.inputs, closed)
    return {
        "openapi": {"VERSION": VERSION, "EXAMPLE": shown_row(spec.inputs, config, example, hooks, closed)},
        **_hooks(spec.inputs, config, hooks),
        **_merged(explained, spelled.constants(spec.inputs, RESERVED)),
        **redacted.constants(spec.inputs),
        **imaged.constants(spec.inputs),
    }


def _constants(
    spec: ModelSpec,
    served: Mapping[str, Output],
    config: Config,
    libraries: tuple[str, ...],
    asked: Sequence[Column] | None,
) -> dict[str, Mapping[str, object]]:
    """The constants of the modules that know neither rows nor hooks."""
    logged = payload_log.constants(config, spec.inputs)
    # The columns of several models have names and no places.
    requested = spec if asked is None else replace(spec, inputs=tuple(asked), container="dataframe")
    return {
        **({"origins": {"ORIGINS": config.serve.cors}} if config.serve.cors else {}),
        "settings": settings_constants(config.serve, Names.of(config.name)) | logged.pop("settings"),
        "predictor": {"MODEL": spec.file},
        **protocol_constants(requested, served, config, again=asked is not None),
        "params": param_constants(spec),
        "score": {"COMMAND": Names.of(config.name).score},
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
    }


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


def _hooks(columns: Sequence[Column], config: Config, hooks: Hooks | None) -> dict[str, Mapping[str, object]]:
    if not hooks or not config.serve.hooks:
        return {}
    limit = config.serve.hooks.timeout
    waiting = {"TIMEOUT": seconds(limit) if limit else None}
    found: dict[str, Mapping[str, object]] = {"hooks": hook_constants(hooks, columns), "waiting": waiting}
    # What `pre` takes has the columns of no model.
    return {**found, "tabular": {"POSITIONAL": False, "KINDS": {}}} if hooks.pre and hooks.request else found


def _modules(libraries: Sequence[str], config: Config, hooks: Hooks | None) -> frozenset[str]:
    """Names that importable modules of the libraries and of the user have, as far as they can be told."""
    own = {PurePosixPath(path).stem for path in config.model.code}
    own |= {path.partition("/")[0].removesuffix(".py") for path in (hooks.files if hooks else ())}
    return frozenset({library.lower().replace("-", "_") for library in libraries} | {"sklearn"} | own)


def _merged(
    one: Mapping[str, Mapping[str, object]], other: Mapping[str, Mapping[str, object]]
) -> dict[str, Mapping[str, object]]:
    """The constants of both, of the other's those of modules that the one has."""
    return {module: {**values, **other.get(module, {})} for module, values in one.items()}


def _check_plain(columns: Sequence[Column]) -> None:
    if spelled.odd(columns):
        name = next(column.name for column in columns if spelled.odd([column]))
        text = f"the column {name!r} holds quotes or backslashes, which hooks, images and feeding models do without"
        raise fail("unsupported-column", text, field=("model", "path"), help="train it with another name")


def _check_columns(spec: ModelSpec) -> None:
    names = [column.name for column in spec.inputs]
    if not names:
        message = "the model does not say which columns it takes"
        raise fail("no-signature", message, field=("model", "path"), help="give `model.sample`, a CSV with such rows")
    if double := [name for name, count in Counter(names).items() if count > 1]:
        raise fail("double-column", f"the model takes two columns named `{double[0]}`", field=("model", "path"))
