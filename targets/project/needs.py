"""What the generated service needs to be installed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Set

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ...compiler.model_spec import ModelSpec, Requirement
from ...schema.config import Config
from ...schema.diagnostics import fail
from . import scored
from .catalog import Framework, facts, known
from .features import feature_requirements

BASE = ("msgspec>=0.18.5",)
IMAGES = "pillow>=11"


def requirements(config: Config, spec: ModelSpec, framework: Framework) -> tuple[Requirement, ...]:
    """All that the service needs: the model's own, the flavor's, the framework's, and the user's, sorted by name.

    `name` carries the extras and `specifier` the marker, so that both in one are a line as in PEP 508. The flavor names
    what the model's files do not pin. UserError when one of the user's is no requirement.
    """
    features = [*feature_requirements(config.serve), *scored.requirements(config)]
    features += [(IMAGES, "requests may hold images")] if any(c.image for c in spec.inputs) else []
    extra = [_requirement(line, reason) for line, reason in features]
    service = _lines((*BASE, *framework.requirements), f"serves with {framework.name}")
    return _sorted([*_model(config, spec), *service, *extra, *_users(config)])


def to_ask(config: Config, spec: ModelSpec) -> tuple[Requirement, ...]:
    """What it takes to ask the model itself."""
    return _sorted([*_model(config, spec), *_lines(BASE, "the rows have types"), *_users(config)])


def to_convert(config: Config, spec: ModelSpec, optimizer: str, reason: str) -> tuple[Requirement, ...]:
    """What it takes besides to convert the model with an optimiser, and to ask what comes of it."""
    names = {canonicalize_name(r.name) for r in _model(config, spec)}
    says = facts("optimizers", optimizer)
    found = _lines((*_texts(says["REQUIREMENTS"]), *_texts(says["CONVERTERS"])), reason)
    return _sorted(r for r in found if r.specifier or canonicalize_name(r.name) not in names)


def requirements_of(optimizer: str) -> tuple[str, ...]:
    """Canonical names of the distributions that serving what an optimiser makes needs."""
    return tuple(
        canonicalize_name(Parsed(line).name) for line in _texts(facts("optimizers", optimizer)["REQUIREMENTS"])
    )


def _sorted(found: Iterable[Requirement]) -> tuple[Requirement, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda r: (canonicalize_name(r.name.partition("[")[0]), r.specifier)))


def _model(config: Config, spec: ModelSpec) -> list[Requirement]:
    """The model's own, and what is needed besides to ask it."""
    model = {canonicalize_name(r.name): r for r in spec.requirements}
    users = {canonicalize_name(r.name.partition("[")[0]) for r in _users(config)}
    slim = [r for need in model.values() for r in _slim(need, users)]
    return [*slim, *(r for r in _asked(spec) if canonicalize_name(r.name) not in model)]


def _asked(spec: ModelSpec) -> list[Requirement]:
    if spec.optimizer:
        needed = _texts(facts("optimizers", spec.optimizer)["REQUIREMENTS"])
        return _lines(needed, f"the model is compiled with {spec.optimizer}")
    return _flavor(spec)


def _flavor(spec: ModelSpec) -> list[Requirement]:
    if spec.flavor not in known("flavors"):
        message = f"a model of flavor `{spec.flavor}` cannot be served"
        raise fail("unknown-flavor", message, field=("model", "path"), help=f"known: {', '.join(known('flavors'))}")
    says = facts("flavors", spec.flavor)
    serializers, containers = says["SERIALIZERS"], says["CONTAINERS"]
    assert isinstance(serializers, dict)
    assert isinstance(containers, dict)
    return [
        *_lines(_texts(says["REQUIREMENTS"]), f"the model is one of {spec.flavor}"),
        *_lines(_texts(serializers[spec.serializer]), f"the model is saved with {spec.serializer}"),
        *_lines(_texts(containers[spec.container]), f"the model takes a {spec.container}"),
    ]


def _slim(need: Requirement, users: Set[str]) -> list[Requirement]:
    """The distribution that serves in the place of a larger one, unless the user names that himself.

    A flavor's REPLACED gives it with the versions that it has, and the platform that it is not made for.
    """
    name = canonicalize_name(need.name)
    other, versions, but = _replacements().get(name, ("", "", ""))
    version = need.specifier.removeprefix("==")
    if not other or name in users or not version.replace(".", "").isdecimal() or version not in SpecifierSet(versions):
        return [need]
    reason = f"{need.reason}; {other} is the same without libraries for GPUs"
    return [
        _requirement(f"{other}{need.specifier} ; sys_platform != '{but}'", reason),
        _requirement(f"{need.name}{need.specifier} ; sys_platform == '{but}'", need.reason),
    ]


def _replacements() -> dict[str, tuple[str, str, str]]:
    """By distribution; a pipeline of one flavor may hold a model of another."""
    found: dict[str, tuple[str, str, str]] = {}
    for flavor in known("flavors"):
        says = facts("flavors", flavor).get("REPLACED", {})
        assert isinstance(says, dict)
        found |= says
    return found


def _users(config: Config) -> list[Requirement]:
    return [_user(line, i) for i, line in enumerate(config.serve.requirements)]


def _user(line: str, position: int) -> Requirement:
    try:
        return _requirement(line, "serve.requirements")
    except InvalidRequirement as error:
        at = ("serve", "requirements", position)
        raise fail("bad-requirement", f"`{line}` is no requirement: {error}", field=at) from None


def _lines(lines: Iterable[str], reason: str) -> list[Requirement]:
    return [_requirement(line, reason) for line in lines]


def _requirement(line: str, reason: str) -> Requirement:
    parsed = Parsed(line)
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    version = f" @ {parsed.url}" if parsed.url else str(parsed.specifier)
    marker = f" ; {parsed.marker}" if parsed.marker else ""
    return Requirement(name=parsed.name + extras, specifier=version + marker, reason=reason)


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return tuple(str(item) for item in value)
