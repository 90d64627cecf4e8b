"""Resolves what a section wants into its pins, keeping what is locked already where that can be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from ...schema.diagnostics import Diagnostic, UserError
from ...schema.lockfile import Lockfile, Pin, Section, pins, requirements_text
from .. import environment, interpreter
from . import piptools, universal
from .conflicts import conflicts
from .failures import NoSolution
from .fitting import fitting
from .uv import Uv
from .wanted import Wanted

ALL = "*"
"""In place of a distribution's name: all of them."""


def resolve(
    wanted: Wanted,
    *,
    previous: Section | None = None,
    prefer: str = "",
    upgrade: frozenset[str] = frozenset(),
    uv: Uv,
    scratch: Path,
    cache: Path,
) -> Section:
    """The section for what is wanted, without what may be left out and cannot be locked beside the rest.

    Pins of `previous` stay where they can, except those named in `upgrade` (and what these force; "*" names all). Those
    of `prefer`, the requirements of another section, come before them: training's for serving. `scratch` is an empty
    folder, `cache` the one that environments are realised in. Raises UserError: what `conflicts` finds,
    `lock-unresolvable`, `build-failed`, `index-unreachable`, `index-auth`, `offline-miss`.
    """
    kept = requirements_text(_preferred(previous, prefer, {canonicalize_name(name) for name in upgrade}))

    def lock(some: Wanted) -> tuple[Pin, ...]:
        if found := conflicts(some):
            raise (NoSolution if {d.code for d in found} == {"lock-conflict"} else UserError)(*found)
        if some.resolver == "pip-tools":
            return piptools.resolve(some, kept, uv=uv, scratch=scratch, cache=cache)
        python = _build_python(some.python, uv)
        locked = universal.resolve(some, kept, uv=uv, python=python, scratch=scratch)
        if some.options:
            _check_builds(locked, some, uv=uv, python=python, scratch=scratch)
        return locked

    locked, without = fitting(wanted, lock)
    return Section(inputs=wanted.text, requirements=requirements_text(locked), without=without)


def _check_builds(found: Iterable[Pin], wanted: Wanted, *, uv: Uv, python: Path, scratch: Path) -> None:
    """NoSolution `no-wheel` where a pin has no build for this machine, which a lock for all of them does not show."""
    where = ["--dry-run", "--target", str(scratch / "nowhere"), "--python", str(python)]
    try:
        environment.install(requirements_text(found), where, folder=scratch, indexes=wanted.indexes, uv=uv)
    except UserError as error:
        # what else is wrong, who installs it is told
        if {diagnostic.code for diagnostic in error.diagnostics} == {"no-wheel"}:
            raise NoSolution(*error.diagnostics) from None


def unknown(upgrade: Iterable[str], lockfile: Lockfile) -> tuple[Diagnostic, ...]:
    """A diagnostic `unknown-package` for each name to upgrade that no section has."""
    known = {pin.name for section in lockfile.sections.values() for pin in pins(section.requirements)}
    missing = sorted({canonicalize_name(name) for name in upgrade} - known - {ALL})
    return tuple(_unknown(name, known) for name in missing)


def _unknown(name: str, known: Iterable[str]) -> Diagnostic:
    near = difflib.get_close_matches(name, known, 1)
    advice = f"did you mean `{near[0]}`?" if near else ""
    message = f"`{name}` cannot be upgraded: it is not locked"
    return Diagnostic(code="unknown-package", message=message, help=advice)


def _preferred(previous: Section | None, prefer: str, upgrade: Iterable[str]) -> list[Pin]:
    first = pins(prefer)
    moving = {pin.name for pin in first} | set(upgrade)
    kept = pins(previous.requirements) if previous and ALL not in upgrade else ()
    return [*first, *(pin for pin in kept if pin.name not in moving)]


def _build_python(version: str, uv: Uv) -> Path:
    """What builds the metadata of source distributions; any Python will do where the wanted one is not installed."""
    try:
        return interpreter.find(version, uv.environ).path
    except UserError:
        return interpreter.running().path
