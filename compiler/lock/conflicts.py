"""Finds, before any resolver runs, requirements that are none or that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...schema.diagnostics import Diagnostic
from .wanted import Wanted, Wish, parsed

_INDEX_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_PACKAGE = re.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def conflicts(wanted: Wanted) -> tuple[Diagnostic, ...]:
    """`bad-requirement` for each wish that is no plain PEP 508 requirement, `lock-conflict` for each two that cannot
    both be met, naming both, `bad-index` and `index-needs-uv` for what is said of indexes.
    """
    bad = tuple(d for wish in wanted.requirements if (d := _mistake(wish)))
    good = [(wish, requirement) for wish in wanted.requirements if (requirement := parsed(wish.text))]
    clashing = ((one[0], other[0]) for one, other in combinations(good, 2) if _clash(one[1], other[1]))
    return bad + tuple(_index_mistakes(wanted)) + tuple(_conflict(one, other) for one, other in clashing)


def _index_mistakes(wanted: Wanted) -> Iterator[Diagnostic]:
    field, said = ("lock", "indexes"), "is no name that uv and environment variables can take"
    owners: dict[str, str] = {}
    for name, index in wanted.indexes.items():
        if not _INDEX_NAME.fullmatch(name):
            yield Diagnostic(code="bad-index", message=f"`{name}` {said}", field=(*field, name))
        for number, package in enumerate(index.packages):
            at = (*field, name, "packages", number)
            if not _PACKAGE.fullmatch(package):
                yield Diagnostic(code="bad-index", message=f"`{package}` is no name of a package", field=at)
            elif owners.setdefault(canonicalize_name(package), name) != name:
                other = owners[canonicalize_name(package)]
                message = f"`{package}` is to come from the index `{other}` and from `{name}`"
                yield Diagnostic(code="bad-index", message=message, field=at)
    if wanted.resolver == "pip-tools" and wanted.indexes:
        message = "pip-tools cannot keep a package to one index, so another index could slip in one of the same name"
        advice = "take `resolver: uv`, or take lock.indexes out"
        yield Diagnostic(code="index-needs-uv", message=message, field=("lock", "resolver"), help=advice)


def _mistake(wish: Wish) -> Diagnostic | None:
    requirement = parsed(wish.text)
    if requirement is None:
        # an address is not repeated: it may hold a password
        shown = wish.text if "://" not in wish.text else "an address"
        advice = "write it as PEP 508 says, such as `pandas>=2,<3` or `tqdm; sys_platform == 'linux'`"
        message = f"`{shown}` ({wish.origin}) is no requirement"
    elif requirement.url:
        advice = "name the package and its version here, and its index under lock.indexes"
        message = f"`{requirement.name}` ({wish.origin}) is given by an address, which a lock cannot hold"
    else:
        return None
    return Diagnostic(code="bad-requirement", message=message, field=wish.field, help=advice)


def _conflict(one: Wish, other: Wish) -> Diagnostic:
    first, second = (one, other) if other.field or not one.field else (other, one)
    message = f"`{second.text}` ({second.origin}) excludes `{first.text}` ({first.origin})"
    advice = "change one of the two; no version can meet both"
    return Diagnostic(code="lock-conflict", message=message, field=second.field, help=advice)


def _clash(one: Requirement, other: Requirement) -> bool:
    if canonicalize_name(one.name) != canonicalize_name(other.name):
        return False
    if one.marker and other.marker and str(one.marker) != str(other.marker):
        return False
    both = SpecifierSet(f"{one.specifier},{other.specifier}".strip(","))
    return not any(both.contains(version, prereleases=True) for version in _candidates(both))


def _candidates(specifiers: SpecifierSet) -> Iterator[Version]:
    """Versions of which one meets all, if any version at all does: at, just below and just above each bound."""
    yield Version("0")
    for specifier in specifiers:
        try:
            bound = Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        yield bound
        yield Version(f"{bound.epoch}!{bound.base_version.partition('!')[2] or bound.base_version}.0.0.1")
        yield from _below(bound)


def _below(bound: Version) -> Iterator[Version]:
    """A version just below the bound that is no pre-release of it: 1.9999 for 2.0."""
    release = list(bound.release)
    while release and release[-1] == 0:
        release.pop()
    if release:
        release[-1] -= 1
        yield Version(f"{bound.epoch}!{'.'.join(map(str, release))}.99999")
