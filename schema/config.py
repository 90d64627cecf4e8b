"""The types of deploy.yaml: the one truth that decoding, the JSON Schema and the documentation are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from .constraints import Choice, Doc, Kinds, Minimum, Pattern

Name = Annotated[str, Pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "lower-case letters and digits, with - between")]
Path = Annotated[str, Pattern(r"[^\x00]+", "a path relative to deploy.yaml, with / between its parts")]
Duration = Annotated[str, Pattern(r"[0-9]+(ms|s|m|h)", "a number with ms, s, m or h, such as 90s or 2h")]
Variable = Annotated[str, Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")]
Url = Annotated[str, Pattern(r"(https?|file)://[^@\s]+", "a http, https or file address without user or password")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the user's that makes files: a stage of the build, cached like any other."""

    run: Annotated[str, Doc("The command, run by sh in an empty folder that holds only the inputs.")]
    inputs: Annotated[tuple[Path, ...], Doc("Files and globs that the command reads; ** crosses folders.")] = ()
    outputs: Annotated[tuple[Path, ...], Doc("Files and folders that the command writes.")] = ()
    requirements: Annotated[tuple[str, ...], Doc("PEP 508 requirements of the command, locked in deploy.lock.")] = ()
    timeout: Annotated[Duration, Doc("How long it may run before it is stopped.")] = "1h"
    network: Annotated[bool, Doc("Whether it may use the network.")] = False
    env: Annotated[tuple[Variable, ...], Doc("Environment variables to pass; their values enter no key.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """How the model is made; it writes what model.path names."""

    run: Annotated[str, Doc("The command, run by sh in an empty folder that holds only the inputs.")]
    inputs: Annotated[tuple[Path, ...], Doc("Files and globs that the command reads; ** crosses folders.")] = ()
    requirements: Annotated[tuple[str, ...], Doc("PEP 508 requirements of training, locked in deploy.lock.")] = ()
    timeout: Annotated[Duration, Doc("How long it may run before it is stopped.")] = "1h"
    network: Annotated[bool, Doc("Whether it may use the network.")] = False
    env: Annotated[tuple[Variable, ...], Doc("Environment variables to pass; their values enter no key.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The trained model, or how to make it."""

    path: Annotated[Path, Doc("A folder with an MLmodel file, or a model file; with train, what train writes.")]
    code: Annotated[tuple[Path, ...], Doc("Python modules that the model's classes live in, shipped as source.")] = ()
    train: Annotated[Train | None, Doc("How the model is made.")] = None
    sample: Annotated[Path | None, Doc("CSV rows that show what the model takes.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """The service that is generated around the model."""

    framework: Annotated[str, Choice("frameworks"), Doc("The web framework.")] = "fastapi"
    methods: Annotated[tuple[str, ...], Doc("Methods to serve; by default every method that the model has.")] = ()
    requirements: Annotated[tuple[str, ...], Doc("Further PEP 508 requirements of the service.")] = ()
    port: Annotated[int, Minimum(1), Doc("Port that the service listens on unless told otherwise.")] = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A package index besides the default one; credentials come from netrc, keyring or the environment."""

    url: Annotated[Url, Doc("Address of its simple API.")]
    packages: Annotated[tuple[str, ...], Doc("The packages that come from this index and from no other.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How deploy.lock is resolved."""

    resolver: Annotated[Literal["uv", "pip-tools"], Doc("The tool that resolves requirements.")] = "uv"
    cutoff: Annotated[
        str | None, Pattern(r"\d{4}-\d\d-\d\d", "a date such as 2026-01-31"), Doc("Ignore releases after this date.")
    ] = None
    indexes: Annotated[Mapping[str, Index], Doc("Further package indexes by name.")] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole deploy.yaml."""

    version: Annotated[Literal[1], Doc("Version of this file's language.")]
    name: Annotated[Name, Doc("Name of the deployment, its package and its commands.")]
    python: Annotated[
        str, Pattern(r"3\.(10|11|12|13)", "3.10, 3.11, 3.12 or 3.13"), Doc("Python to train and serve with.")
    ] = ""
    model: Model
    serve: Annotated[Serve, Doc("The service.")] = Serve()
    stages: Annotated[Mapping[str, Command], Doc("Further stages by name.")] = field(default_factory=dict)
    targets: Annotated[Mapping[str, object], Kinds("targets"), Doc("What to build, by name.")] = field(
        default_factory=dict
    )
    tests: Annotated[
        Mapping[str, object], Kinds("tests"), Doc("What must hold before anything is put out, by name.")
    ] = field(default_factory=dict)
    lock: Annotated[Lock, Doc("How deploy.lock is resolved.")] = Lock()
