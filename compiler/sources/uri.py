"""What a model.uri names: a version in MLflow's registry, a model that MLflow logged, or a file of a run."""

from __future__ import annotations

from dataclasses import dataclass

_LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A version of a registered model: this one, the one that has this alias, or else the latest."""

    name: str
    version: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A model that was logged, by its id: m-..."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRun:
    """What lies at a path below a run: a model that it logged by this name, or one of its artifacts."""

    run: str
    path: str


Named = Registered | Logged | OfRun


def parsed(uri: str) -> Named:
    """What a URI names that has the form that deploy.yaml's language asks of it."""
    scheme, _, rest = uri.partition(":/")
    head, _, tail = rest.partition("/")
    if scheme == "runs":
        return OfRun(run=head, path=tail.rstrip("/"))
    if tail:
        return Registered(name=head, version="" if tail == _LATEST else tail)
    name, _, alias = head.partition("@")
    return Registered(name=name, alias=alias) if alias else Logged(id=head)
