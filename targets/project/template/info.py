"""What this service is: its model, versions and digests, and where the model comes from."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

NAME = "service"
MODEL_CLASS = "module.Class"
FLAVOR = "flavor"
METHODS = ("predict",)
LIBRARIES = ("msgspec",)
REPORT = "report/training_report.html"
"""The path, below the service's own, of a report on the model's training; empty where there is none."""


class Compiled(msgspec.Struct, kw_only=True):
    """What compiled the model, and the digests of the report that proves it and of the model as it was trained."""

    by: str
    proof: str
    original: str


class Model(msgspec.Struct, kw_only=True):
    """The served model; `digest` names its files' contents, `name` and `version` are a registry's."""

    class_name: str = msgspec.field(name="class")
    flavor: str
    digest: str
    name: str = ""
    version: str = ""
    compiled: Compiled | None = None


class Info(msgspec.Struct, kw_only=True):
    """What is served, and by what. What is here keeps its name and meaning; more may come."""

    name: str
    started_at: datetime
    model: Model
    methods: list[str]
    lock: str
    """Digest of the lockfile that the service was built with."""
    deployc: str
    versions: dict[str, str]
    """Python and the libraries as they are installed here."""
    report: str
    """Where a report on the model's training is; empty where there is none."""
    provenance: dict[str, msgspec.Raw] | None = None


class Build(msgspec.Struct):
    """What build.json holds: it is written when the project is put together, as the code does not depend on it."""

    model: str = ""
    lock: str = ""
    deployc: str = ""
    code: str = ""
    """Digest of the code around the model."""
    compiled: Compiled | None = None


def read(provenance: Path | None, started_at: datetime) -> Info:
    """Read what is only known where the service runs; ValueError or OSError when a file cannot be used."""
    built = build()
    origin = _provenance(provenance or Path(__file__).with_name("provenance.json"), required=bool(provenance))
    known = origin or {}
    return Info(
        name=NAME,
        started_at=started_at,
        model=Model(
            class_name=MODEL_CLASS,
            flavor=FLAVOR,
            digest=built.model,
            name=_text(known.get("name")),
            version=_text(known.get("version")),
            compiled=built.compiled,
        ),
        methods=list(METHODS),
        lock=built.lock,
        deployc=built.deployc,
        versions={"python": platform.python_version()},
        report=REPORT,
        provenance=origin,
    )


def with_libraries(info: Info) -> Info:
    """The same, with the versions of the libraries too."""
    return msgspec.structs.replace(info, versions=info.versions | dict(_libraries()))


def build() -> Build:
    """What build.json says; nothing before the project is put together."""
    path = Path(__file__).with_name("build.json")
    return msgspec.json.decode(path.read_bytes(), type=Build) if path.exists() else Build()


def _provenance(path: Path, *, required: bool) -> dict[str, msgspec.Raw] | None:
    if not required and not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])


def _text(raw: msgspec.Raw | None) -> str:
    """A text of the provenance; empty where it has none."""
    found = msgspec.json.decode(raw) if raw is not None else None
    return found if isinstance(found, str) else ""


def _libraries() -> Iterator[tuple[str, str]]:
    # To import this takes as long as to load a small model: it waits until somebody asks.
    from importlib.metadata import PackageNotFoundError, version

    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            yield name, version(name)
