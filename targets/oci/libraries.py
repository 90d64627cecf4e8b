"""The libraries of a service as layers: installed from the lock for the image's platform, compiled, split by weight."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from ...compiler import environment
from ...compiler.lock.uv import Uv
from ...compiler.node import Work
from ...compiler.tree import Tree
from ...schema.config import Index
from ...schema.diagnostics import Field
from ..tarball import Member, file, text
from . import layers, shared
from .bytecode import compiled
from .compression import Compression
from .python import site_packages

BUDGET = 10
"""Layers of libraries at most: an engine takes 127 in all, and each costs a request."""
LIGHT = 1 << 20
"""Bytes below which a distribution gets no layer of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What libraries are installed for."""

    python: str
    """Its minor version, such as "3.11"."""
    wheels: str
    """The installer's name of the platform."""
    interpreter: Path
    """A Python of that version on this machine, which compiles."""
    indexes: Mapping[str, Index]
    shared: Collection[str]
    """Names of the shared libraries that are there, or that nothing served needs."""
    base: Field
    field: Field
    """Of the image's platform, for a library that has no build for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One installed library: the files that are its own."""

    name: str
    version: str
    record: str
    """The path of its RECORD."""
    files: tuple[str, ...]
    """Sorted paths relative to site-packages."""
    size: int
    """In bytes, without what is compiled from it."""


def build(work: Work, requirements: str, place: Place, uv: Uv, how: Compression) -> Tree:
    """The libraries that a lock names, as layers; UserError as environment.realise, and `no-wheel` at the platform."""
    target = work.folder / "installed"
    _install(requirements, target, work.folder, place, uv)
    found = _distributions(target)
    shared.check(found, target, place.shared, place.base)
    made = []
    for group in split(found):
        names = ", ".join(f"{d.name} {d.version}" for d in group)
        sources = [path for d in group for path in d.files if path.endswith(".py")]
        folder = site_packages(place.python)
        bytecode = compiled(
            work, target, sources, there=f"/{folder}", python=place.python, interpreter=place.interpreter
        )
        members = _members(group, target, bytecode, folder)
        made.append(layers.write(work.cas, members, how, names))
    return layers.tree_of(work.cas, made)


def split(distributions: Sequence[Distribution]) -> list[list[Distribution]]:
    """The heaviest distributions one by one, then the others together, so that most layers outlive a new lock."""
    heavy = sorted((d for d in distributions if d.size >= LIGHT), key=lambda d: (-d.size, d.name))[: BUDGET - 1]
    rest = sorted((d for d in distributions if d not in heavy), key=lambda d: d.name)
    return [*([d] for d in heavy), *([rest] if rest else [])]


def _install(requirements: str, target: Path, folder: Path, place: Place, uv: Uv) -> None:
    target.mkdir()
    # hard links to what uv keeps: nothing here is written to
    where = ["--target", str(target), "--python", str(place.interpreter), "--python-version", place.python]
    where += ["--python-platform", place.wheels, "--only-binary", ":all:", "--link-mode", "hardlink"]
    environment.install(requirements, where, folder=folder, indexes=place.indexes, uv=uv, field=place.field)


def _distributions(target: Path) -> list[Distribution]:
    """What was installed, each file with the first that claims it; scripts are left out, since they name a Python of
    this machine, and so is what was not installed after all.
    """
    taken: set[str] = set()
    found = []
    for record in sorted(target.glob("*.dist-info/RECORD")):
        files = {path for path in _recorded(record) if (target / path).is_file()} - taken
        taken |= files
        name, _, version = record.parent.name.removesuffix(".dist-info").rpartition("-")
        size = sum((target / path).stat().st_size for path in files)
        found.append(
            Distribution(
                name=canonicalize_name(name),
                version=version,
                record=f"{record.parent.name}/RECORD",
                files=tuple(sorted(files)),
                size=size,
            )
        )
    return found


def _recorded(record: Path) -> Iterator[str]:
    """The paths that a RECORD lists, but for scripts and what lies outside."""
    with record.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            path = posixpath.normpath(row[0]) if row else ""
            if path and not path.startswith(("../", "/", "bin/")) and "__pycache__/" not in path:
                yield path


def _members(
    group: Iterable[Distribution], target: Path, bytecode: Mapping[str, Path], folder: str
) -> Iterator[Member]:
    for distribution in group:
        own = set(distribution.files)
        for path in distribution.files:
            source = target / path
            if path == distribution.record:
                yield text(f"{folder}/{path}", _record(source, own))
            else:
                yield file(f"{folder}/{path}", source, executable=bool(source.stat().st_mode & 0o100))
    for path, source in bytecode.items():
        yield file(f"{folder}/{path}", source, executable=False)


def _record(record: Path, own: set[str]) -> str:
    """A RECORD without what the image does not have."""
    with record.open(encoding="utf-8", newline="") as lines:
        kept = [line for line in lines if posixpath.normpath(next(csv.reader([line]), [""])[0] or ".") in own]
    return "".join(sorted(kept))
