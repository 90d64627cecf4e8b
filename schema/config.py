"""The types of deploy.yaml: the one truth that decoding, the JSON Schema and the documentation are made from."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from .constraints import Choice, Doc, Except, Kinds, Maximum, Minimum, Pattern, Shorthand

_NAME = Pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "a lower-case letter, then such letters and digits, with - between")

Name = Annotated[str, _NAME]
Project = Annotated[str, _NAME, Except(tuple(sorted(k for k in keyword.kwlist if k.islower())), "a keyword of Python")]
Path = Annotated[
    str,
    Pattern(
        r"(?![/~])(?![A-Za-z]:)(?!(.*/)?\.\.(/|$))[^\x00\\]+",
        "a path below deploy.yaml's folder, with / between its parts",
    ),
]
PYTHON_FILE = Pattern(
    r"([A-Za-z_][A-Za-z0-9_]*/)*[A-Za-z_][A-Za-z0-9_]*\.py",
    "a Python file that could be imported from deploy.yaml's folder, such as pipeline.py or steps/all.py",
)
PythonFile = Annotated[str, PYTHON_FILE]
Duration = Annotated[str, Pattern(r"[0-9]+(ms|s|m|h)", "a number with ms, s, m or h, such as 90s or 2h")]
Variable = Annotated[str, Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")]
Url = Annotated[
    str, Pattern(r"(https?|file)://[^@\x00-\x20]+", "a http, https or file address without user or password")
]
MODEL_URI = Pattern(
    r"models:/[^/@\x00-\x1f]+(/([1-9][0-9]*|latest)|@[^/@\x00-\x20]+)|models:/m-[A-Za-z0-9-]+"
    r"|runs:/[A-Za-z0-9_-]+/(?!/)(?!(.*/)?\.\.?(/|$))[^\x00-\x1f]+",
    "models:/NAME/VERSION, models:/NAME/latest, models:/NAME@ALIAS, models:/m-ID or runs:/RUN/PATH",
)
ModelUri = Annotated[str, MODEL_URI]
StoreUri = Annotated[
    str,
    Pattern(
        r"databricks|[a-z][a-z0-9+.-]*:/[^@?\x00-\x20]+",
        "the address of an MLflow server or store, without user or password, such as https://mlflow.example.com",
    ),
]
Origin = Annotated[
    str,
    Pattern(r"\*|https?://[^/@\x00-\x20]+", "an origin such as https://example.com, or *"),
]
Text = Annotated[str, Pattern(r"[^\x00]*[^\x00-\x20][^\x00]*", "text that is not empty")]
Module = Annotated[
    str, Pattern(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", "a module's name, such as features.hooks")
]
Method = Annotated[str, Pattern(r"[a-z][a-z0-9_]*", "the name of a method, such as predict_proba")]
Answers = Annotated[
    str,
    Pattern(
        r"[a-z][a-z0-9-]*\.[a-z][a-z0-9_]*(\..+)?",
        "a model's name and one of its methods, such as scores.predict or scores.predict_proba.CLASS",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of `targets` or `tests`: the user's name for it, its kind, and the dataclass of that kind's options.

    `options` is None where the catalog has no options for the kind.
    """

    name: str
    kind: str
    options: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the user's that makes files: a stage of the build, cached like any other."""

    run: Annotated[Text, Doc("The command, run by sh in an empty folder that holds only the inputs.")]
    inputs: Annotated[tuple[Path, ...], Doc("Files and globs that the command reads; ** crosses folders.")] = ()
    outputs: Annotated[tuple[Path, ...], Doc("Files and folders that the command writes.")] = ()
    requirements: Annotated[tuple[Text, ...], Doc("PEP 508 requirements of the command, locked in deploy.lock.")] = ()
    timeout: Annotated[Duration, Doc("How long it may run before it is stopped, such as 90s or 2h.")] = "1h"
    network: Annotated[bool, Doc("Whether it may use the network; what it fetches is not noticed when it changes.")] = (
        False
    )
    env: Annotated[tuple[Variable, ...], Doc("Environment variables to pass; their values enter no key.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """How the model is made; it writes what model.path names."""

    run: Annotated[Text, Doc("The command, run by sh in an empty folder that holds only the inputs.")]
    inputs: Annotated[tuple[Path, ...], Doc("Files and globs that the command reads; ** crosses folders.")] = ()
    requirements: Annotated[tuple[Text, ...], Doc("PEP 508 requirements of training, locked in deploy.lock.")] = ()
    timeout: Annotated[Duration, Doc("How long it may run before it is stopped, such as 90s or 2h.")] = "1h"
    network: Annotated[bool, Doc("Whether it may use the network; what it fetches is not noticed when it changes.")] = (
        False
    )
    env: Annotated[tuple[Variable, ...], Doc("Environment variables to pass; their values enter no key.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows that show what the model takes."""

    path: Annotated[Path, Doc("CSV rows with the model's columns.")]
    publish: Annotated[bool, Doc("Whether one of them may be the example in the documentation and on the page.")] = (
        False
    )


def _rows(path: object) -> dict[str, object]:
    return {"path": path}


Modules = Annotated[tuple[Path, ...], Doc("Python modules that the model's classes live in, shipped as source.")]
Training = Annotated[Train | None, Doc("How the model is made; without it, the model is there already.")]
Rows = Annotated[
    Sample | None,
    Shorthand(Path, _rows),
    Doc("CSV rows that show what the model takes, for the types and the tests; text is the `path`."),
]


ModelPath = Annotated[
    Path | None, Doc("A folder with an MLmodel file, or a model file; with train, what train writes.")
]
Uri = Annotated[ModelUri | None, Doc("A model that MLflow keeps, in place of path; locked in deploy.lock.")]
TrackingUri = Annotated[
    StoreUri | None, Doc("The MLflow server or store that uri is looked up in; by default MLFLOW_TRACKING_URI.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The trained model, or how to make it."""

    path: ModelPath = None
    uri: Uri = None
    tracking_uri: TrackingUri = None
    code: Modules = ()
    train: Training = None
    sample: Rows = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a number may be from the model's: |a - b| <= abs + rel * |b|."""

    abs: Annotated[float, Minimum(0), Doc("Absolute difference allowed.")] = 0.0
    rel: Annotated[float, Minimum(0), Doc("Difference allowed relative to the model's own number.")] = 0.0

    def wider(self, other: Tolerance) -> Tolerance:
        """What allows all that either of both does."""
        return Tolerance(abs=max(self.abs, other.abs), rel=max(self.rel, other.rel))


def _absolute(number: object) -> dict[str, object]:
    return {"abs": number}


Tolerated = Annotated[
    Tolerance,
    Shorthand(Annotated[float, Minimum(0)], _absolute),
    Doc("A number (absolute) or {abs, rel}; of the two, one that is left out is 0. Labels must be equal."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimize:
    """Whether the model is compiled into a faster form, and what must be proved of it before it is served."""

    use: Annotated[
        str,
        Choice("optimizers"),
        Doc("`auto` takes the fastest optimiser that is proved, `off` none; or an optimiser."),
    ] = "auto"
    tolerance: Tolerated = Tolerance(abs=1e-9, rel=1e-9)
    thresholds: Annotated[tuple[float, ...], Doc("Cut-offs on probabilities at which no difference is allowed.")] = ()
    on_unproved: Annotated[
        Literal["serve-original", "fail"] | None,
        Doc("What to do without a proof; by default `fail` where an optimiser is named, else `serve-original`."),
    ] = None
    rows: Annotated[int, Minimum(100), Maximum(1_000_000), Doc("How many rows are generated for the proof.")] = 10_000


def _used(name: object) -> dict[str, object]:
    return {"use": name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How requests share the model's calls."""

    max_batch: Annotated[
        int, Minimum(1), Maximum(100000), Doc("Rows that the model is asked for at once; 1 turns batching off.")
    ] = 128
    max_queue: Annotated[
        int, Minimum(1), Maximum(10000000), Doc("Rows that may wait before further requests are turned away.")
    ] = 1024
    wait_ms: Annotated[
        int, Minimum(0), Maximum(1000), Doc("Milliseconds that a batch waits for more than what has queued already.")
    ] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadLog:
    """A log of some requests with their answers."""

    sample: Annotated[float, Minimum(0), Maximum(1), Doc("The share of the requests that is logged.")] = 0.01
    redact: Annotated[tuple[Text, ...], Doc("Columns that are left out.")] = ()
    path: Annotated[Text | None, Doc("The file where the service runs; by default standard error.")] = None
    max_megabytes: Annotated[
        int, Minimum(1), Maximum(100000), Doc("Size at which a file is put aside; five such files are kept.")
    ] = 100


def _sampled(share: object) -> dict[str, object]:
    return {"sample": share}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The user's own functions around the model: startup, pre and post."""

    module: Annotated[Module, Doc("The Python module that they are in, a file beside deploy.yaml or below it.")]
    timeout: Annotated[Duration | None, Doc("How long one of them may take for a request; then the answer is 504.")] = (
        None
    )
    example: Annotated[Mapping[str, object], Doc("A row that they take, for the documentation and the tests.")] = field(
        default_factory=dict
    )


def _hooks(module: object) -> dict[str, object]:
    return {"module": module}


Hooked = Annotated[
    Hooks | None, Shorthand(Module, _hooks), Doc("Functions of your own around the model; text is the module.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """The service that is generated around the model."""

    framework: Annotated[
        str,
        Choice("frameworks", folders=True),
        Doc("The web framework; or the folder of a template of your own, such as ./my_template/."),
    ] = "fastapi"
    methods: Annotated[tuple[Method, ...], Doc("Methods to serve; by default every method that the model has.")] = ()
    requirements: Annotated[tuple[Text, ...], Doc("Further PEP 508 requirements of the service.")] = ()
    port: Annotated[int, Minimum(1), Maximum(65535), Doc("Port that the service listens on unless told otherwise.")] = (
        8000
    )
    protocols: Annotated[
        tuple[Literal["mlflow", "v2"], ...],
        Doc("Protocols that it speaks beside typed JSON; v2 is the Open Inference Protocol."),
    ] = ("mlflow", "v2")
    extra: Annotated[
        Literal["forbid", "ignore"], Doc("What becomes of keys in typed JSON that are none of the model's columns.")
    ] = "forbid"
    page: Annotated[bool, Doc("Whether / is a page on which people ask the model.")] = True
    optimize: Annotated[
        Optimize,
        Shorthand(Annotated[str, Choice("optimizers")], _used),
        Doc("`auto`, `off`, the name of an optimiser, or a mapping."),
    ] = Optimize()
    workers: Annotated[
        int, Minimum(1), Maximum(1024), Doc("Processes, each with the model, unless the environment says otherwise.")
    ] = 1
    batching: Annotated[Batching, Doc("How requests share the model's calls.")] = Batching()
    api_key: Annotated[
        bool, Doc("Whether requests need a key, which the environment gives; the service does not start without it.")
    ] = False
    cors: Annotated[
        tuple[Origin, ...], Doc("Origins whose pages may ask the service in a browser, or * for all of them.")
    ] = ()
    metrics: Annotated[bool, Doc("Whether /metrics shows counters to Prometheus.")] = True
    telemetry: Annotated[
        bool, Doc("Whether requests are traced with OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says where to.")
    ] = False
    timeout_seconds: Annotated[
        int, Minimum(1), Maximum(86400), Doc("How long a request may wait for the model's answer.")
    ] = 60
    payload_log: Annotated[
        PayloadLog | None,
        Shorthand(Annotated[float, Minimum(0), Maximum(1)], _sampled),
        Doc("A log of some requests with their answers; a number is its `sample`."),
    ] = None
    hooks: Hooked = None


Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """How an image in a request becomes the array that the model takes."""

    layout: Annotated[
        Literal["hwc", "chw"], Doc("Whether the channels are the last or the first dimension of a row's array.")
    ] = "hwc"
    resize: Annotated[
        Literal["nearest", "bilinear", "bicubic", "lanczos"] | None,
        Doc("How an image of another size is brought to the model's; without it such an image is refused."),
    ] = None
    unit: Annotated[bool, Doc("Whether values are from 0 to 1, not from 0 to 255.")] = False
    mean: Annotated[tuple[float, ...], Doc("What is taken from the values of each channel.")] = ()
    std: Annotated[tuple[float, ...], Doc("What the values of each channel are then divided by.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What is known of one of the model's columns beyond what the model says itself."""

    dtype: Annotated[
        Literal["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"] | None,
        Doc("The type of its values, in place of the signature's."),
    ] = None
    optional: Annotated[bool | None, Doc("Whether it may be null or left out.")] = None
    default: Annotated[Value | None, Doc("What stands for it where it is left out.")] = None
    min: Annotated[float | None, Doc("The smallest number that is taken.")] = None
    max: Annotated[float | None, Doc("The largest number that is taken.")] = None
    enum: Annotated[tuple[Value, ...], Doc("The only values that are taken.")] = ()
    redact: Annotated[bool, Doc("Whether its values are kept out of all logs and of what is said of errors.")] = False
    description: Annotated[Text | None, Doc("What it means, for the documentation.")] = None
    from_: Annotated[
        Answers | None, Doc("Of several `models` the one whose answer to the same row it is, such as scores.predict.")
    ] = None
    image: Annotated[Image | None, Doc("That its array may be given as a PNG or JPEG image, and how it is made.")] = (
        None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of several models behind a service."""

    path: ModelPath = None
    uri: Uri = None
    tracking_uri: TrackingUri = None
    code: Modules = ()
    train: Training = None
    sample: Rows = None
    methods: Annotated[tuple[Method, ...], Doc("Methods to serve; by default every method that the model has.")] = ()
    inputs: Annotated[Mapping[Text, Input], Doc("What the model's columns may hold, by column.")] = field(
        default_factory=dict
    )
    hooks: Hooked = None

    @property
    def model(self) -> Model:
        """The same as the only model of a deployment."""
        return Model(
            path=self.path,
            uri=self.uri,
            tracking_uri=self.tracking_uri,
            code=self.code,
            train=self.train,
            sample=self.sample,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A package index besides the default one; credentials come from netrc, keyring or the environment."""

    url: Annotated[Url, Doc("Address of its simple API.")]
    packages: Annotated[tuple[Text, ...], Doc("The packages that come from this index and from no other.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How deploy.lock is resolved."""

    resolver: Annotated[Literal["uv", "pip-tools"], Doc("The tool that resolves requirements.")] = "uv"
    cutoff: Annotated[
        str | None,
        Pattern(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "a date such as 2026-01-31"),
        Doc("Ignore what was released after this date."),
    ] = None
    indexes: Annotated[Mapping[Name, Index], Doc("Further package indexes by name.")] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole deploy.yaml."""

    version: Annotated[Literal[1], Doc("Version of this file's language.")]
    name: Annotated[Project, Doc("Name of the deployment, its package and its commands.")]
    python: Annotated[
        str,
        Pattern(r"(3\.(10|11|12|13))?", "3.10, 3.11, 3.12 or 3.13"),
        Doc("Python to train and serve with; by default the one that runs deployc."),
    ] = ""
    model: Annotated[Model, Doc("The trained model, or how to make it.")] = Model()
    models: Annotated[Mapping[Project, Member], Doc("Several models behind one service, by name, in place of one.")] = (
        field(default_factory=dict)
    )
    serve: Annotated[Serve, Doc("The service that is generated around the model.")] = Serve()
    inputs: Annotated[Mapping[Text, Input], Doc("What the model's columns may hold, by column.")] = field(
        default_factory=dict
    )
    stages: Annotated[Mapping[Name, Command], Doc("Further stages of the build by name.")] = field(default_factory=dict)
    pipeline: Annotated[
        PythonFile | None,
        Doc("A Python file whose functions marked with @stage are further stages."),
    ] = None
    targets: Annotated[Mapping[Name, Entry], Kinds("targets"), Doc("What to build, by name.")] = field(
        default_factory=dict
    )
    tests: Annotated[Mapping[Name, Entry], Kinds("tests"), Doc("What must hold before it is emitted, by name.")] = (
        field(default_factory=dict)
    )
    lock: Annotated[Lock, Doc("How deploy.lock is resolved.")] = Lock()
